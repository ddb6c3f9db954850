"""Different words for the same thing, in all languages: they give a text features that it shares with texts of other words."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

from bot.matching.normalise import normalise

_STEM: Final = "*"
_SHORTEST: Final = 2  # letters of a stem
_GAP: Final = " "  # between the words of a phrase; comes before all letters and the star, as the order of lines needs it
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
    """The words of one language, as one sorted list of lines: "rent", "evict*", "rent help": a third of the memory of dictionaries."""

    def __init__(self, concepts: Mapping[str, Sequence[str]]) -> None:
        lines = {(_normal(item), concept_id(concept)) for concept, items in concepts.items() for item in items}
        filed = sorted(line for line in lines if line[0])
        self._lines = [line for line, _concept in filed]
        self._concepts = array("L", [concept for _line, concept in filed])
        self._stems = frozenset(first[:-1] for line in self._lines if (first := line.partition(_GAP)[0]).endswith(_STEM))
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

    def _known(self, word: str) -> tuple[tuple[int, ...], _Begun | None]:
        """Give what a word means, and what may go on after it."""
        meant: set[int] = set()
        begun: list[tuple[Sequence[str], int]] = []
        for form in _forms(word):
            for line in self._lines_for(form):
                phrases = bisect_left(self._lines, line)
                while phrases < len(self._lines) and self._lines[phrases] == line:
                    meant.add(self._concepts[phrases])
                    phrases += 1
                if form is word:
                    begun += self._going_on(line + _GAP, phrases)
        return tuple(sorted(meant)), _Begun.of(begun) if begun else None

    def _lines_for(self, word: str) -> Iterator[str]:
        """Yield how lines may begin that a word fits: itself, and its beginnings that are stems."""
        yield word
        yield from (word[:length] + _STEM for length in range(_SHORTEST, len(word) + 1) if word[:length] in self._stems)

    def _going_on(self, begin: str, at: int) -> Iterator[tuple[Sequence[str], int]]:
        """Yield what follows the first word of phrases, and what they mean; they stand right after that word alone."""
        while at < len(self._lines) and self._lines[at].startswith(begin):
            yield self._lines[at].split()[1:], self._concepts[at]
            at += 1


def _normal(item: str) -> str:
    """Write an item as it is filed: normalised words, with the star of each beginning."""
    parts = ((normalise(part.rstrip(_STEM)), part.endswith(_STEM)) for part in item.split())
    return _GAP.join(normal + _STEM * is_stem for normal, is_stem in parts if normal)


def _forms(word: str) -> Iterator[str]:
    yield word
    if word[0] in _ARABIC_PREFIXES and (bare := _ARABIC_PREFIX.sub("", word)) != word:
        yield bare


class _Begun(NamedTuple):
    """What may come after a word that begins phrases: the second word, or how it begins, and with it the rest and the concept."""

    whole: dict[str, list[_Rest]]
    stems: list[tuple[str, _Rest]]

    @classmethod
    def of(cls, phrases: Iterable[tuple[Sequence[str], int]]) -> _Begun:
        """Sort phrases that begin alike by their second word."""
        begun = cls({}, [])
        for (second, *rest), concept in phrases:
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
