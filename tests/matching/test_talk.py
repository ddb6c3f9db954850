"""Small talk in languages no answers are written in: people say hello and thank you in their own."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.matching import Matcher
from bot.model import Knowledge

LACKING = ("am", "bn", "fa", "hi", "ne", "ps", "pt", "ru", "so", "ti", "tl", "vi")


@pytest.mark.parametrize("locale", LACKING)
def test_it_is_taken_for_what_it_is(matcher: Matcher, files: Knowledge, locale: str) -> None:
    phrases = [(slug, text) for slug, kind in files.smalltalk.items() for text in kind.phrases.get(locale, ())]
    told = Counter(matcher.understand(text, "madrid", "en").smalltalk == slug for slug, text in phrases)
    assert told.total() > 100
    assert told[True] >= 0.97 * told.total()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("salam", "greeting"),
        ("salam chetori", "greeting"),
        ("cảm ơn", "thanks"),
        ("maraming salamat po", "thanks"),
        ("спасибо вам", "thanks"),
    ],
)
def test_a_greeting_is_no_insult_and_thanks_are_no_question(matcher: Matcher, text: str, kind: str) -> None:
    for city in ("madrid", "florence", "zagreb", "graz", "timisoara", "thessaloniki"):
        assert matcher.understand(text, city, "en").smalltalk == kind
