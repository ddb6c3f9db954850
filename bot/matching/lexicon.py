"""Different words for the same thing, in all languages: they give a text features that it shares with texts of other words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

from bot.matching.normalise import normalise

_STEM: Final = "*"
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
        self._stems: dict[str, tuple[int, ...]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for concept, items in concepts.items():
            for item in items:
                self._file(item, concept_id(concept))
        self._longest = max(map(len, self._stems), default=0)
        self._remember()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_cached")}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._remember()

    def _remember(self) -> None:
        self._cached_meant = lru_cache(maxsize=1 << 14)(self._of_word)
        self._cached_begun = lru_cache(maxsize=1 << 14)(self._begun)

    def find(self, words: Sequence[str]) -> list[int]:
        """Give the concepts of a text, in order, each once."""
        found: dict[int, None] = {}
        for at, word in enumerate(words, 1):
            for concept in self._cached_meant(word):
                found[concept] = None
            if at < len(words):
                for rest, concept in self._cached_begun(word).after(words[at]):
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
        if len(slots) > 1:
            self._phrases.setdefault(slots[0][:2], []).append((tuple(slots), concept))
        elif slots and slots[0].endswith(_STEM):
            self._stems[slots[0][:-1]] = (*self._stems.get(slots[0][:-1], ()), concept)
        elif slots:
            self._whole[slots[0]] = (*self._whole.get(slots[0], ()), concept)

    def _forms(self, word: str) -> Iterator[str]:
        yield word
        if word[0] in _ARABIC_PREFIXES and (bare := _ARABIC_PREFIX.sub("", word)) != word:
            yield bare

    def _of_word(self, word: str) -> tuple[int, ...]:
        found: set[int] = set()
        for form in self._forms(word):
            found.update(self._whole.get(form, ()))
            for end in range(2, min(len(form), self._longest) + 1):
                found.update(self._stems.get(form[:end], ()))
        return tuple(sorted(found))

    def _begun(self, word: str) -> _Begun:
        begun = _Begun({}, [])
        for slots, concept in self._phrases.get(word[:2], ()):
            if _fits(slots[0], word):
                begun.add(slots[1], (slots[2:], concept))
        return begun if begun.whole or begun.stems else _NOT_BEGUN


class _Begun(NamedTuple):
    """What may come after a word that begins phrases: the second word, or how it begins, and with it the rest and the concept."""

    whole: dict[str, list[_Rest]]
    stems: list[tuple[str, _Rest]]

    def add(self, second: str, rest: _Rest) -> None:
        """Add a phrase."""
        if second.endswith(_STEM):
            self.stems.append((second[:-1], rest))
        else:
            self.whole.setdefault(second, []).append(rest)

    def after(self, word: str) -> Iterable[_Rest]:
        """Give the phrases that may go on with a word."""
        whole = self.whole.get(word, ())
        return [*whole, *(rest for stem, rest in self.stems if word.startswith(stem))] if self.stems else whole


_NOT_BEGUN: Final = _Begun({}, [])


def _fits(slot: str, word: str) -> bool:
    return word.startswith(slot[:-1]) if slot.endswith(_STEM) else word == slot
