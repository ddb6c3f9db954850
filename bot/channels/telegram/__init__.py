"""Telegram: private chats and desk groups over python-telegram-bot's client; our own poller and webhook acknowledge after the commit."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from starlette.routing import BaseRoute
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import InvalidToken, TelegramError

from bot.cases import Attachment
from bot.channels import Capabilities, Host, Lead, Parcel
from bot.channels.layout import MACHINE, in_language
from bot.channels.telegram import calls, files, pieces, sender, webhook
from bot.channels.telegram.desk import TelegramDeskChannel
from bot.channels.telegram.gate import Gate
from bot.channels.telegram.parse import ALLOWED_UPDATES, CHANNEL, MalformedUpdate, Parsed, parse
from bot.channels.telegram.poller import Poller, backoff
from bot.channels.telegram.request import AiohttpRequest
from bot.discretion import Word
from bot.errors import ChannelError, ConfigError, Overloaded
from bot.model import ContactRef, Incoming, Message

Commands = Mapping[str, Sequence[tuple[str, str]]]

SEND_CONNECTIONS: Final = 64
LATER_S: Final = 5.0
STOP_S: Final = 5.0  # what a batch may take to be kept when we stop
NOT_PASSED: Final = "📎 ✗"

_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}", re.ASCII)

_log = logging.getLogger(__name__)


class TelegramChannel:
    """A bot on Telegram. Private chats are served and desk groups are heard; in any other chat it says `group_text` once and leaves.

    `api_url` is the root of any Bot API server; `commands` go from a two-letter language ("" for all others) to name and description.
    `link_text` says in a group we were just added to how it becomes a desk ("": we leave at once), `no_right` that we may not manage topics
    there, `not_passed` that a file could not be passed on; `machine` goes from a locale to its words for "machine translation".
    Webhook mode needs `public_url` and a secret of 16-256 letters, digits, "_" and "-". Raises ConfigError before any network is used."""

    name = CHANNEL
    # Telegram allows 100 buttons; twenty in two columns are what a small phone shows without getting lost.
    capabilities = Capabilities(max_options=20, max_text=pieces.TEXT_LIMIT, shared_device=False, location=True)

    def __init__(
        self,
        token: str,
        *,
        group_text: str,
        clock: Callable[[], datetime],
        commands: Commands,
        api_url: str = "https://api.telegram.org",
        mode: Literal["polling", "webhook"] = "polling",
        public_url: str | None = None,
        webhook_secret: str | None = None,
        link_text: str = "",
        no_right: str = "",
        not_passed: str = NOT_PASSED,
        machine: Mapping[str, str] | None = None,
    ) -> None:
        if not _TOKEN.fullmatch(token):
            raise ConfigError("the Telegram token is malformed: it is digits, a colon and some 35 letters, as @BotFather gives it")
        if mode == "webhook" and not public_url:
            raise ConfigError("Telegram's webhook mode needs the public address of this server")
        if mode == "webhook" and not (webhook_secret and _SECRET.fullmatch(webhook_secret)):
            raise ConfigError("Telegram's webhook mode needs a secret of 16-256 letters, digits, _ and -")
        logging.getLogger("telegram").setLevel(logging.WARNING)  # at DEBUG the library writes out what people say
        api_url = api_url.rstrip("/")
        self._bot_id = int(token.partition(":")[0])
        self._poll_request, self._send_request = AiohttpRequest(2), AiohttpRequest(SEND_CONNECTIONS)
        self._client = Bot(
            token, f"{api_url}/bot", f"{api_url}/file/bot", request=self._send_request, get_updates_request=self._poll_request
        )
        self._poller = Poller(self._poll_request, f"{api_url}/bot{token}", self._keep)
        self._gate = Gate(
            self._client, self._bot_id, group_text=group_text, link_text=link_text, is_linked=self._is_linked, errand=self._errand
        )
        self._clock, self._commands, self._mode = clock, commands, mode
        self.capabilities = replace(self.capabilities, flooding="refuse" if mode == "webhook" else "keep")
        self._no_right, self._not_passed, self._machine = no_right, not_passed, machine or {}
        self._public_url, self._secret = (public_url or "").rstrip("/"), webhook_secret or ""
        self._host: Host | None = None
        self._receiver: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._malformed = 0

    # ------------------------------------------------------------ life

    async def start(self, host: Host) -> None:
        """Begin to receive. Where Telegram cannot be reached it is tried again and again beside everything else."""
        self._host = host
        await self._poll_request.initialize()
        self._receiver = asyncio.create_task(self._receive())

    def follow(self, lead: Lead) -> None:
        """Poll only while this process leads."""
        self._poller.lead = lead

    def routes(self) -> Sequence[BaseRoute]:
        """Return the webhook's route, in webhook mode."""
        return [webhook.webhook_route(self._secret, self._keep, lambda: self._host is not None)] if self._mode == "webhook" else []

    def split(self, message: Message) -> tuple[Message, ...]:
        """Cut a message into pieces of one call each; see bot.channels.telegram.pieces."""
        return pieces.split(message, in_language(self._machine, message.locale) or MACHINE)

    async def send(self, parcel: Parcel) -> str | None:
        """Send one piece within 10 s. See Channel.send for what is raised."""
        return await sender.send(self._client, parcel, self._fetch, self._not_passed)

    async def _fetch(self, attachment: Attachment) -> bytes:
        if self._host is None:
            raise ChannelError("telegram: not started", retryable=True)
        return await self._host.fetch(attachment)

    async def fetch(self, key: str) -> bytes:
        """Return the content of a file by Telegram's id of it. Raises the ChannelError tree."""
        return await calls.translated(files.download(self._client, key))

    def desk_channel(self) -> TelegramDeskChannel:
        """Return the channel of desk groups: the same bot in groups that were linked to a city."""
        return TelegramDeskChannel(self._client, not_passed=self._not_passed, no_right=self._no_right)

    async def stop_receiving(self) -> None:
        """Take in nothing new; a batch in hand is kept first."""
        self._poller.stop()
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            await asyncio.wait({receiver}, timeout=STOP_S if self._poller.is_running else 0)
            receiver.cancel()
            await asyncio.wait({receiver})
        self._host = None

    async def close(self) -> None:
        """Let go of connections."""
        await self.stop_receiving()
        for errand in tuple(self._errands):
            errand.cancel()
        if self._errands:
            await asyncio.wait(self._errands)
        await self._client.shutdown()
        for request in (self._poll_request, self._send_request):  # where the client was interrupted as it began
            await request.shutdown()

    # ------------------------------------------------------------ receiving

    async def _receive(self) -> None:
        """Introduce ourselves, then poll or leave it to the webhook. Runs until stopped, or until the token is refused."""
        try:
            await self._insistently("getMe", self._client.initialize)
            self._errand(self._publish_commands())
            if self._mode == "webhook":
                await self._insistently("setWebhook", self._set_webhook)
                return
            await self._insistently("deleteWebhook", self._client.delete_webhook)
        except InvalidToken:
            _log.error("Telegram refuses the token: this channel stays off. Ask @BotFather for a new one and start again")
            return
        await self._poller.run()

    async def _insistently(self, name: str, call: Callable[[], Coroutine[object, object, object]]) -> None:
        """Repeat a call until it works; raises InvalidToken, which no waiting cures."""
        failures = 0
        while True:
            try:
                await calls.call(call())
                _log.info("%s: done", Word(name))
                return
            except InvalidToken:
                raise
            except TelegramError as error:
                failures += 1
                wait_s = calls.wait_of(error) or backoff(failures)
                _log.warning("%s failed (%s), again in %.1f s", Word(name), Word(type(error).__name__), wait_s)
            await asyncio.sleep(wait_s)

    async def _set_webhook(self) -> None:
        url = f"{self._public_url}{webhook.PATH}"
        await self._client.set_webhook(url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES)

    async def _keep(self, updates: Sequence[object]) -> None:
        """Translate updates and have them kept; returns when they are safe. Raises Overloaded or StoreError."""
        host = self._host
        if host is None:  # stopped meanwhile: what comes now must come again
            raise Overloaded(LATER_S)
        parsed = [found for update in updates if (found := self._parsed(update)) is not None]
        incoming: list[Incoming] = []
        for item in parsed:
            if item.query_id is not None:
                self._errand(self._answer_press(item.query_id))
            incoming += [found for found in (item.incoming, await self._gate.admit(item)) if found is not None]
        if incoming:
            await host.accept(incoming)

    async def _is_linked(self, group: ContactRef) -> bool:
        return self._host is not None and await self._host.is_linked(group)

    def _parsed(self, update: object) -> Parsed | None:
        try:
            return parse(update, self._bot_id, self._clock())
        except MalformedUpdate as error:
            self._malformed += 1
            _log.warning("update skipped: %s (%d so far)", error, self._malformed)
            return None

    # ------------------------------------------------------------ errands nobody waits for

    def _errand(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _answer_press(self, query_id: str) -> None:
        """Stop the button's waiting sign."""
        await calls.attempt("answerCallbackQuery", self._client.answer_callback_query(query_id))

    async def _publish_commands(self) -> None:
        """Register the commands of each language; a language that fails is only logged."""
        for language, commands in self._commands.items():
            menu = [BotCommand(name, description) for name, description in commands]
            call = self._client.set_my_commands(menu, BotCommandScopeAllPrivateChats(), language_code=language or None)
            await calls.attempt("setMyCommands", call)
