"""From a frame to a kept event: the same for WebSocket and plain HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cases import Attachment
from bot.channels import Host
from bot.channels.files import FileType, safe_name
from bot.channels.web.frames import EventFrame, PingFrame, Refusal, encode, read_frame, refusal_frame, standing, to_event
from bot.errors import Overloaded, StoreError
from bot.model import ContactRef, Incoming, MediaReceived, StoredMessage

RETRY_S = 3.0  # when the database refuses, or we are about to stop
ADDRESS_PART = 32  # characters of the address in an external id: 128 bits keep contacts apart
PONG = encode({"type": "pong"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file a contact sends; `id` is the page's own name for it, the same when it is sent again."""

    id: str
    name: str
    type: FileType
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page is told about its frame. `kept`: an event is safe and will be handled."""

    frame: str
    kept: bool = False
    refusal: Refusal | None = None


class Intake:
    """Hands events to the host and reads history from it; before `open` and after `close` it takes nothing in."""

    def __init__(self, channel: str, clock: Callable[[], datetime]) -> None:
        self._channel, self._clock = channel, clock
        self._host: Host | None = None
        self._receiving = False

    @property
    def is_open(self) -> bool:
        """Tell whether events are taken in."""
        return self._receiving

    def open(self, host: Host) -> None:
        """Begin to take events in."""
        self._host, self._receiving = host, True

    def close(self) -> None:
        """Take in nothing new; history stays readable."""
        self._receiving = False

    async def take(self, raw: str | bytes, address: str, locale_hint: str | None) -> Answer:
        """Keep what a frame says; it is acknowledged only once the host has kept the event."""
        frame = read_frame(raw)
        if isinstance(frame, PingFrame):
            return Answer(PONG)
        if isinstance(frame, Refusal):
            return _refuse(frame)
        refusal = await self._keep(frame, address, locale_hint)
        return _refuse(refusal) if refusal else Answer(encode({"type": "ack", "id": frame.id}), kept=True)

    async def _keep(self, frame: EventFrame, address: str, locale_hint: str | None) -> Refusal | None:
        if self._host is None or not self._receiving:
            return Refusal("busy", frame.id, RETRY_S)
        contact = ContactRef(self._channel, address)
        event = to_event(frame, self._clock(), locale_hint)
        try:
            await self._host.accept((Incoming(contact, f"{address[:ADDRESS_PART]}:{frame.id}", event),))
        except Overloaded as error:
            return Refusal("busy", frame.id, error.retry_after_s)
        except StoreError:
            return Refusal("busy", frame.id, RETRY_S)
        return None

    async def history(self, address: str, after: int) -> Sequence[StoredMessage]:
        """Return the kept messages above `after`; raises StoreError."""
        if self._host is None:
            raise StoreError("the service has not started yet")
        return standing(await self._host.history(ContactRef(self._channel, address), after))

    async def keep_file(self, sent: Upload, address: str, locale_hint: str | None) -> Answer | None:
        """Keep a file and the event that tells of it; None where no person would see it."""
        if self._host is None or not self._receiving:
            return _refuse(Refusal("busy", sent.id, RETRY_S))
        contact = ContactRef(self._channel, address)
        try:
            ref = await self._host.keep_file(contact, sent.content)
            if ref is None:
                return None
            found = Attachment(sent.type.kind, ref, safe_name(sent.name, sent.type), sent.type.media_type, len(sent.content))
            event = MediaReceived(media=found.kind, attachment=found, at=self._clock(), locale_hint=locale_hint)
            await self._host.accept((Incoming(contact, f"{address[:ADDRESS_PART]}:{sent.id}", event),))
        except Overloaded as error:
            return _refuse(Refusal("busy", sent.id, error.retry_after_s))
        except StoreError:
            return _refuse(Refusal("busy", sent.id, RETRY_S))
        return Answer(encode({"type": "ack", "id": sent.id}), kept=True)

    async def file(self, address: str, message_id: int) -> tuple[Attachment, bytes] | None:
        """Return the file of a message of this contact. Raises ChannelError or StoreError."""
        kept = await self.history(address, message_id - 1)
        found = next((stored.message.attachment for stored in kept if stored.id == message_id), None)
        return (found, await self._host.fetch(found)) if found is not None and self._host is not None else None


def _refuse(refusal: Refusal) -> Answer:
    return Answer(encode(refusal_frame(refusal)), refusal=refusal)
