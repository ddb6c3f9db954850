"""What a short question asks about the answer before it, and several questions in one message."""

import pytest

from bot.matching import Matcher
from bot.matching.followup import goes_on, questions_in


@pytest.mark.parametrize(
    ("text", "locale", "aspect"),
    [
        ("where is it", "en", "where"),
        ("how much does it cost", "en", "cost"),
        ("donde queda", "es", "where"),
        ("cuanto cuesta", "es", "cost"),
        ("que documentos necesito", "es", "documents"),
        ("وين المكتب", "ar", "where"),
        ("قديش بيكلف", "ar", "cost"),
        ("c'est où", "fr", "where"),
        ("wie viel kostet das", "de", "cost"),
        ("a koliko košta", "hr", "cost"),
        ("quanto costa", "it", "cost"),
        ("cat costa", "ro", "cost"),
        ("скільки коштує", "uk", "cost"),
        ("多少钱", "zh", "cost"),
    ],
)
def test_a_short_question_asks_about_a_part(matcher: Matcher, text: str, locale: str, aspect: str) -> None:
    cities = {"hr": "zagreb", "it": "florence", "ro": "timisoara", "de": "graz"}
    assert aspect == matcher.understand(text, cities.get(locale, "madrid"), locale).aspects[0]


def test_a_long_question_asks_for_itself(matcher: Matcher) -> None:
    assert matcher.understand("where can my cousin who came last month find a doctor who speaks arabic", "madrid", "en").aspects == ()


@pytest.mark.parametrize(
    ("text", "expected"), [("and for my children", True), ("y para mis hijos", True), ("and", False), ("android", False)]
)
def test_some_questions_go_on_from_the_one_before(text: str, expected: bool) -> None:
    assert goes_on(text.split()) is expected


def test_a_message_is_divided_into_its_questions() -> None:
    assert questions_in("Where do I register? And how do I find a doctor?") == [
        ["where", "do", "i", "register"],
        ["and", "how", "do", "i", "find", "a", "doctor"],
    ]
    assert questions_in("how do i find a doctor?") == []
    assert questions_in("???") == []


def test_several_questions_of_a_message_are_answered_in_order(matcher: Matcher) -> None:
    understood = matcher.understand("how do i get the health card? and how do i enrol my daughter in school?", "madrid", "en")
    assert (understood.matches[0].entry_id, *understood.also) == ("healthcare.health-card", "education.school-enrolment")
    turned = matcher.understand("how do i enrol my daughter in school? and how do i get the health card?", "madrid", "en")
    assert (turned.matches[0].entry_id, *turned.also) == ("education.school-enrolment", "healthcare.health-card")
