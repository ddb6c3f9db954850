"""Web chat: a page, a WebSocket with a plain fallback, and no account but a cookie."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from starlette.routing import BaseRoute, WebSocketRoute

from bot.channels import Capabilities, Host, Parcel
from bot.channels.web.address import NEW_SESSIONS, AddressLimit
from bot.channels.web.frames import encode, message_frame, stored_frame
from bot.channels.web.hub import Hub, Queued
from bot.channels.web.intake import Intake
from bot.channels.web.page import PageEndpoints, PageTexts
from bot.channels.web.plain import PlainEndpoints
from bot.channels.web.session import Sessions
from bot.channels.web.socket import SocketEndpoint
from bot.errors import ChannelRejected, StoreError
from bot.model import Message

__all__ = ["WebChannel"]

MARK_BYTES = 16  # of a keyed hash: nobody guesses an address from it


class WebChannel:
    """Everybody's way in: no app and no number needed."""

    name = "web"
    capabilities = Capabilities(max_options=None, max_text=None, shared_device=True, location=True, flooding="refuse")

    def __init__(
        self,
        *,
        translate: Callable[[str, str], str],
        locales: Sequence[str],
        language_names: Mapping[str, str],
        clock: Callable[[], datetime],
        session_key: bytes,
        public_https: bool,
        leave_url: str = "https://www.wikipedia.org/",
        service_name: str = "Dragoman",
    ) -> None:
        """Make the channel.

        `translate(locale, text)` gives a UI text in a locale; `session_key` seals the cookies (16 bytes or more; a new one makes everybody
        a stranger); `public_https`: people reach the page by https only; `leave_url`: a harmless page to which "leave quickly" goes."""
        self._clock = clock
        self._mark_key = hmac.digest(session_key, b"marks", "sha256")
        self._tell: Callable[[str, int], None] = lambda mark, message_id: None
        self._bringing: set[asyncio.Task[None]] = set()
        self._hub = Hub()
        self._intake = Intake(self.name, clock)
        sessions, self.newcomers = Sessions(session_key, secure=public_https), AddressLimit(NEW_SESSIONS)
        self._socket = SocketEndpoint(sessions, self._hub, self._intake, https=public_https)
        self._plain = PlainEndpoints(sessions, self._hub, self._intake, self.newcomers, https=public_https)
        texts = PageTexts(translate, locales, language_names, service_name)
        self._page = PageEndpoints(texts, sessions, self.newcomers, leave_url=leave_url)

    async def start(self, host: Host) -> None:
        """Begin to take events in."""
        self._intake.open(host)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the page, its live connection and the plain requests."""
        return [*self._page.routes(), WebSocketRoute("/chat/socket", self._socket.serve), *self._plain.routes()]

    def split(self, message: Message) -> tuple[Message, ...]:
        """Leave the message whole: a page has no limit."""
        return (message,)

    async def send(self, parcel: Parcel) -> str | None:
        """Hand a message to the open pages of the contact; where there is none, the history keeps it."""
        frame = message_frame(parcel.message_id, parcel.token, self._clock(), parcel.message)
        self._hub.push(parcel.contact.address, Queued(encode(frame), parcel.message_id))
        self._tell(self._mark(parcel.contact.address), parcel.message_id)
        return None

    # ------------------------------------------------------------ several processes

    def tell_by(self, tell: Callable[[str, int], None]) -> None:
        """Tell other processes of each message that was sent: by a mark of the address, which says nothing, and the message's id."""
        self._tell = tell

    def heard(self, mark: str, message_id: int) -> None:
        """Hear that another process sent a message, and bring it to the pages that are open here."""
        address = next((address for address in self._hub.addresses() if self._mark(address) == mark), None)
        if address is not None:
            task = asyncio.create_task(self._bring(address, message_id))
            self._bringing.add(task)
            task.add_done_callback(self._bringing.discard)

    def missed(self) -> None:
        """Hear that messages may have been missed: pages come back and read what is new."""
        self._hub.drop_all()

    async def _bring(self, address: str, message_id: int) -> None:
        try:
            kept = await self._intake.history(address, message_id - 1)
        except StoreError:
            self._hub.drop_all()  # they come back once it can be read
            return
        for stored in kept:
            if stored.id == message_id:
                self._hub.push(address, Queued(encode(stored_frame(stored)), stored.id))

    def _mark(self, address: str) -> str:
        return hmac.digest(self._mark_key, address.encode(), "sha256")[:MARK_BYTES].hex()

    async def fetch(self, key: str) -> bytes:
        """Refuse: what people send here lies in our store."""
        raise ChannelRejected("web: no files of its own")

    async def stop_receiving(self) -> None:
        """Refuse new events; pages keep theirs and send them again after the restart."""
        self._intake.close()

    async def close(self) -> None:
        """Let go of every open page; they come back by themselves."""
        self._hub.drop_all()
