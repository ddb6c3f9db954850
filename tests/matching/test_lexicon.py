"""Words for one thing in several languages, topics that no entry covers, and answers that hold the word asked for."""

import pickle

import pytest

from bot.matching import Matcher
from bot.matching.finder import EntryFinder, beside_entries
from bot.matching.lexicon import Lexicon, concept_id
from bot.matching.ranker import Example
from bot.model import Knowledge

LEXICON = Lexicon(
    {
        "en": {"child": ["son", "kid*", "little one"], "doctor": ["doctor"]},
        "es": {"child": ["hij*", "peque"], "doctor": ["medic*"]},
        "ar": {"doctor": ["طبيب", "tbib"]},
        "zh": {"doctor": ["医生"]},
    }
)
CHILD, DOCTOR = concept_id("child"), concept_id("doctor")


@pytest.mark.parametrize(
    ("text", "locales", "found"),
    [
        ("my son needs a doctor", ["en"], [CHILD, DOCTOR]),
        ("my kids", ["en"], [CHILD]),
        ("the little one is ill", ["en"], [CHILD]),
        ("little by little", ["en"], []),
        ("mis hijas", ["es"], [CHILD]),
        ("son las dos", ["es"], []),
        ("son las dos", ["es", "en"], [CHILD]),
        ("وللطبيب", ["ar"], [DOCTOR]),
        ("bghit tbib", ["ar", "es"], [DOCTOR]),
        ("doctor doctor", ["en"], [DOCTOR]),
        ("doctor", ["fr"], []),
        ("", ["en"], []),
    ],
)
def test_concepts_are_found_in_the_languages_asked_for(text: str, locales: list[str], found: list[int]) -> None:
    assert LEXICON.find(text.split(), locales) == found


def test_chinese_words_are_found_letter_by_letter() -> None:
    assert LEXICON.find(["我", "找", "医", "生"], ["zh"]) == [DOCTOR]


def test_a_lexicon_that_was_kept_finds_the_same() -> None:
    kept: Lexicon = pickle.loads(pickle.dumps(LEXICON))
    assert kept.find(["my", "son", "needs", "a", "doctor"], ["en"]) == [CHILD, DOCTOR]


def test_another_word_for_the_same_thing_finds_the_entry() -> None:
    examples = [
        Example(0, ("where", "is", "a", "doctor"), 1.0, (DOCTOR,)),
        Example(1, ("school", "for", "my", "son"), 1.0, (CHILD,)),
    ]
    finder = EntryFinder(["healthcare.doctor", "education.school"], examples)
    assert finder.rank(["busco", "tbib"], lambda words: LEXICON.find(words, ["ar"]))[0].entry_id == "healthcare.doctor"


def test_a_word_that_only_the_answer_holds_finds_the_entry() -> None:
    examples = [Example(0, ("health", "card")), Example(1, ("school", "place"))]
    answers = [Example(0, ("bring", "your", "vaccination", "booklet"), 0.0), Example(1, ("the", "canteen", "costs", "little"), 0.0)]
    finder = EntryFinder(["healthcare.card", "education.school"], examples, answers)
    assert finder.rank(["canteen"])[0].entry_id == "education.school"
    assert finder.rank(["booklet"])[0].entry_id == "healthcare.card"


# ---------------------------------------------------------------- the knowledge that ships


@pytest.mark.parametrize(
    ("text", "city", "locale", "topic"),
    [
        ("canje del permiso de conducir marroqui", "madrid", "es", "driving-licence"),
        ("how do i get married here with a tourist visa", "zagreb", "en", "marriage"),
        ("kako otvoriti racun u banci", "zagreb", "hr", "bank-account"),
        ("cum obtin cetatenia romana", "timisoara", "ro", "citizenship"),
    ],
)
def test_a_topic_without_entry_is_known_by_name(matcher: Matcher, text: str, city: str, locale: str, topic: str) -> None:
    understood = matcher.understand(text, city, locale)
    assert (understood.outcome, understood.uncovered) == ("none", topic)


def test_every_topic_without_entry_has_a_name_and_questions_in_every_language(files: Knowledge) -> None:
    languages = {locale for city in files.cities.values() for locale in city.languages}
    for topic in files.uncovered.values():
        assert topic.names.keys() >= languages, topic.slug
        assert all(len(topic.questions[locale]) >= 6 for locale in languages), topic.slug
    assert len(files.uncovered) >= 30


def test_a_city_that_covers_a_topic_is_not_kept_from_answering_it(files: Knowledge) -> None:
    for city in files.cities.values():
        assert set(city.covers) <= files.uncovered.keys(), city.slug
    assert all(name.startswith("~") for name in beside_entries(files))


def test_every_language_has_words_for_what_people_ask_about(files: Knowledge) -> None:
    languages = {locale for city in files.cities.values() for locale in city.languages}
    assert files.lexicon.keys() >= languages
    needed = {"where", "price", "need-documents", "child", "doctor", "flat", "school"}
    for locale in sorted(languages):
        assert files.lexicon[locale].keys() >= needed, locale
