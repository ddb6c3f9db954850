"""One piece of a message to one call of the Cloud API; what comes a day after the contact's last message waits for their next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from bot.cases import Attachment
from bot.channels import Parcel
from bot.channels.layout import text_length
from bot.channels.whatsapp.graph import OF_A_FILE, TOO_LATE, Graph, Refused
from bot.channels.whatsapp.media import document_of, file_of
from bot.channels.whatsapp.pieces import TEXT_LIMIT
from bot.channels.whatsapp.render import as_text, content, location, plain
from bot.errors import ChannelError, ChannelThrottled, ContactAsleep
from bot.model import Message

SEND_S: Final = 10.0  # the longest a sender may hold a message; its lease is 15 s
WINDOW: Final = timedelta(hours=24, minutes=-5)  # how long after their last message somebody may be written to, less some room

_log = logging.getLogger(__name__)


class Sender:
    """Sends pieces to people on WhatsApp.

    `fetch` gets a file that is not ours; `template` is told once to whom an answer waits for; `choose(locale)` opens a list."""

    def __init__(
        self,
        graph: Graph,
        fetch: Callable[[Attachment], Awaitable[bytes]],
        clock: Callable[[], datetime],
        *,
        template: str,
        not_passed: str,
        choose: Callable[[str], str],
    ) -> None:
        self._graph, self._fetch, self._clock = graph, fetch, clock
        self._template, self._not_passed, self._choose = template, not_passed, choose

    async def send(self, parcel: Parcel) -> str | None:
        """Send one piece; returns WhatsApp's id of it. What was sent cannot be changed: an edit is sent as a new message, and what
        should be taken back stays where it is. Raises the ChannelError tree."""
        if parcel.message.withdraws:
            return None
        try:
            async with asyncio.timeout(SEND_S):
                if self._is_late(parcel):
                    raise await self._asleep(parcel)
                return await self._send(parcel)
        except TimeoutError:
            raise ChannelError("whatsapp: no answer in time", retryable=True, uncertain=True) from None

    def _is_late(self, parcel: Parcel) -> bool:
        return parcel.heard_at is not None and self._clock() - parcel.heard_at > WINDOW

    async def _asleep(self, parcel: Parcel) -> ContactAsleep:
        """Tell the contact, the first time, that an answer waits; returns what to raise."""
        if self._template and parcel.attempts == 1:
            language = parcel.message.locale.replace("-", "_")
            told: dict[str, Any] = {"type": "template", "template": {"name": self._template, "language": {"code": language}}}
            try:
                await self._graph.send(parcel.contact.address, told)
            except ChannelThrottled:
                raise
            except ChannelError as error:
                _log.error("WhatsApp does not take the template: %s", error)
        return ContactAsleep()

    async def _send(self, parcel: Parcel) -> str:
        message, address = parcel.message, parcel.contact.address
        try:
            if message.attachment is not None:
                return await self._send_file(address, parcel, message.attachment)
            if message.document is not None:
                return await self._graph.send(address, await document_of(self._graph, message.document))
            if message.venues:
                return await self._graph.send(address, location(message.venues[0]))
            return await self._graph.send(address, self._content(message, parcel.token))
        except Refused as error:
            if error.code == TOO_LATE:
                raise await self._asleep(parcel) from None
            raise

    def _content(self, message: Message, token: str) -> dict[str, Any]:
        return content(message, token, self._choose(message.locale))

    async def _send_file(self, address: str, parcel: Parcel, attachment: Attachment) -> str:
        """Send a file with the words that go with it; where it cannot be had or is refused, the words and a line that says so."""
        words = as_text(parcel.message)
        try:
            sent, left = await file_of(self._graph, attachment, await self._fetch(attachment), words)
            if left:
                await self._graph.send(address, plain(left))
            return await self._graph.send(address, sent)
        except Refused as error:
            if error.code not in OF_A_FILE:
                raise
            _log.warning("WhatsApp does not take a file: error %d", error.code)
        except ChannelError as error:
            if error.retryable:
                raise
            _log.warning("a file cannot be had: %s", error)
        told = "\n".join(filter(None, (words.rstrip(), self._not_passed)))
        body = told if text_length(told) <= TEXT_LIMIT else self._not_passed
        return await self._graph.send(address, plain(body))
