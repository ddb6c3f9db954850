"""The composition root: settings to store, catalogues, knowledge, channels, and a process that runs them. Nothing else wires."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import uvicorn
import watchfiles
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot import i18n
from bot.alarms import Notice
from bot.brain import Brain, Shelf, folder_state, kept_brain, last_brain, learn, nothing_known, ready_brain
from bot.channels import Channel, FollowsLead, Parcel
from bot.channels.console import ConsoleChannel
from bot.channels.desk import DeskPages
from bot.channels.email import EmailChannel
from bot.channels.web import WebChannel
from bot.config import Settings
from bot.desk import GROUP_CHANNEL, DeskRules, DeskService, DeskWords, Grow, PracticeChannel, WriteConfirmed
from bot.dialogue import READY, Context, apology, render_data, step, too_many
from bot.dialogue.context import Flag
from bot.dialogue.terms import CHOOSE
from bot.discretion import Word
from bot.errors import BotError, ConfigError, KnowledgeError, ServeError, StoreError
from bot.flood import CONTACT
from bot.gaps import write_to_entry
from bot.knowledge.check import check as check_knowledge
from bot.knowledge.findings import Report, report_of
from bot.knowledge.stamp import missing_stamps
from bot.knowledge.sure import Confirmations
from bot.knowledge.write import write_stamps
from bot.logs import describe
from bot.matching.matcher import Sensing
from bot.metrics import Known, Metrics
from bot.model import (
    COMMANDS,
    ContactRef,
    Conversation,
    Event,
    Message,
    SendMessage,
    TextReceived,
    Turn,
    Understanding,
)
from bot.pace import Pace
from bot.poster import PosterPages
from bot.records import Confirmed
from bot.semantic import encoder_name
from bot.sensing import Senses
from bot.server import create_app, create_watch_app
from bot.service import ConversationService, Held, Mind, Translate, untranslated
from bot.store import HISTORY_HOURS, RETENTION_DAYS, Store, backup, open_store
from bot.store.crypto import finish_next, load_secrets, next_of
from bot.store.replicas import Notice as ReplicaNotice
from bot.store.replicas import Replicas
from bot.translation import LibreTranslate
from bot.watch import MIB, Limits, Tell, Watch

log = logging.getLogger(__name__)

KEYS_COPIED_S = 5.0  # after an erasure the key file of the backups is that much behind
NAME_AGAIN_S = 60.0  # until Telegram is asked once more what the bot is called


def utc_now() -> datetime:
    """Read the clock: the only place that does."""
    return datetime.now(UTC)  # noqa: TID251  # the edge


# ---------------------------------------------------------------- the mind: knowledge, catalogues and the pure core


class Thinker:
    """Binds the pure core to the knowledge and catalogues of the moment."""

    def __init__(
        self,
        brain: Brain,
        catalogues: i18n.Catalogues,
        channels: Sequence[Channel],
        *,
        require_checked: bool,
        retention_days: int = RETENTION_DAYS,
        desk_url: str = "",
        public_url: str = "",
        bot_name: str = "",
        whatsapp_number: str = "",
        metrics: Metrics | None = None,
    ) -> None:
        """Bind them; `desk_url` is the address of the web desk, without a stroke at the end, `public_url` that of all our pages, empty
        where nobody has said; `bot_name` that of the bot on Telegram, as soon as it is known."""
        self.brain, self.catalogues, self.require_checked = brain, catalogues, require_checked
        self.senses: Senses | None = None  # nobody tells what sentences mean
        self._retention_days, self._desk_url, self._public_url = retention_days, desk_url, public_url
        self.bot_name, self.metrics = bot_name, metrics or Metrics()
        self.is_current = True  # the knowledge is what the files say, as far as anybody has looked
        self.flags: Callable[[], Mapping[tuple[str, str], Flag]] = dict  # nobody has called an answer wrong
        self.confirmations: Callable[[], Confirmations] = dict  # nor confirmed one
        self._capabilities = {channel.name: channel.capabilities for channel in channels}
        self._whatsapp_number, self._channels = whatsapp_number, channels

    def mind(self) -> Mind:
        """Return the core bound to what is known now."""
        brain = self.brain

        def think(conversation: Conversation, event: Event, now: datetime) -> Turn:
            return step(conversation, event, self.context(brain, conversation.channel, now))

        def data_message(conversation: Conversation, contact: ContactRef, held: Held, now: datetime) -> Message:
            return render_data(self.context(brain, contact.channel, now), conversation, held.history, held.lines)

        def excuse(conversation: Conversation) -> Message:
            return apology(self.context(brain, conversation.channel, utc_now()), conversation)

        def understand(text: str, city: str | None, locale: str | None) -> Understanding:
            return brain.matcher.understand(text, city, locale)

        def desk_locale(city: str | None) -> str:
            found = brain.knowledge.cities.get(city or "")
            return found.host_language if found else i18n.FALLBACK

        def flooded(conversation: Conversation) -> Message:
            return too_many(self.context(brain, conversation.channel, utc_now()), conversation)

        return Mind(understand, think, data_message, excuse, desk_locale, brain.matcher.sounds_like_crisis, flooded)

    @property
    def whatsapp_number(self) -> str:
        """Return the number people write to on WhatsApp, as soon as it is known; empty without WhatsApp."""
        asked = (getattr(channel, "number", "") for channel in self._channels if channel.name == "whatsapp")
        return self._whatsapp_number or next(asked, "")

    def context(self, brain: Brain, channel: str, now: datetime) -> Context:
        """Gather what a turn may look at."""
        capabilities = self._capabilities[channel]
        return Context(
            now=now,
            knowledge=brain.knowledge,
            matcher=brain.matcher,
            translator=self.catalogues.translator,
            language_name=i18n.language_name,
            negotiate=i18n.negotiate,
            locales=self.catalogues.locales,
            channel=channel,
            shared_device=capabilities.shared_device,
            location=capabilities.location,
            max_options=capabilities.max_options,
            history_hours=HISTORY_HOURS,
            require_checked=self.require_checked,
            retention_days=self._retention_days,
            desk_url=self._desk_url,
            public_url=self._public_url,
            bot_name=self.bot_name,
            whatsapp_number=self.whatsapp_number,
            flags=self.flags(),
            confirmations=self.confirmations(),
        )

    def use_senses(self, senses: Senses) -> None:
        """Have meanings compared, in what is known now and later."""
        self.senses = senses
        self.brain = with_senses(self.brain, senses.likeness)
        if self.is_current:
            senses.refresh()

    async def hear(self, text: str) -> None:
        """Get ready for a text that is about to be understood."""
        if self.senses:
            await self.senses.hear(text)

    @property
    def is_ready(self) -> bool:
        """Say whether there is any knowledge to answer from."""
        return bool(self.brain.knowledge.cities)

    async def learn(self, folder: Path, shelf: Shelf) -> None:
        """Take up the knowledge as it is now, swapped whole; raises KnowledgeError where it has a fault, and keeps the earlier set."""
        begun = time.monotonic()
        async for known in learn(folder, shelf, self.brain):
            self.brain, seconds = with_senses(known, self.senses.likeness) if self.senses else known, time.monotonic() - begun
            self.note_known(seconds)
            log.info("knowledge replaced: %d cities, after %.1f s", len(known.knowledge.cities), seconds)
        if self.senses:
            self.senses.refresh()

    def note_known(self, learning_s: float | None = None) -> None:
        """Let the figures say what is known now; `learning_s` None: it was found ready."""
        cities = self.brain.knowledge.cities
        entries = sum(len(city.entries) for city in cities.values())
        made_of = hashlib.sha256("\n".join(sorted(self.brain.parts)).encode()).digest()  # files named by what they were made from
        known = Known(len(cities), entries, int.from_bytes(made_of[:4], "big") if self.brain.parts else 0)
        self.metrics.reloaded(known, utc_now().timestamp(), learning_s)

    async def follow(self, folder: Path, shelf: Shelf, stop: asyncio.Event) -> AsyncIterator[KnowledgeError | None]:
        """Take up what the files say now and every change of them; yields None, or the fault that keeps a set out."""
        changes = watchfiles.awatch(folder, stop_event=stop, recursive=True, debounce=200, step=50)
        upcoming = asyncio.ensure_future(anext(changes, None))  # watches before anything is read, so that no change is missed
        while not self.is_current or await upcoming is not None:
            self.is_current = True
            if upcoming.done():
                upcoming = asyncio.ensure_future(anext(changes, None))
            try:
                await self.learn(folder, shelf)
                yield None
            except KnowledgeError as error:
                self.metrics.refused()
                log.error("the changed knowledge is not used, the earlier one keeps answering: %s", error)
                yield error


def load_brain(settings: Settings) -> Brain:
    """Load and check the knowledge, with what is kept of its meaning; raises KnowledgeError naming file and line."""
    brain = ready_brain(settings.knowledge_dir, Shelf(settings.shelf_dir))
    if (senses := senses_of(settings)) is None:
        return brain
    senses.load()
    return with_senses(brain, senses.likeness_now)


def senses_of(settings: Settings) -> Senses | None:
    """Return where meanings are told; None where the extra is switched off or not installed."""
    return Senses(settings.knowledge_dir, Shelf(settings.shelf_dir)) if settings.semantic == "auto" and encoder_name() else None


def with_senses(brain: Brain, sensing: Sensing) -> Brain:
    """Let a matcher compare meanings."""
    return replace(brain, matcher=brain.matcher.with_senses(sensing))


async def learn_all(settings: Settings) -> AsyncIterator[str]:
    """Learn from the knowledge all that `serve` would learn beside answering; yields what is ready.

    Raises KnowledgeError where it has a fault, ConfigError where nothing can be kept."""
    if not Shelf(settings.shelf_dir).is_ours():
        raise ConfigError(f"nothing can be kept in {settings.shelf_dir}: the folder must be ours, and nobody else may write to it")
    ready_brain(settings.knowledge_dir, Shelf(settings.shelf_dir))
    yield "words of every city"
    senses = senses_of(settings)
    if senses and not senses.load():
        async for slug in senses.learn():
            yield f"meanings of {slug}"
        if not senses.load():
            raise ConfigError("what sentences mean was not learnt to the end; what was is kept, so try again")


@contextlib.asynccontextmanager
async def sensing_of(settings: Settings, thinker: Thinker) -> AsyncIterator[None]:
    """Have meanings compared for the length of the block."""
    senses = senses_of(settings)
    if senses:
        thinker.use_senses(senses)
    try:
        yield
    finally:
        if senses:
            await senses.close()


def load_catalogues(settings: Settings) -> i18n.Catalogues:
    """Load the translations of the bot's own sentences."""
    return i18n.Catalogues.load(settings.locales_dir)


def check(settings: Settings) -> Report:
    """Check knowledge files and translations; the report holds what is wrong and what a person should look at."""
    report = check_knowledge(settings.knowledge_dir, utc_now().date())
    return report_of((*report.errors, *report.warnings, *i18n.check_catalogues(settings.locales_dir)), report.table)


# ---------------------------------------------------------------- keys, store, channels


def secret_of(settings: Settings) -> bytes:
    """Return the master key: from the settings, else from its file, made on first start."""
    return secrets_of(settings)[0]


def secrets_of(settings: Settings) -> tuple[bytes, ...]:
    """Return the master key and, while it is being changed, the one before it."""
    previous = settings.secret_key_previous
    earlier = (bytes.fromhex(previous.get_secret_value()),) if previous is not None else ()
    if settings.secret_key is not None:
        return bytes.fromhex(settings.secret_key.get_secret_value()), *earlier
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return *load_secrets(settings.secret_path), *earlier


def derived(secret: bytes, purpose: str) -> bytes:
    """Derive a key for one purpose outside the store."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


@contextlib.asynccontextmanager
async def opened_store(settings: Settings, secret: bytes, *, exclusive: bool = True) -> AsyncIterator[Store]:
    """Open the store the settings name; raises StoreError or ConfigError.

    Whoever serves finishes a change of the master key that was begun."""
    store = await open_store(
        settings.store_url,
        data_dir=settings.data_dir,
        secret=secret,
        clock=None if settings.is_shared else utc_now,
        exclusive=exclusive,
        retention_days=settings.retention_days,
        connections=settings.database_connections,
        previous=[each for each in secrets_of(settings) if each != secret],
        backup_days=settings.backup_days,
    )
    if exclusive and settings.secret_key is None and next_of(settings.secret_path).exists():
        finish_next(settings.secret_path)
    try:
        yield store
    finally:
        await store.close()


def build_channels(settings: Settings, catalogues: i18n.Catalogues, secret: bytes) -> list[Channel]:
    """Make the channels whose settings are there; web chat and practice always."""
    channels: list[Channel] = [
        WebChannel(
            translate=lambda locale, text: catalogues.translator(locale).gettext(text),
            locales=catalogues.locales,
            language_names={locale: i18n.language_name(locale) for locale in catalogues.locales},
            clock=utc_now,
            session_key=derived(secret, "web sessions"),
            public_https=settings.is_https,
            leave_url=settings.leave_url,
        ),
        PracticeChannel(),
    ]
    if settings.telegram_token is not None:
        channels += _telegram(settings, catalogues, secret)
    if settings.whatsapp_token is not None:
        channels.append(_whatsapp(settings, catalogues))
    if settings.smtp_host is not None:
        channels.append(_email(settings, settings.smtp_host))
    return channels


def _email(settings: Settings, host: str) -> Channel:
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return EmailChannel(
        host,
        settings.smtp_port,
        sender=settings.smtp_from or "",
        clock=utc_now,
        user=settings.smtp_user,
        password=password,
        encryption=settings.smtp_tls,
    )


def _in_all(catalogues: i18n.Catalogues, sentence: str) -> dict[str, str]:
    """Say a sentence in every language we speak."""
    return {locale: catalogues.translator(locale).gettext(sentence) for locale in catalogues.locales}


def _telegram(settings: Settings, catalogues: i18n.Catalogues, secret: bytes) -> Sequence[Channel]:
    """Make the channel of private chats and that of desk groups, which are one bot."""
    from bot.channels.telegram import TelegramChannel  # half a second of import that a web-only start need not pay

    assert settings.telegram_token is not None  # noqa: S101  # the caller looked
    _ = catalogues.translator(i18n.FALLBACK).gettext
    channel = TelegramChannel(
        settings.telegram_token.get_secret_value(),
        api_url=settings.telegram_api_url,
        mode=settings.telegram_mode,
        public_url=settings.public_url,
        webhook_secret=derived(secret, "telegram webhook").hex(),
        commands=telegram_commands(catalogues),
        group_text=_("I only talk in private chats. Please open a private chat with me."),
        link_text=_("Is this group to be the desk of a city? Then write /link and the code that whoever runs me has given you."),
        no_right=_("I may not manage topics here. Make me an administrator who may."),
        not_passed=_("📎 A file was sent here that could not be passed on."),
        machine=_in_all(catalogues, "machine translation"),
        clock=utc_now,
    )
    return channel, channel.desk_channel()


def _whatsapp(settings: Settings, catalogues: i18n.Catalogues) -> Channel:
    from bot.channels.whatsapp import WhatsAppChannel  # imports what a web-only start need not pay

    def secret_of(value: SecretStr | None) -> str:
        return value.get_secret_value() if value else ""

    return WhatsAppChannel(
        secret_of(settings.whatsapp_token),
        phone_id=settings.whatsapp_phone_id or "",
        app_secret=secret_of(settings.whatsapp_app_secret),
        verify_token=secret_of(settings.whatsapp_verify_token),
        api_url=settings.whatsapp_api_url,
        template=settings.whatsapp_template,
        not_passed=catalogues.translator(i18n.FALLBACK).gettext("📎 A file was sent here that could not be passed on."),
        choose=_in_all(catalogues, CHOOSE),
        machine=_in_all(catalogues, "machine translation"),
        clock=utc_now,
    )


def telegram_commands(catalogues: i18n.Catalogues) -> dict[str, list[tuple[str, str]]]:
    """Describe the commands in every language; "" is the default."""
    from bot.dialogue import command_descriptions

    tables = {locale: command_descriptions(catalogues.translator(locale)) for locale in catalogues.locales}
    tables[""] = tables.get("en", next(iter(tables.values())))
    return {locale: [(name, table[name]) for name in COMMANDS if name in table] for locale, table in tables.items()}


# ---------------------------------------------------------------- the desk


def rules_of(settings: Settings) -> DeskRules:
    """Return what the settings say about the desk."""
    return DeskRules(
        public_url=settings.root_url,
        wake_after_s=settings.wake_after_s,
        lead_after_s=settings.lead_after_s,
        answer_within_s=settings.answer_within_s,
        require_checked=settings.require_checked,
    )


async def no_name() -> str:
    """Stand in where there is no bot on Telegram."""
    return ""


def build_services(
    store: Store,
    channels: Sequence[Channel],
    thinker: Thinker,
    clock: Callable[[], datetime],
    rules: DeskRules,
    *,
    translate: Translate = untranslated,
    bot_name: Callable[[], Awaitable[str]] = no_name,
    max_waiting: int = 10_000,
    pace: Pace = CONTACT,
    stamp: WriteConfirmed | None = None,
    grow: Grow | None = None,
) -> tuple[DeskService, ConversationService]:
    """Make the service of the desk and that of the conversations, each of which hears of what the other does."""
    groups = next((channel for channel in channels if channel.name == GROUP_CHANNEL), None)
    desk = DeskService(
        store.desk,
        DeskWords(lambda: thinker.context(thinker.brain, channels[0].name, clock()), rules),
        clock,
        rules,
        wake=lambda contact_ids: service.wake(contact_ids),
        fetch=lambda attachment: service.fetch(attachment),
        translate=translate,
        bot_name=bot_name,
        split=groups.split if groups else lambda message: (message,),
        stamp=stamp,
        grow=grow,
        leads=lambda: store.replicas.leads,
    )
    service = ConversationService(
        store,
        channels,
        thinker.mind,
        clock,
        max_waiting=max_waiting,
        translate=translate,
        hear=thinker.hear,
        cases_changed=desk.noticed,
        answers_judged=desk.judged,
        groups={GROUP_CHANNEL: desk.handle_group},
        is_ready=lambda: thinker.is_ready,
        pace=pace,
        metrics=thinker.metrics,
    )
    thinker.flags, thinker.confirmations = desk.flags, desk.confirmations
    join(store.replicas, desk, service, channels)
    return desk, service


def join(replicas: Replicas, desk: DeskService, service: ConversationService, channels: Sequence[Channel]) -> None:
    """Let the services and pages of this process hear of what others on the same database do, and tell them."""
    pages = [channel for channel in channels if isinstance(channel, WebChannel)]

    def hear(notice: ReplicaNotice) -> None:
        if notice.kind == "inbox" and replicas.leads:
            service.wake((notice.key,))
        if notice.kind in ("desk", "anew"):
            desk.heard()
        for page in pages:
            if notice.kind == "message":
                page.heard(notice.key, notice.number)
            elif notice.kind == "anew":
                page.missed()

    for page in pages:
        page.tell_by(lambda mark, message_id: replicas.tell(ReplicaNotice("message", mark, message_id)))
    for channel in channels:
        if isinstance(channel, FollowsLead):
            channel.follow(replicas)
    replicas.listen(hear)


def stamper(folder: Path, thinker: Thinker) -> WriteConfirmed:
    """Return what writes confirmations into the knowledge files, one after the other; where that fails they count all the same."""
    one_at_a_time = asyncio.Lock()

    async def stamp(confirmed: Sequence[Confirmed]) -> None:
        async with one_at_a_time:
            keys = {(each.city, each.entry_id, each.locale) for each in confirmed}
            stamps = tuple(missing_stamps(thinker.brain.knowledge, thinker.confirmations(), keys))
            written, faults = await asyncio.to_thread(write_stamps, folder, stamps)
        for fault in faults:
            log.warning("a confirmation is not written into its file: %s", fault)
        log.info("confirmations written into files: %d", len(written))

    return stamp


def grower(folder: Path, thinker: Thinker) -> Grow:
    """Return what writes kept questions into the knowledge files, from where they are taken up as any change is."""

    async def grow(city: str, locale: str, texts: Sequence[str], entry_id: str) -> int:
        return len(await asyncio.to_thread(write_to_entry, folder, thinker.brain.knowledge, city, locale, texts, entry_id))

    return grow


def desk_pages(desk: DeskService, settings: Settings, catalogues: i18n.Catalogues) -> DeskPages:
    """Make the web desk."""
    return DeskPages(
        desk,
        translate=lambda locale, text: catalogues.translator(locale).gettext(text),
        locales=catalogues.locales,
        language_names={locale: i18n.language_name(locale) for locale in catalogues.locales},
        clock=utc_now,
        https=settings.is_https,
    )


def poster_pages(settings: Settings, thinker: Thinker) -> PosterPages:
    """Make the pages to print, which show the knowledge of the moment."""
    return PosterPages(
        lambda: thinker.brain.knowledge,
        thinker.catalogues.translator,
        i18n.language_name,
        public_url=settings.public_url or "",
        bot_name=lambda: thinker.bot_name,
        whatsapp_number=lambda: thinker.whatsapp_number,
    )


@contextlib.asynccontextmanager
async def translator_of(settings: Settings) -> AsyncIterator[Translate]:
    """Give the translator the settings name, or one that has no translation for anything."""
    if settings.translate_url is None:
        yield untranslated
        return
    key = settings.translate_key.get_secret_value() if settings.translate_key else None
    client = LibreTranslate(settings.translate_url, key)
    try:
        yield client.translate
    finally:
        await client.close()


def bot_name_of(settings: Settings) -> Callable[[], Awaitable[str]]:
    """Return how to learn the bot's name on Telegram: from the settings, else by asking once; "" where it cannot be had."""
    known = [settings.telegram_bot_name.removeprefix("@")] if settings.telegram_bot_name else []

    async def name() -> str:
        if not known and settings.telegram_token is not None:
            from bot.channels.telegram.name import bot_name

            found = await bot_name(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
            known.extend([found] if found else [])
        return known[0] if known and settings.telegram_token is not None else ""

    return name


@contextlib.asynccontextmanager
async def naming(settings: Settings, thinker: Thinker, name: Callable[[], Awaitable[str]]) -> AsyncIterator[None]:
    """Let the core know the bot's name on Telegram as soon as it is to be had; nothing waits for it."""

    async def ask() -> None:
        while not thinker.bot_name:
            thinker.bot_name = await name()
            await asyncio.sleep(0 if thinker.bot_name else NAME_AGAIN_S)

    asking = asyncio.create_task(ask()) if settings.telegram_token else None
    try:
        yield
    finally:
        if asking:
            asking.cancel()


# ---------------------------------------------------------------- in the terminal


async def chat(settings: Settings, source: TextIO, out: TextIO, locale: str | None) -> None:
    """Talk with one person over lines of text, on a database in memory; ends with the input."""
    channel = ConsoleChannel(out, utc_now, locale)
    thinker = Thinker(load_brain(settings), load_catalogues(settings), [channel], require_checked=settings.require_checked)
    async with _talking(thinker, channel) as service:
        await channel.feed("/start")
        await service.idle()
        while line := await asyncio.to_thread(source.readline):
            await channel.feed(line)
            await service.idle()


async def preview(settings: Settings, brain: Brain, text: str, city: str, locale: str | None, out: TextIO) -> None:
    """Show what a contact in that city and language is answered."""
    locale = locale or brain.knowledge.cities[city].host_language
    channel = ConsoleChannel(out, utc_now, locale)
    thinker = Thinker(brain, load_catalogues(settings), [channel], require_checked=settings.require_checked)
    context = thinker.context(brain, channel.name, utc_now())
    understood = brain.matcher.understand(text, city, locale)
    known = Conversation("preview", channel.name, state=READY, locale=locale, city=city)
    turn = step(known, TextReceived(text=text, at=context.now, understood=understood), context)
    scores = ", ".join(f"{match.entry_id} {match.score:.2f}" for match in understood.matches)
    out.write(f"outcome: {understood.outcome}  {scores}\n\n")
    for effect in turn.effects:
        if isinstance(effect, SendMessage):
            await channel.send(Parcel(ContactRef(channel.name, "preview"), 0, "", effect.message, uncertain=False))


@contextlib.asynccontextmanager
async def _talking(thinker: Thinker, channel: Channel) -> AsyncIterator[ConversationService]:
    store = await open_store("sqlite://:memory:", data_dir=Path(), secret=secrets.token_bytes(32), clock=utc_now)
    service = ConversationService(store, [channel], thinker.mind, utc_now)
    await service.start()
    await channel.start(service)
    try:
        yield service
    finally:
        await channel.stop_receiving()
        await service.stop()
        await channel.close()
        await store.close()


# ---------------------------------------------------------------- the running process


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process ends in our order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """Run everything until SIGTERM or SIGINT; raises ConfigError, KnowledgeError or StoreError when it cannot start."""
    if settings.is_https and not settings.trusted_proxies:
        log.warning("TRUSTED_PROXIES names no proxy: all people seem to have its address, and new sessions are limited for all together")
    with _listener(settings) as listener, _metrics_listener(settings) as metrics_listener:
        async with opened_store(settings, secret_of(settings)) as store, translator_of(settings) as translate, keys_copied(settings):
            catalogues = load_catalogues(settings)
            channels = build_channels(settings, catalogues, store.root)
            known, is_current = first_brain(settings)
            thinker = thinker_of(settings, known, catalogues, channels)
            thinker.is_current = is_current
            if thinker.is_ready:
                thinker.note_known()
            name = bot_name_of(settings)
            async with naming(settings, thinker, name), sensing_of(settings, thinker):
                desk, service = build_services(
                    store,
                    channels,
                    thinker,
                    utc_now,
                    rules_of(settings),
                    translate=translate,
                    bot_name=name,
                    max_waiting=settings.max_waiting,
                    pace=Pace(settings.contact_burst, settings.contact_per_s),
                    stamp=stamper(settings.knowledge_dir, thinker),
                    grow=grower(settings.knowledge_dir, thinker),
                )
                watch = watch_of(settings, store, thinker, teller(settings, desk, channels))
                with watched(watch, metrics_listener) as watching:
                    await _run(settings, listener, store, service, desk, channels, thinker, watch, watching)


@contextlib.asynccontextmanager
async def keys_copied(settings: Settings) -> AsyncIterator[None]:
    """Let the key file of the backups forget what is erased while we serve: until then it would still open older copies."""
    if settings.backup_dir is None:
        yield
        return
    if settings.secret_key is None:
        backup.refuse_beside(settings.backup_dir, settings.secret_path)
    copying = asyncio.create_task(_copy_keys(settings, place_of(settings), settings.backup_dir))
    try:
        yield
    finally:
        copying.cancel()


async def _copy_keys(settings: Settings, place: backup.Installation, folder: Path) -> None:
    copied = -1
    while True:
        try:
            if (last := await asyncio.to_thread(place.last_erased)) != copied:
                await asyncio.to_thread(backup.write_keys, place, folder, secrets_of(settings))
                copied = last
        except (StoreError, ConfigError) as error:
            log.error("the key file of the backups still opens what was erased: %s", error)
        await asyncio.sleep(KEYS_COPIED_S)


def place_of(settings: Settings) -> backup.Installation:
    """Return where the installation is kept; raises ConfigError where it is kept in memory alone."""
    if settings.is_shared:
        from bot.store.postgres.copies import PostgresPlace  # only when asked for, as the store itself

        return PostgresPlace(settings.store_url)
    path = settings.store_url.removeprefix("sqlite:///")
    if path == settings.store_url:
        raise ConfigError("`dragoman backup` and `dragoman restore` copy SQLite files or PostgreSQL; DATABASE_URL names neither")
    return backup.Place(Path(path), settings.data_dir / backup.KEYS_NAME)


def first_brain(settings: Settings) -> tuple[Brain, bool]:
    """Return what is known at once, and whether it is what the files say now.

    While those have to be learnt first the last good set answers, or nothing yet. Raises KnowledgeError where nothing can be kept and the
    files have a fault."""
    folder, shelf = settings.knowledge_dir, Shelf(settings.shelf_dir)
    if not shelf.is_ours():
        return load_brain(settings), True
    known = kept_brain(folder, shelf)
    return (known, True) if known else (last_brain(folder, shelf) or nothing_known(), False)


def thinker_of(settings: Settings, known: Brain, catalogues: i18n.Catalogues, channels: Sequence[Channel]) -> Thinker:
    """Bind the core as the settings say."""
    return Thinker(
        known,
        catalogues,
        channels,
        require_checked=settings.require_checked,
        retention_days=settings.retention_days,
        desk_url=f"{settings.root_url}/desk",
        public_url=settings.public_url or "",
        bot_name=(settings.telegram_bot_name or "").removeprefix("@") if settings.telegram_token else "",
        whatsapp_number=settings.linked_number,
    )


def _listener(settings: Settings) -> socket.socket:
    """Take the port; raises ConfigError, before anything slow is done, when it is not to be had."""
    return _listen(settings.host, settings.port, "DRAGOMAN_PORT")


def _listen(host: str, port: int, name: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"cannot listen on {host}, {name} {port}: {error.strerror}") from error
    return listener


@contextlib.contextmanager
def _metrics_listener(settings: Settings) -> Iterator[socket.socket | None]:
    """Take METRICS_PORT, where it is set."""
    if settings.metrics_port is None:
        yield None
        return
    with _listen(settings.metrics_host, settings.metrics_port, "DRAGOMAN_METRICS_PORT") as listener:
        yield listener


def watch_of(settings: Settings, store: Store, thinker: Thinker, tell: Tell | None = None) -> Watch:
    """Make what looks after the running bot."""
    return Watch(
        store,
        thinker.metrics,
        utc_now,
        settings.data_dir,
        has_knowledge=lambda: thinker.is_ready,
        limits=Limits(settings.alert_queue_s, settings.alert_outbox_s, settings.alert_disk_mb * MIB),
        tell=tell,
    )


def teller(settings: Settings, desk: DeskService, channels: Sequence[Channel]) -> Tell:
    """Return what brings a notice to ALERT_EMAIL, straight from here, and to the admins of the desk."""
    mail = next((channel for channel in channels if channel.name == "email"), None)

    async def tell(notice: Notice) -> None:
        try:
            if mail is not None and settings.alert_email:
                to = ContactRef(mail.name, settings.alert_email)
                await mail.send(Parcel(to, 0, secrets.token_hex(8), desk.words_of_alarm(notice), uncertain=False))
        finally:
            is_told = notice.kind == "reload" and not notice.is_over  # with file and line: DeskService.knowledge_refused
            if notice.kind != "database" and not is_told:
                await desk.alarmed(notice, by_email=mail is not None)

    return tell


@contextlib.contextmanager
def watched(watch: Watch, listener: socket.socket | None) -> Iterator[Mapping[str, asyncio.Task[None]]]:
    """Look after the bot for the length of the block, and show it at METRICS_PORT; yields by name what must not end before."""
    tasks = {"the watch": asyncio.create_task(watch.run())}
    if listener is not None:
        server = _Server(_bare_config(create_watch_app(watch)))
        tasks["the server of METRICS_PORT"] = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield tasks
    finally:
        for task in tasks.values():
            task.cancel()


async def _run(
    settings: Settings,
    listener: socket.socket,
    store: Store,
    service: ConversationService,
    desk: DeskService,
    channels: Sequence[Channel],
    thinker: Thinker,
    watch: Watch,
    watching: Mapping[str, asyncio.Task[None]],
) -> None:
    pages = (*desk_pages(desk, settings, thinker.catalogues).routes(), *poster_pages(settings, thinker).routes())
    server, stop = _Server(_uvicorn_config(settings, watch, channels, pages)), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await service.start()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    knowing = asyncio.create_task(_know(settings, service, desk, thinker, watch, stop))
    stopping, handling = asyncio.create_task(stop.wait()), asyncio.create_task(service.broken())
    try:
        await _listening(server, serving)
        for channel in channels:
            await channel.start(service)
        log.info("ready: %s", Word(settings.public_url or f"http://{settings.host}:{listener.getsockname()[1]}/"))
        endless = {"the web server": serving, "following the knowledge": knowing, "a loop of the service": handling, **watching}
        await asyncio.wait({stopping, *endless.values()}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            _fail(endless)
    finally:
        begun, watch.is_stopping = time.monotonic(), True
        log.info("stopping")
        handling.cancel()
        store.replicas.resign()
        knowing.cancel()  # it may be in the middle of learning
        for channel in channels:
            await channel.stop_receiving()
        await desk.stop()
        await service.stop()
        for channel in channels:
            await channel.close()
        server.should_exit = True
        stop.set()
        await asyncio.gather(serving, knowing, stopping, handling, return_exceptions=True)
        log.info("stopped after %.1f s", time.monotonic() - begun)


def _fail(tasks: Mapping[str, asyncio.Task[None]]) -> None:
    """Say what has ended that never should while we serve; raises it where it is ours, and ServeError for anything else."""
    for name, task in tasks.items():
        if task.done():
            error = None if task.cancelled() else task.exception()
            if isinstance(error, BotError):
                raise error
            raise ServeError(f"{name} has ended by itself{f': {describe(error)}' if error else ''}")


async def _know(
    settings: Settings, service: ConversationService, desk: DeskService, thinker: Thinker, watch: Watch, stop: asyncio.Event
) -> None:
    """Learn what is not on the shelf while messages are already taken in; then begin to answer, and follow every change of the files.

    Raises KnowledgeError where there has never been a good set and the files were broken from the start."""
    at_work, at_start = thinker.is_ready, folder_state(settings.knowledge_dir)
    if at_work:
        await desk.start()
    async for fault in thinker.follow(settings.knowledge_dir, Shelf(settings.shelf_dir), stop):
        watch.has_refused = fault is not None
        if fault is not None and not at_work and folder_state(settings.knowledge_dir) == at_start:
            raise fault  # nobody should learn of it from a bot that never answers
        if fault is not None:
            with contextlib.suppress(StoreError):
                await desk.knowledge_refused(str(fault))
        elif not at_work:
            at_work = True
            await service.look()
            await desk.start()


async def _listening(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    """Wait until the server answers; what ends it before is raised."""
    while not server.started:
        if serving.done():
            serving.result()
            raise ConfigError("the web server ended before it began")
        await asyncio.sleep(0.01)


def _uvicorn_config(settings: Settings, watch: Watch, channels: Sequence[Channel], pages: Sequence[BaseRoute] = ()) -> uvicorn.Config:
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    app = create_app(channels, ready=watch.is_ready, https=settings.is_https, pages=pages, watched=watch, token=token)
    return _bare_config(app, settings.trusted_proxies)


def _bare_config(app: Starlette, trusted_proxies: str = "") -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        timeout_graceful_shutdown=2,
        ws_max_size=1 << 20,  # bytes; above the page's own limit of 512 KiB, so that it gets a clear answer
        ws_max_queue=8,
    )
