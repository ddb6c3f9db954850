"""Different words for the same thing, in all languages: they give a text features that it shares with texts of other words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

from bot.matching.normalise import normalise

_STEM: Final = "*"
_FIRST: Final = 2  # letters by which stems are found; none is shorter
_Rest = tuple[tuple[str, ...], int]  # the further words of a phrase, and its concept
_ARABIC_PREFIXES: Final = "وفبكلا"
_ARABIC_PREFIX: Final = re.compile("^(?:[وف]?(?:بال|كال|لل|ال|ب|ل|ك)|و|ف)(?=...)")


def concept_id(concept: str) -> int:
    """Number a concept, the same in every process."""
    return crc32(concept.encode())


class Lexicon:
    """The words of all concepts, language by language; never changes after it is built."""

    def __init__(self, words: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """Take locale -> concept -> items: a word, the beginning of a word with "*", or a phrase of such."""
        self._languages = {locale: _Words(concepts) for locale, concepts in words.items()}

    def find(self, words: Sequence[str], locales: Iterable[str]) -> list[int]:
        """Give the concepts of a text in some languages, given as normalised words, each once.

        Only in these languages: "son" is a child in English and nothing in French."""
        return list(dict.fromkeys(concept for locale in locales for concept in self.find_in(words, locale)))

    def find_in(self, words: Sequence[str], locale: str) -> list[int]:
        """Give the concepts of a text in one language."""
        return self._languages[locale].find(words) if locale in self._languages else []


class _Words:
    """The words of one language."""

    def __init__(self, concepts: Mapping[str, Sequence[str]]) -> None:
        self._whole: dict[str, tuple[int, ...]] = {}
        self._stems: dict[str, list[tuple[str, int]]] = {}  # by their first letters, as the phrases that begin with a stem
        self._phrases: dict[str, list[_Phrase]] = {}  # by their first word
        self._stem_phrases: dict[str, list[_Phrase]] = {}
        for concept, items in concepts.items():
            for item in items:
                self._file(item, concept_id(concept))
        self._remember()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_cached")}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._remember()

    def _remember(self) -> None:
        self._cached_known = lru_cache(maxsize=1 << 14)(self._known)

    def find(self, words: Sequence[str]) -> list[int]:
        """Give the concepts of a text, in order, each once."""
        found: dict[int, None] = {}
        for at, word in enumerate(words, 1):
            meant, begun = self._cached_known(word)
            for concept in meant:
                found[concept] = None
            if begun and at < len(words):
                for rest, concept in begun.after(words[at]):
                    if not rest or (len(words) - at > len(rest) and all(map(_fits, rest, words[at + 1 :]))):
                        found[concept] = None
        return list(found)

    def _file(self, item: str, concept: int) -> None:
        slots = [
            normal + (_STEM if part.endswith(_STEM) and number == last else "")
            for part in item.split()
            for normals in [normalise(part.rstrip(_STEM)).split()]
            for last in [len(normals) - 1]
            for number, normal in enumerate(normals)
        ]
        if not slots:
            return
        first, *rest = slots
        stem = first.removesuffix(_STEM)
        if rest and stem == first:
            self._phrases.setdefault(first, []).append(_Phrase(first, tuple(rest), concept))
        elif rest:
            self._stem_phrases.setdefault(stem[:_FIRST], []).append(_Phrase(stem, tuple(rest), concept))
        elif stem == first:
            self._whole[first] = (*self._whole.get(first, ()), concept)
        else:
            self._stems.setdefault(stem[:_FIRST], []).append((stem, concept))

    def _forms(self, word: str) -> Iterator[str]:
        yield word
        if word[0] in _ARABIC_PREFIXES and (bare := _ARABIC_PREFIX.sub("", word)) != word:
            yield bare

    def _known(self, word: str) -> tuple[tuple[int, ...], _Begun | None]:
        return self._of_word(word), self._begun(word)

    def _of_word(self, word: str) -> tuple[int, ...]:
        found: set[int] = set()
        for form in self._forms(word):
            found.update(self._whole.get(form, ()))
            found.update(concept for stem, concept in self._stems.get(form[:_FIRST], ()) if form.startswith(stem))
        return tuple(sorted(found))

    def _begun(self, word: str) -> _Begun | None:
        phrases = list(self._phrases.get(word, ()))
        phrases += (phrase for phrase in self._stem_phrases.get(word[:_FIRST], ()) if word.startswith(phrase.first))
        return _Begun.of(phrases) if phrases else None


class _Phrase(NamedTuple):
    """The first word of a phrase, or how it begins, the further words, and what it means."""

    first: str
    rest: tuple[str, ...]
    concept: int


class _Begun(NamedTuple):
    """What may come after a word that begins phrases: the second word, or how it begins, and with it the rest and the concept."""

    whole: dict[str, list[_Rest]]
    stems: list[tuple[str, _Rest]]

    @classmethod
    def of(cls, phrases: Iterable[_Phrase]) -> _Begun:
        """Sort phrases that begin alike by their second word."""
        begun = cls({}, [])
        for _first, (second, *rest), concept in phrases:
            if second.endswith(_STEM):
                begun.stems.append((second[:-1], (tuple(rest), concept)))
            else:
                begun.whole.setdefault(second, []).append((tuple(rest), concept))
        return begun

    def after(self, word: str) -> Iterable[_Rest]:
        """Give the phrases that may go on with a word."""
        whole = self.whole.get(word, ())
        return [*whole, *(rest for stem, rest in self.stems if word.startswith(stem))] if self.stems else whole


def _fits(slot: str, word: str) -> bool:
    return word.startswith(slot[:-1]) if slot.endswith(_STEM) else word == slot
