"""Questions that say much the same come together; what only shares small words, or another language, does not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.grouping import group
from bot.model import Knowledge

LICENCE = (
    "where do i get my driving licence exchanged",
    "exchange foreign driving license",
    "how can i exchange my driving licence from Syria",
    "driving licence exchange appointment",
    "i want to change my driving license",
)
BANK = ("how do i open a bank account", "bank account without NIE", "can i open a bank account with passport")
DOG = ("how do i register my dog", "dog registration", "where can I register a dog")
LICENCE_UK = ("як обміняти водійські права", "обмін водійських прав", "де обміняти посвідчення водія")


def known_of(knowledge: Knowledge) -> list[str]:
    entries = knowledge.cities["madrid"].entries.values()
    return [text for entry in entries for words in entry.words.values() for text in (words.title, *words.questions)]


def test_paraphrases_come_together_the_biggest_group_first(knowledge: Knowledge) -> None:
    texts = (*BANK, *DOG, *LICENCE_UK, *LICENCE)
    languages = ["uk" if text in LICENCE_UK else "en" for text in texts]
    groups = group(texts, languages, known_of(knowledge))
    found = [{texts[number] for number in each.members} for each in groups]
    assert found[0] == set(LICENCE)
    assert {frozenset(each) for each in found} == {frozenset(each) for each in (BANK, DOG, LICENCE_UK, LICENCE)}
    assert all(each.medoid in each.members for each in groups)


def test_languages_are_never_mixed() -> None:
    assert len(group(["taxi", "taxi", "taxi"], ["en", "es", "en"])) == 2


def test_nothing_and_texts_without_words() -> None:
    assert group([], []) == []
    assert [each.members for each in group(["?", "!"], ["en", "en"])] == [(0,), (1,)]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(["a dog", "the dog runs", "bank", "", "?!", "собака", "怎么换驾照"]), st.sampled_from(["en", "uk"])))
)
def test_every_text_is_in_one_group_of_its_language(asked: list[tuple[str, str]]) -> None:
    texts, languages = [text for text, _ in asked], [language for _, language in asked]
    groups = group(texts, languages)
    assert sorted(number for each in groups for number in each.members) == list(range(len(texts)))
    assert all(len({languages[number] for number in each.members}) == 1 for each in groups)
    sizes = [len(each.members) for each in groups]
    assert sizes == sorted(sizes, reverse=True)
    assert groups == group(texts, languages)
