"""Cries for help that no phrase names, in 25 languages; the figures are printed. Whoever wrote the lines saw neither phrases nor examples,
and none of them is among what is learnt. cries.jsonl: 42 cries and 30 calm lines near to cries in each language; thresholds were chosen on
these. cries-fresh.jsonl: 21 and 9, written when that was done. statements.jsonl: 37 calm ones, by writers of learnt ones."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from bot.matching import Matcher
from bot.matching.danger import Danger, least
from bot.matching.finder import Reading
from bot.matching.index import read_text
from bot.matching.lexicon import Lexicon
from bot.matching.normalise import normalise, words_of
from bot.model import CALM, Knowledge
from tests.running import ROOT

FOLDER = ROOT / "tests" / "questions"
Line = Mapping[str, str]
# How its writer comes to help: an alarm; the entry for it as the answer; the number above or under what is answered; not at all.
Way = Literal["alarm", "entry", "number", "lost"]


def read(name: str) -> Sequence[Line]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def lines() -> Sequence[Line]:
    return read("cries")


def ways_of(lines: Sequence[Line], knowledge: Knowledge, matcher: Matcher) -> Sequence[tuple[Line, Way]]:
    return [(line, way_of(line, number, knowledge, matcher)) for number, line in enumerate(lines)]


def way_of(line: Line, number: int, knowledge: Knowledge, matcher: Matcher) -> Way:
    """Ask in a city that speaks the language, else in Madrid in English."""
    spoken = [slug for slug, city in knowledge.cities.items() if line["lang"] in city.languages]
    city = spoken[number % len(spoken)] if spoken else "madrid"
    understood = matcher.understand(line["text"], city, line["lang"] if spoken else "en")
    offered = [match.entry_id.startswith("emergency.") for match in understood.matches]
    if understood.outcome == "emergency":
        return "alarm"
    if understood.outcome == "answer" and offered[:1] == [True]:
        return "entry"
    suggests = understood.outcome == "suggest" and any(offered)
    return "number" if understood.perhaps or understood.outcome == "none" or suggests else "lost"


@pytest.mark.parametrize(("name", "alarms", "lost"), [("cries", 0.62, 0.04), ("cries-fresh", 0.56, 0.05)])
def test_most_cries_are_heard_and_nearly_all_lead_to_the_number(
    knowledge: Knowledge, matcher: Matcher, capsys: pytest.CaptureFixture[str], name: str, alarms: float, lost: float
) -> None:
    ways = ways_of(read(name), knowledge, matcher)
    cries, calm = counted(ways, is_calm=False), counted(ways, is_calm=True)
    with capsys.disabled():
        print(f"\n{name}     alarm  entry number   lost  | calm: alarm")
        for language in sorted({line["lang"] for line, _way in ways} | {"all"}, key=lambda name: (name != "all", name)):
            shown = "".join(f"{100 * share(cries[language], way):7.1f}" for way in ("alarm", "entry", "number", "lost"))
            print(f"{language:10}{shown}  | {100 * share(calm[language], 'alarm'):7.1f}")
    assert share(cries["all"], "alarm") >= alarms
    assert share(cries["all"], "lost") <= lost
    assert share(calm["all"], "alarm") <= 0.035
    assert all(share(found, "lost") <= 0.15 for found in cries.values())


def test_who_tells_of_an_ordinary_day_is_not_alarmed(knowledge: Knowledge, matcher: Matcher, capsys: pytest.CaptureFixture[str]) -> None:
    calm = counted(ways_of(read("statements"), knowledge, matcher), is_calm=True)
    with capsys.disabled():
        print(f"\nstatements: alarm {100 * share(calm['all'], 'alarm'):.1f} %")
    assert share(calm["all"], "alarm") <= 0.025


def counted(ways: Sequence[tuple[Line, Way]], *, is_calm: bool) -> Mapping[str, Counter[Way]]:
    found: dict[str, Counter[Way]] = defaultdict(Counter)
    for line, way in ways:
        if (line["kind"] == CALM) == is_calm:
            found["all"][way] += 1
            found[line["lang"]][way] += 1
    return found


def share(found: Counter[Way], way: str) -> float:
    return sum(count for name, count in found.items() if name == way) / found.total()


def test_the_kind_is_mostly_right(lines: Sequence[Line], knowledge: Knowledge, matcher: Matcher) -> None:
    heard = [
        (line["kind"], found.safety) for line in lines if (found := matcher.understand(line["text"], None, None)).outcome == "emergency"
    ]
    cries = [(kind, found) for kind, found in heard if kind != CALM]
    assert sum(kind == found for kind, found in cries) >= 0.75 * len(cries)


@pytest.mark.parametrize("name", ["cries", "cries-fresh", "statements"])
def test_nothing_that_is_tested_was_learnt(files: Knowledge, name: str) -> None:
    learnt = {" ".join(words_of(text)) for kinds in files.cries.values() for texts in kinds.values() for text in texts}
    assert [line["text"] for line in read(name) if " ".join(words_of(line["text"])) in learnt] == []


# ---------------------------------------------------------------- the model by itself


def small(files: Knowledge, cries: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Danger:
    few = replace(files, cries=cries, uncovered={}, smalltalk={}, cities={})
    return Danger(few, Reading(Lexicon({})))


CRIES = (
    "he beats me again",
    "my husband beats me every night",
    "he beats us and locks the door",
    "she beats the child again",
    "he locks me in",
)
QUIET = ("where is the office", "when does the office open", "how much is the card", "where do i get the card", "i need a card for the bus")


def test_it_learns_from_examples(files: Knowledge) -> None:
    danger = small(files, {"en": {"violence-home": CRIES * 3, CALM: QUIET * 3}})
    heard, quiet = (
        danger.suspect(read_text(normalise(text).split())) for text in ("he beats him and locks the room", "where is the card office")
    )
    assert heard is not None
    assert quiet is not None
    assert heard.kind == "violence-home"
    assert heard.odds > 0 > quiet.odds


def test_a_text_that_shares_nothing_with_any_example_is_not_judged(files: Knowledge) -> None:
    danger = small(files, {"en": {"violence-home": CRIES * 3, CALM: QUIET * 3}})
    assert danger.suspect(read_text(normalise("ግዕዝ").split())) is None


def test_without_examples_nothing_is_suspected(files: Knowledge) -> None:
    assert small(files, {}).suspect(read_text(["help"])) is None
    assert small(files, {"en": {CALM: QUIET}}).suspect(read_text(["help"])) is None


def test_the_least_of_a_curved_valley_is_found() -> None:
    """Rosenbrock's function, whose valley few methods follow."""

    def loss_of(at: np.ndarray) -> tuple[float, np.ndarray]:
        x, y = at
        slope = np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])
        return float((1 - x) ** 2 + 100 * (y - x * x) ** 2) + 1, slope

    assert least(loss_of, np.array([-1.2, 1.0]), enough=1e-15) == pytest.approx([1, 1], abs=1e-3)


# ---------------------------------------------------------------- phrases and model together


def test_a_phrase_alone_makes_no_alarm_of_what_is_surely_calm(matcher: Matcher) -> None:
    told = matcher.understand("ma omoara hartogaria asta, la ce ghiseu se depune cererea de rezidenta", "timisoara", "ro")
    assert (told.outcome != "emergency", told.perhaps) == (True, "violence-home")


@pytest.mark.parametrize(
    "text", ["my husband beats me", "bghit n9tel rasi", "I cannot breathe", "me quiero morir", "никто не поможет, хочу умереть"]
)
def test_a_plain_cry_is_an_alarm(matcher: Matcher, text: str) -> None:
    assert matcher.understand(text, "madrid", None).outcome == "emergency"
    assert matcher.sounds_like_crisis(text)


def test_small_talk_is_no_cry(matcher: Matcher) -> None:
    for text in ("hello", "thank you very much", "مرحبا", "дякую"):
        assert matcher.understand(text, "madrid", "en").perhaps is None


@pytest.mark.parametrize("text", ["mi marido no me pega", "my husband does not hit me"])
def test_what_is_denied_is_no_alarm(matcher: Matcher, text: str) -> None:
    assert matcher.understand(text, "madrid", "es").outcome != "emergency"
