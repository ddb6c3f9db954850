"""Languages that no city has answers in: a list of their words (knowledge/lexicon) is enough to understand most questions.

The questions were written without sight of these lists. Whoever asks has chosen English. The figures are printed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.matching import Matcher
from bot.matching.evaluate import Line, judge
from bot.matching.language import LanguageGuesser
from bot.matching.matcher import LANGUAGE, recipes
from bot.model import Knowledge, Understanding
from tests.matching.conftest import lines_of, shown
from tests.running import ROOT

FILE = ROOT / "tests" / "questions" / "others.jsonl"


@pytest.fixture(scope="module")
def others() -> list[Line]:
    return lines_of(FILE)


class AskedInEnglish:
    """Nobody can have chosen a language that there is not."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        return self._matcher.understand(text, city, "en")


def without_answers(files: Knowledge) -> set[str]:
    return set(files.lexicon) - {locale for city in files.cities.values() for locale in city.languages}


def test_every_such_language_has_all_concepts_and_words_of_danger(files: Knowledge) -> None:
    assert len(without_answers(files)) >= 11
    for locale in without_answers(files):
        assert files.lexicon[locale].keys() == files.lexicon["en"].keys(), locale
        assert all(kind.phrases.get(locale) for kind in files.safety.values()), locale


def test_a_new_list_makes_its_language_known(files: Knowledge) -> None:
    fewer = replace(files, lexicon={locale: words for locale, words in files.lexicon.items() if locale != "so"})
    made_from = ({recipe.name: recipe.made_from for recipe in recipes(knowledge)}[LANGUAGE] for knowledge in (files, fewer))
    assert len(set(made_from)) == 2
    assert LanguageGuesser(files).guess("carruurtayda iskuul sideen u geeyaa") == "so"


def test_most_questions_are_understood_and_cries_heard(
    others: list[Line], files: Knowledge, matcher: Matcher, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [line for line in others if line["lang"] in without_answers(files)]
    judged = judge(asked, AskedInEnglish(matcher))
    found = shown(judged, capsys)
    whole = found["all"]
    assert whole.first.hits / whole.first.total >= 0.8
    assert whole.offered.hits / whole.offered.total >= 0.93
    assert whole.wrong.hits / whole.wrong.total <= 0.04
    assert whole.refused.hits / whole.refused.total >= 0.75
    assert whole.crisis.hits / whole.crisis.total >= 0.85
    assert {group.lines for name, group in found.items() if name.startswith("lang ")} == {32}
    for name, group in found.items():
        if name.startswith("lang "):
            assert group.first.hits / group.first.total >= 0.55, name


def test_the_questions_name_entries_there_are(others: list[Line], files: Knowledge) -> None:
    for line in others:
        named = {line["id"], *line.get("also", ())} - {None}
        assert named <= files.cities[line["city"]].entries.keys(), line
