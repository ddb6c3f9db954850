"""By buttons alone: from the first contact every published answer of the real knowledge is reached, in every language."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace

import pytest

from bot.channels.layout import render
from bot.channels.telegram.pieces import fits, split
from bot.dialogue import Context, step
from bot.dialogue.compose import MAX_LABEL
from bot.knowledge.load import load_knowledge
from bot.model import CommandReceived, Conversation, Knowledge, Message, OptionChosen, SendMessage, Turn
from tests.dialogue.world import CATALOGUES, NOW, ROOT, KnownSentences, context

# They lead to the beginning, to the service, to another device, or to where there are no offices.
NOT_WALKED = {"do:delete", "do:mydata", "do:language", "do:city", "do:stop", "elsewhere:", "move:"}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(ROOT / "knowledge")


def reachable(place: Context, locale: str) -> tuple[set[str], set[str]]:
    """Press every button once, from the first message on; return the options met and the entries shown in `locale`."""
    first = step(Conversation("c-1", "web"), CommandReceived(name="start", at=NOW, locale_hint=locale), place)
    waiting, met, shown = deque([first]), set[str](), set[str]()
    while waiting:
        turn = waiting.popleft()
        for option_id in offered(turn, locale):
            key = f"{option_id} {turn.conversation.options}" if option_id.startswith("more:") else option_id
            if key not in met:
                met.add(key)
                following = step(turn.conversation, OptionChosen(option_id=option_id, at=NOW), place)
                assert messages(following), f"{option_id} leads nowhere"
                for message in messages(following):
                    hold(message, option_id)
                if option_id.startswith("entry:") and any(message.locale == locale for message in messages(following)):
                    shown.add(option_id.partition(":")[2])
                waiting.append(following)
    return met, shown


def hold(message: Message, option_id: str) -> None:
    """Hold a message against what a platform can show: pieces of at most 4,096 characters, short buttons, no placeholder left open."""
    for piece in split(message):
        assert fits(piece), option_id
    whole = render(message)
    assert not re.search(r"\{\w+\}", whole), (option_id, whole)
    assert len(message.options) < 60, option_id
    assert all(0 < len(option.label) <= MAX_LABEL for option in message.options), option_id


def messages(turn: Turn) -> list[Message]:
    return [effect.message for effect in turn.effects if isinstance(effect, SendMessage)]


def offered(turn: Turn, locale: str) -> list[str]:
    ids = [option.id for message in messages(turn) for option in message.options]
    return [key for key in ids if key not in NOT_WALKED and (not key.startswith("language:") or key == f"language:{locale}")]


CITIES = sorted(path.parent.name for path in (ROOT / "knowledge").glob("*/city.yaml"))


def one_city(knowledge: Knowledge, slug: str, limit: int | None = None) -> Context:
    only = replace(knowledge, cities={slug: knowledge.cities[slug]})
    return context(knowledge=only, matcher=KnownSentences(only), locales=CATALOGUES.locales, max_options=limit, shared_device=True)


@pytest.mark.parametrize("slug", CITIES)
def test_every_entry_is_reached_by_buttons_alone(knowledge: Knowledge, slug: str) -> None:
    """In every language of the city each button leads on, each answer is shown, and each message fits and reads whole."""
    city = knowledge.cities[slug]
    published = {entry.id for entry in city.entries.values() if entry.status == "published"}
    for locale in city.languages:
        met, shown = reachable(one_city(knowledge, slug), locale)
        assert published <= shown, locale
        guided = [city.entries[entry_id] for entry_id in published if city.entries[entry_id].steps]
        assert {f"steps:{entry.id}" for entry in guided} <= met, locale
        assert {f"{verb}:{entry.id}:{key}" for entry in guided for key in entry.steps for verb in ("done", "skip", "stuck")} <= met, locale
        assert {f"need:{entry.id}:{needed}" for entry in guided for needed in entry.needs if needed in published} <= met, locale
        assert {f"places:{entry_id}" for entry_id in published if city.entries[entry_id].places} <= met, locale
        assert {f"card:{card}" for card in knowledge.cards.get(city.host_language, {}) if locale != city.host_language} <= met, locale


@pytest.mark.parametrize("limit", [3, 10])
@pytest.mark.parametrize("locale", ["es", "ar"])
def test_every_entry_is_reached_where_a_channel_shows_few_buttons(knowledge: Knowledge, locale: str, limit: int) -> None:
    met, shown = reachable(one_city(knowledge, "madrid", limit), locale)
    assert {entry.id for entry in knowledge.cities["madrid"].entries.values() if entry.status == "published"} <= shown
    assert any(option_id.startswith("more:") for option_id in met)


@pytest.mark.parametrize("locale", CATALOGUES.locales)
def test_who_speaks_another_language_than_the_city_is_told_which_there_are(knowledge: Knowledge, locale: str) -> None:
    for slug, city in knowledge.cities.items():
        if locale in city.languages:
            continue
        ready = Conversation("c-1", "web", state="ready", locale=locale, city=slug, data={"noticed": True})
        turn = step(ready, OptionChosen(option_id=f"entry:{city.first_steps[0]}", at=NOW), one_city(knowledge, slug))
        assert {f"entry:{city.first_steps[0]}:{known}" for known in city.languages} <= set(offered(turn, locale))


@pytest.mark.parametrize("locale", CATALOGUES.locales)
def test_no_number_to_dial_can_turn_around_in_its_line(knowledge: Knowledge, locale: str) -> None:
    place = context(knowledge=knowledge, locales=CATALOGUES.locales)
    ready = Conversation("c-1", "web", state="ready", locale=locale, city="madrid", data={"noticed": True})
    for entry_id in knowledge.cities["madrid"].entries:
        for verb in ("entry", "steps", "places"):
            turn = step(ready, OptionChosen(option_id=f"{verb}:{entry_id}", at=NOW), place)
            for effect in turn.effects:
                if isinstance(effect, SendMessage):
                    for block in effect.message.blocks:
                        runs = block.runs if hasattr(block, "runs") else ()
                        assert all(run.isolate for run in runs if (run.url or "").startswith("tel:"))
