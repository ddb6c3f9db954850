"""By buttons alone: from the first contact every published answer of the real knowledge is reached, in every language."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest

from bot.dialogue import Context, step
from bot.knowledge.load import load_knowledge
from bot.model import CommandReceived, Conversation, Knowledge, Message, OptionChosen, SendMessage, Turn
from tests.dialogue.world import CATALOGUES, NOW, ROOT, KnownSentences, context

# They lead to the beginning, to the service, or to where there are no offices.
NOT_WALKED = {"do:delete", "do:mydata", "do:language", "do:city", "do:stop", "elsewhere:"}


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
                if option_id.startswith("entry:") and any(message.locale == locale for message in messages(following)):
                    shown.add(option_id.partition(":")[2])
                waiting.append(following)
    return met, shown


def messages(turn: Turn) -> list[Message]:
    return [effect.message for effect in turn.effects if isinstance(effect, SendMessage)]


def offered(turn: Turn, locale: str) -> list[str]:
    ids = [option.id for message in messages(turn) for option in message.options]
    return [key for key in ids if key not in NOT_WALKED and (not key.startswith("language:") or key == f"language:{locale}")]


@pytest.mark.parametrize("limit", [None, 3, 10])
@pytest.mark.parametrize("locale", CATALOGUES.locales)
def test_every_entry_is_reached_by_buttons_alone(knowledge: Knowledge, locale: str, limit: int | None) -> None:
    for slug, city in knowledge.cities.items():
        only = replace(knowledge, cities={slug: city})
        place = context(knowledge=only, matcher=KnownSentences(only), locales=CATALOGUES.locales, max_options=limit, shared_device=True)
        met, shown = reachable(place, locale)
        published = {entry.id for entry in city.entries.values() if entry.status == "published"}
        assert published <= shown
        assert {f"steps:{entry_id}" for entry_id in published if city.entries[entry_id].steps} <= met
        assert {f"places:{entry_id}" for entry_id in published if city.entries[entry_id].places} <= met


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
