"""Meaning beside words: scores from vectors, their fusion with the light model, and who is asked for them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.matching import Matcher
from bot.matching.features import Floats
from bot.matching.finder import Sentence, beside_entries, sentences_of
from bot.matching.semantic import FITTED, Likeness, Sense, fuse, signals
from bot.model import Knowledge

# A tiny encoder: four directions of meaning, and one that all texts share.
MEANINGS = {"register": 0, "doctor": 1, "school": 2, "weather": 3}


def vector(*words: str) -> Floats:
    found = np.zeros(5, dtype=np.float32)
    found[4] = 2.0
    for word in words:
        found[MEANINGS[word]] += 1.0
    return found


SENTENCES = [
    *(Sentence("egov.register", f"register {number}", 1.0) for number in range(8)),
    Sentence("egov.register", "the office", 0.0),
    *(Sentence("healthcare.doctor", f"doctor {number}", 1.0) for number in range(8)),
    Sentence("healthcare.doctor", "the clinic", 0.0),
    *(Sentence("~weather", f"weather {number}", 1.0) for number in range(8)),
]
VECTORS = np.stack(
    [
        *([vector("register")] * 8),
        vector("register", "school"),
        *([vector("doctor")] * 8),
        vector("doctor"),
        *([vector("weather")] * 8),
    ]
)


@pytest.fixture(scope="module")
def sense() -> Sense:
    return Sense(SENTENCES, VECTORS)


def test_every_view_finds_the_entry(sense: Sense) -> None:
    assert sense.ids == ("egov.register", "healthcare.doctor", "~weather")
    for entry, word in enumerate(("register", "doctor", "weather")):
        found = sense.likeness(vector(word))
        assert found.learnt.argmax() == found.nearest.argmax() == entry


def test_an_answer_speaks_for_its_entry_and_what_is_no_entry_has_none(sense: Sense) -> None:
    found = sense.likeness(vector("school"))
    assert found.answer.argmax() == 0, "only the answer about registering is about schools"
    assert found.answer[2] == 0


def test_an_answer_without_a_question_is_no_entry() -> None:
    sense = Sense([*SENTENCES, Sentence("work.alone", "an answer alone", 0.0)], np.vstack([VECTORS, vector("school")]))
    assert sense.ids == ("egov.register", "healthcare.doctor", "~weather")
    assert sense.likeness(vector("doctor")).learnt.shape == (3,)


def likeness(*learnt: float) -> Likeness:
    values = np.array(learnt, dtype=np.float32)
    return Likeness(tuple("abc"[: len(learnt)]), values, values, values)


def test_meaning_turns_an_undecided_order_round_and_leaves_a_clear_one() -> None:
    chances = np.array([0.5, 0.5, 0.1], dtype=np.float32)
    total, _ = fuse(np.array([0.50, 0.45, 0.0], dtype=np.float32), chances, likeness(0.1, 0.6, 0.0))
    assert total.argmax() == 1
    total, _ = fuse(np.array([1.90, 0.30, 0.0], dtype=np.float32), chances, likeness(0.1, 0.6, 0.0))
    assert total.argmax() == 0


def test_chances_are_probabilities_and_grow_where_both_agree() -> None:
    total, chances = np.array([1.0, 0.4, 0.1], dtype=np.float32), np.array([0.7, 0.2, 0.0], dtype=np.float32)
    agreed = fuse(total, chances, likeness(0.8, 0.1, 0.0))[1]
    denied = fuse(total, chances, likeness(0.0, 0.1, 0.1))[1]
    assert ((agreed > 0) & (agreed < 1)).all()
    assert agreed[0] > 0.9 > denied[0]


def test_one_entry_alone_has_a_chance() -> None:
    total, chances = fuse(np.array([0.5], dtype=np.float32), np.array([1.0], dtype=np.float32), likeness(0.5))
    assert total.shape == chances.shape == (1,)
    assert np.isfinite(chances).all()
    assert signals(total, chances, likeness(0.5)).shape == (1, len(FITTED.weights))


# ---------------------------------------------------------------- the matcher asks


def likeness_to(matcher: Matcher, city: str, entry_id: str, ids: tuple[str, ...] | None = None) -> Likeness:
    ids = ids or matcher._finders[city]._ids
    values = np.array([0.9 * (one == entry_id) for one in ids], dtype=np.float32)
    return Likeness(ids, values, values, values)


QUESTION = "no sé qué hacer con lo mío"


def test_the_matcher_hears_what_a_text_means(matcher: Matcher) -> None:
    asked: list[tuple[str, str]] = []

    def sensing(text: str, city: str) -> Likeness:
        asked.append((text, city))
        return likeness_to(matcher, city, "housing.eviction")

    entry = next(iter(matcher.rank(QUESTION, "madrid"))).entry_id
    wise = matcher.with_senses(sensing)
    found = wise.understand(QUESTION, "madrid", "es")
    assert asked == [(QUESTION, "madrid")]
    assert found.matches[0].entry_id == "housing.eviction" != entry
    assert matcher.understand(QUESTION, "madrid", "es").matches[0].entry_id != "housing.eviction", "the other one is as it was"


def test_what_was_learnt_of_other_entries_is_not_used(matcher: Matcher) -> None:
    wise = matcher.with_senses(lambda text, city: likeness_to(matcher, city, "housing.eviction", ("housing.eviction", "egov.other")))
    assert wise.understand(QUESTION, "madrid", "es") == matcher.understand(QUESTION, "madrid", "es")


def test_the_order_in_which_entries_were_learnt_is_nobodys_business(matcher: Matcher) -> None:
    backwards = tuple(reversed(matcher._finders["madrid"]._ids))
    there = matcher.with_senses(lambda text, city: likeness_to(matcher, city, "housing.eviction"))
    back = matcher.with_senses(lambda text, city: likeness_to(matcher, city, "housing.eviction", backwards))
    assert there.understand(QUESTION, "madrid", "es") == back.understand(QUESTION, "madrid", "es")


def test_a_cry_for_help_is_heard_whatever_it_is_taken_to_mean(matcher: Matcher) -> None:
    wise = matcher.with_senses(lambda text, city: likeness_to(matcher, city, "housing.eviction"))
    assert wise.understand("mi marido me pega", "madrid", "es").outcome == "emergency"


def test_sentences_are_of_the_entries_that_are_ranked(matcher: Matcher, knowledge: Knowledge) -> None:
    """The brain keeps no topics that only learning needs, so these are of entries and small talk alone."""
    for slug, city in knowledge.cities.items():
        sentences = sentences_of(city, beside_entries(knowledge))
        finder = matcher._finders[slug]
        assert finder is not None
        ids = {sentence.entry for sentence in sentences if sentence.trust}
        assert ids == {entry_id for entry_id in finder._ids if not entry_id.startswith("~?")}
        assert len(set(sentences)) == len(sentences)
