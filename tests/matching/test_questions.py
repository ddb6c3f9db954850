"""The test questions of every city: enough of them, in every language, and most of them answered. The figures are printed."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.matching import Matcher
from bot.matching.evaluate import Line, judge
from bot.model import Knowledge
from tests.matching.conftest import FOLDER, questions, shown

CITIES = sorted(path.parent.name for path in FOLDER.glob("*/city.yaml"))


@pytest.fixture(scope="module")
def all_lines() -> list[Line]:
    return [line for city in CITIES for line in questions(city)]


@pytest.mark.parametrize("city", CITIES)
def test_three_for_every_entry_and_language(city: str, knowledge: Knowledge) -> None:
    asked = Counter((line["id"], line["lang"]) for line in questions(city) if line["kind"] != "oos")
    known = knowledge.cities[city]
    wanted = {(entry.id, locale) for entry in known.entries.values() for locale in known.languages}
    assert {pair for pair in wanted if asked[pair] < 3} == set()


def test_most_are_answered_and_few_wrongly(all_lines: list[Line], matcher: Matcher, capsys: pytest.CaptureFixture[str]) -> None:
    judged = judge(all_lines, matcher)
    found = shown(judged, capsys)
    whole = found["all"]
    assert whole.first.hits / whole.first.total >= 0.87
    assert whole.offered.hits / whole.offered.total >= 0.97
    assert whole.wrong.hits / whole.wrong.total <= 0.045
    assert whole.false_alarms.hits / whole.false_alarms.total <= 0.01
    for name, group in found.items():
        if name.startswith("lang ") and group.first.total >= 100:
            assert group.first.hits / group.first.total >= 0.82, name
