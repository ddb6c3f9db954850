from collections.abc import Iterator
from itertools import islice, product

import pytest

from bot.matching import Matcher
from bot.matching.evaluate import Line
from bot.matching.normalise import normalise, words_of
from bot.matching.phrases import PhraseFinder, readings
from bot.matching.safety import SafetyMatcher, prose_of
from bot.model import Knowledge


@pytest.fixture(scope="module")
def safety(knowledge: Knowledge) -> SafetyMatcher:
    return SafetyMatcher(knowledge).knowing(prose_of(city, words_of) for city in knowledge.cities.values())


def written_out(pattern: str) -> Iterator[str]:
    """Write out a few of the texts a pattern stands for."""
    for slots, _gaps in islice(readings(pattern), 12):
        yield from (" ".join(words) for words in islice(product(*(sorted(slot)[:4] for slot in slots)), 4))


MOST = 0.8  # of what a pattern stands for must fire: look-alikes may take away some of it ("the neighbour shouts"), never the most


def test_every_phrase_fires(knowledge: Knowledge, safety: SafetyMatcher) -> None:
    phrases = [text for kind in knowledge.safety.values() for texts in kind.phrases.values() for text in texts]
    silent = []
    for phrase in phrases:
        texts = list(written_out(phrase))
        heard = sum(bool(safety.find(text.split())) for text in texts)
        if heard < (MOST if "(" in phrase else 1) * len(texts):
            silent.append(phrase)
    assert not silent, "within one of the look-alikes?"


def test_every_phrase_can_be_read(knowledge: Knowledge) -> None:
    phrases = [text for kind in knowledge.safety.values() for texts in kind.phrases.values() for text in texts]
    assert all(next(readings(phrase), None) for phrase in phrases)


def test_no_lookalike_fires(knowledge: Knowledge, safety: SafetyMatcher) -> None:
    texts = [text for phrases in knowledge.lookalikes.values() for phrase in phrases for text in written_out(phrase)]
    assert [text for text in texts if safety.find(text.split())] == []


def test_false_alarms_over_questions_and_small_talk_are_rare(knowledge: Knowledge, safety: SafetyMatcher) -> None:
    entries = [entry for city in knowledge.cities.values() for entry in city.entries.values() if entry.topic != "emergency"]
    asked = {text for entry in entries for words in entry.words.values() for text in (*words.questions, *words.keywords, words.title)}
    said = {text for kind in knowledge.smalltalk.values() for texts in kind.phrases.values() for text in texts}
    texts = [*asked, *said]
    assert sum(bool(safety.find(normalise(text).split())) for text in texts) <= 0.01 * len(texts)


def test_every_crisis_among_the_questions_is_recognised(matcher: Matcher, lines: list[Line]) -> None:
    crises = [line for line in lines if line["kind"] == "oos" and line["id"]]
    missed = [line["text"] for line in crises if matcher.understand(line["text"], "madrid", None).outcome != "emergency"]
    assert crises
    assert not missed


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mi marido a veces me pega", "violence-home"),
        ("my husbend beats me", "violence-home"),
        ("NO PUEDO RESPIRAR!!!", "medical"),
        ("I can't breathe", "medical"),
        ("i cant breathe", "medical"),
        ("زَوْجِي يَضْرِبُنِي", "violence-home"),
        ("وزوجي بيضربني كل يوم", "violence-home"),
        ("我不想活了", "suicide"),
        ("bghit nmout", "suicide"),
        ("hola, necesito ayuda, se quema mi casa", "fire-police"),
    ],
)
def test_spelling_and_small_words_do_not_matter(matcher: Matcher, text: str, kind: str) -> None:
    assert matcher.understand(text, None, None).safety == kind


@pytest.mark.parametrize(
    "text",
    [
        "mi marido no me pega",
        "my husband does not hit me",
        "quiero renovar la tarjeta, llevo meses esperando",
        "انا انتظر الموعد",
        "how do i enrol my child in school",
        "no quiero vivir en un albergue",
        "they kicked me out",
        "",
        "😀",
    ],
)
def test_harmless_texts_stay_quiet(matcher: Matcher, text: str) -> None:
    assert matcher.understand(text, "madrid", "es").outcome != "emergency"


def test_the_entry_that_helps_comes_first_and_fitting_ones_follow(matcher: Matcher) -> None:
    """112 stands above all of it anyway: who has no roof tonight is told where there is one."""
    understood = matcher.understand("en la calle con mis hijos, busco albergue", "madrid", "es")
    assert understood.matches[0].entry_id == "housing.emergency-shelter"
    understood = matcher.understand("mi marido me pega y me quito el pasaporte, quiero denunciar", "madrid", "es")
    ids = [match.entry_id for match in understood.matches]
    assert ids[0] == "emergency.gender-violence"
    assert len(ids) > 1


def test_without_a_city_there_is_help_and_no_entry(matcher: Matcher) -> None:
    understood = matcher.understand("necesito una ambulancia", None, None)
    assert (understood.outcome, understood.matches) == ("emergency", ())


def labels(pattern: str, text: str) -> bool:
    return bool(PhraseFinder([("x", pattern)]).find(normalise(text).split()))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("(a|b c) d", "x b c d", True),
        ("(a|b c) d", "b d", False),
        ("uno (dos)? tres", "uno tres", True),
        ("uno (dos)? tres", "uno dos tres", True),
        ("uno ... tres", "uno 1 2 3 4 tres", True),
        ("uno … tres", "uno 1 2 3 4 5 tres", False),
        ("uno ... tres", "uno no tres", False),
        ("uno dos tres", "uno x dos tres", True),
        ("uno dos tres", "uno x y dos tres", False),
        ("uno dos", "uno x dos", False),
        ("pasaporte perdido", "pasaprote perddo", True),
        ("tres", "tras", False),
        ("(", "(", False),
        ("(|)", "anything", False),
        ("...", "anything", False),
    ],
)
def test_patterns(pattern: str, text: str, found: bool) -> None:
    assert labels(pattern, text) == found
