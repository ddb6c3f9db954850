"""WhatsApp: private chats over the Cloud API. Our webhook acknowledges after the commit; there is nothing to poll.

What differs from Telegram: three buttons or a list of ten, nothing that was sent can be changed or taken back, and nobody may be written to
more than 24 hours after their own last message. What comes too late waits until they write again (see sender.py)."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from starlette.routing import BaseRoute

from bot.cases import Attachment
from bot.channels import Capabilities, Host, Parcel
from bot.channels.layout import MACHINE, in_language
from bot.channels.whatsapp import pieces, webhook
from bot.channels.whatsapp.graph import Graph, TokenRefused
from bot.channels.whatsapp.media import MAX_DOWNLOAD
from bot.channels.whatsapp.parse import CHANNEL, parse
from bot.channels.whatsapp.render import CHOOSE, MAX_ROWS
from bot.channels.whatsapp.sender import Sender
from bot.errors import ChannelError, ConfigError, Overloaded
from bot.model import Message

LATER_S: Final = 5.0
AGAIN_S: Final = 60.0  # until it is asked again whether the token is good

_PHONE_ID = re.compile(r"[0-9]{5,30}", re.ASCII)

_log = logging.getLogger(__name__)


class WhatsAppChannel:
    """One telephone number on WhatsApp.

    `phone_id` is Meta's id of the number, `token` a permanent one of a system user, `app_secret` signs what is posted to us, and
    `verify_token` is the word that is entered at Meta together with our address. `template`: the name of an approved template without
    placeholders that tells somebody after 24 hours that an answer waits ("": nobody is told). By locale: `choose` opens a list of choices,
    `machine` says "machine translation"; `not_passed` that a file could not be passed on. Raises ConfigError before any network is used."""

    name = CHANNEL
    capabilities = Capabilities(max_options=MAX_ROWS, max_text=pieces.TEXT_LIMIT, shared_device=False, location=True, flooding="refuse")

    def __init__(
        self,
        token: str,
        *,
        phone_id: str,
        app_secret: str,
        verify_token: str,
        clock: Callable[[], datetime],
        api_url: str,
        template: str = "",
        not_passed: str = "📎 ✗",
        choose: Mapping[str, str] | None = None,
        machine: Mapping[str, str] | None = None,
    ) -> None:
        if not _PHONE_ID.fullmatch(phone_id):
            raise ConfigError("the WhatsApp phone id is malformed: it is the number Meta shows under the telephone number, digits alone")
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise ConfigError("the WhatsApp token is malformed")
        self._phone_id, self._app_secret, self._verify_token = phone_id, app_secret, verify_token
        self._choose, self._machine = choose or {}, machine or {}
        self._graph = Graph(api_url.rstrip("/"), token, phone_id)
        self._sender = Sender(self._graph, self._fetch, clock, template=template, not_passed=not_passed, choose=self._word_to_choose)
        self._host: Host | None = None
        self._greeting: asyncio.Task[None] | None = None
        self._malformed = 0
        self.number = ""  # people write to it; known once WhatsApp has told

    # ------------------------------------------------------------ life

    async def start(self, host: Host) -> None:
        """Begin to take in what is posted. Whether the token is good is found out beside everything else."""
        await self._graph.open()
        self._host = host
        self._greeting = asyncio.create_task(self._ask_number())

    def routes(self) -> Sequence[BaseRoute]:
        """Return the webhook's routes."""
        return webhook.webhook_routes(self._app_secret, self._verify_token, self._keep, lambda: self._host is not None)

    def split(self, message: Message) -> tuple[Message, ...]:
        """Cut a message into pieces of one call each; see bot.channels.whatsapp.pieces."""
        return pieces.split(message, in_language(self._machine, message.locale) or MACHINE)

    async def send(self, parcel: Parcel) -> str | None:
        """Send one piece. See Channel.send for what is raised."""
        return await self._sender.send(parcel)

    async def fetch(self, key: str) -> bytes:
        """Return the content of a file by WhatsApp's id of it; it keeps a file for some days only. Raises the ChannelError tree."""
        return await self._graph.download(key, MAX_DOWNLOAD)

    async def stop_receiving(self) -> None:
        """Take in nothing new."""
        self._host = None
        if self._greeting is not None:
            self._greeting.cancel()

    async def close(self) -> None:
        """Let go of connections."""
        await self.stop_receiving()
        await self._graph.close()

    # ------------------------------------------------------------ receiving

    async def _ask_number(self) -> None:
        """Learn which number is ours, and so whether the token is good; tried again and again."""
        while not self.number:
            try:
                self.number = await self._graph.number()
                _log.info("WhatsApp knows the number")
                return
            except TokenRefused:
                _log.error("WhatsApp refuses the token: nothing can be sent until there is a new one")
            except ChannelError as error:
                _log.warning("WhatsApp does not tell the number: %s", error)
            await asyncio.sleep(AGAIN_S)

    async def _keep(self, update: object) -> None:
        """Translate a post and have it kept; returns when it is safe. Raises Overloaded or StoreError."""
        host = self._host
        if host is None:  # stopped meanwhile: what comes now must come again
            raise Overloaded(LATER_S)
        parsed = parse(update, self._phone_id)
        if parsed.malformed:
            self._malformed += parsed.malformed
            _log.warning("messages nobody can read: %d (%d so far)", parsed.malformed, self._malformed)
        for failed in parsed.failed:
            _log.warning("WhatsApp could not deliver a message: error %d", failed.code)
        if parsed.incoming:
            await host.accept(parsed.incoming)

    async def _fetch(self, attachment: Attachment) -> bytes:
        if self._host is None:
            raise ChannelError("whatsapp: not started", retryable=True)
        return await self._host.fetch(attachment)

    def _word_to_choose(self, locale: str) -> str:
        return in_language(self._choose, locale) or CHOOSE
