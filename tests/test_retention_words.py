"""What people read about how long something is kept is what the store does, in every language: the numbers are read off the sentences."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import app
from bot.brain import Brain
from bot.cases import Claim, Close
from bot.channels.console import ConsoleChannel
from bot.channels.desk.texts import DESK_TEXTS
from bot.config import Settings
from bot.dialogue import Context, render_data
from bot.dialogue.handoff import _what_it_is
from bot.dialogue.home import home_of
from bot.dialogue.onboarding import _notice
from bot.i18n import Catalogues
from bot.model import KeepQuestion, Message, OpenCase
from bot.store import Sent, Store
from tests.dialogue.desk import a_case, staffed
from tests.dialogue.world import KNOWLEDGE, KnownSentences, lines, settled
from tests.running import ROOT
from tests.store.cases import AMINA, BORIS, SECRET, Clock, told
from tests.store.desks import do, join, turn

CATALOGUES = Catalogues.load(ROOT / "locales")
KEPT_REQUEST = "a request is erased {n} days after it is closed; /delete erases it at once"
KEPT_OFFER = "It is erased {n} days after the request is closed. /delete erases it at once."
KEPT_CHAT = "This chat is erased {n} hours after the last message. /delete erases it at once."
KEPT_MESSAGES = "the last messages of this chat ({count}), until {n} hours after the last one"
ASKED = "You can let us keep your question: without name or number, for 90 days, read by the people who write the answers."
THANKED = "Thank you. This is kept for 90 days, and nothing else:"


def settings_of(folder: Path, **given: object) -> Settings:
    values = {"data_dir": folder, "database_url": None, "secret_key": SECRET.hex(), "secret_key_previous": None, **given}
    return Settings(_env_file=None, **values)  # type: ignore[call-arg,arg-type]  # pydantic checks them


def context_of(settings: Settings) -> Context:
    """Return what a turn looks at, as the program wires it from the settings."""
    channel = ConsoleChannel(io.StringIO(), app.utc_now)
    thinker = app.thinker_of(settings, Brain(KNOWLEDGE, KnownSentences()), CATALOGUES, [channel])  # type: ignore[arg-type]
    return thinker.context(thinker.brain, channel.name, app.utc_now())


@asynccontextmanager
async def stored(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Store, Clock]]:
    """Open the store as the program does, with a clock to turn."""
    clock = Clock()
    with monkeypatch.context() as patch:
        patch.setattr(app, "utc_now", clock)
        async with app.opened_store(settings, app.secret_of(settings)) as store:
            yield store, clock


def numbers_in(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def told_in(context: Context, message: Message, sentence: str, number: int) -> int:
    """Return the number a sentence of the catalogue names in a message; `number` chooses its plural form."""
    translator = context.translator(message.locale)
    form = translator.ngettext(sentence.replace("{n} days", "{n} day").replace("{n} hours", "{n} hour"), sentence, number)
    pattern = re.compile(re.escape(form).replace(r"\{n\}", r"(\d+)").replace(r"\{count\}", r"\d+"))
    (found,) = pattern.findall("\n".join(lines(message)))
    return int(found)


@pytest.mark.parametrize("days", [1, 2, 5, 30, 101])
async def test_a_request_is_kept_as_long_as_people_read(days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path, retention_days=days)
    context, read = context_of(settings), set()
    for locale in CATALOGUES.locales:
        known = staffed(a_case(), locale=locale)
        home = home_of(known, context)
        assert home is not None
        read.add(told_in(context, render_data(context, known, [], {}), KEPT_REQUEST, days))
        read.add(told_in(context, Message(locale, tuple(_what_it_is(known, "advice", home, context))), KEPT_OFFER, days))
    (promised,) = read
    assert promised == days
    async with stored(settings, monkeypatch) as (store, clock):
        staff = await join(store)
        await turn(store, AMINA, OpenCase("advice", "housing"))
        (case,) = await store.desk.open_cases()
        await do(store, staff, case.number, Claim())
        await do(store, staff, case.number, Close("solved"))
        clock.forward(days=promised, microseconds=-1)
        assert (await store.sweep()).cases == 0
        clock.forward(microseconds=1)
        assert (await store.sweep()).cases == 1
        assert await store.desk.case(case.number) is None


async def test_a_chat_is_kept_as_long_as_people_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path)
    context, read = context_of(settings), set()
    for locale in CATALOGUES.locales:
        known = settled(locale)
        home = home_of(known, context)
        assert home is not None
        notice = _notice(known, home, context)
        read.add(told_in(context, notice, KEPT_CHAT, 24))
        held = render_data(context, known, [], {})
        read.add(told_in(context, held, KEPT_MESSAGES, 24))
    (promised,) = read
    async with stored(settings, monkeypatch) as (store, clock):
        amina, delivery = await told(store, AMINA, "hi", external_id="1")
        await store.settle(delivery, Sent())
        clock.forward(hours=promised, microseconds=-1)
        await told(store, BORIS, "hi", external_id="2")
        assert (await store.sweep()).histories == 0
        assert await store.history(amina)
        clock.forward(microseconds=1)
        assert await store.history(amina) == ()  # whether swept or not
        assert (await store.sweep()).histories == 1


async def test_a_question_is_kept_as_long_as_people_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = (ASKED, THANKED, DESK_TEXTS["gaps_why"])
    read = {tuple(numbers_in(CATALOGUES.translator(locale).gettext(text))) for locale in CATALOGUES.locales for text in sentences}
    ((promised,),) = read
    source = (ROOT / "bot" / "dialogue" / "keeping.py").read_text("utf-8")
    assert (ASKED in source, THANKED in source) == (True, True)
    async with stored(settings_of(tmp_path), monkeypatch) as (store, clock):
        await turn(store, AMINA, KeepQuestion("madrid", "ar", "where is the school", "none"))
        clock.forward(days=promised)
        await store.sweep()
        assert len(await store.desk.kept_questions()) == 1
        clock.forward(days=1)
        await store.sweep()
        assert await store.desk.kept_questions() == ()


def test_every_number_of_time_the_bot_says_about_keeping_is_known_here() -> None:
    """A new sentence that names a time of keeping must be tested as the others are."""
    template = (ROOT / "locales" / "bot.pot").read_text("utf-8").replace('"\n"', "")
    said = re.findall(r'^msgid(?:_plural)? "(.*)"$', template, re.MULTILINE)
    keeping, time = re.compile(r"\b(kept?|keep|erased|deleted)\b|\bmessages of this chat"), re.compile(r"\b(day|hour|week|month)s?\b")
    kept = {replace_number(text) for text in said if keeping.search(text) and time.search(text)}
    known = (KEPT_REQUEST, KEPT_OFFER, KEPT_CHAT, KEPT_MESSAGES, ASKED, THANKED, DESK_TEXTS["gaps_why"])
    assert kept == set(map(replace_number, known))


def replace_number(text: str) -> str:
    plural = re.sub(r"\b(day|hour)\b", r"\1s", text)
    return re.sub(r"\{n\}|\{count\}|\d+", "#", plural)


def test_the_words_of_the_settings_say_what_they_do() -> None:
    described = Settings.model_fields["retention_days"].description
    assert described is not None
    assert "the sentence people read says so" in described
