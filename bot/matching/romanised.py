"""Find the words again that people type in Latin letters where their language has others ("likarnia", "mo7ami", "iatros").

Nobody agrees on how to do that, so a typed word and the known words of the language are both written down as they sound, roughly, and
compared. Arabic leaves its vowels out, and so does the sound; it is asked for more consonants in return. Urdu was tried and is not
here: no better, most of its words stand in the examples in Latin letters, too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.matching.near import NearWords
from bot.matching.normalise import Reads, words_of
from bot.model import Knowledge

_LONGEST: Final = 24  # letters of a word that is looked up
_DOUBLED: Final = re.compile(r"([^юяє])\1+")  # these are two sounds each
_LONG_I: Final = re.compile("ii+")
_ARABIC_ARTICLE: Final = re.compile("^(?:[وبفك]?ال|لل)(?=..)")
_LATIN_ARTICLE: Final = re.compile("^(?:[wbfk]?[aei]l|[wbfk]?l)(?=[^aeiou]..)")


def _table(*groups: str) -> dict[str, str]:
    """Read groups such as "sh:ш š": the sound, then all that is written for it; "-" stands for no sound."""
    parted = (group.partition(":") for group in groups)
    return {writing: sound.strip("-") for sound, _, writings in parted for writing in writings.split()}


@dataclass(frozen=True, slots=True)
class _Writing:
    """How a language sounds: its own letters, and Latin ones, in one way or another. `forgives`: sounds from which one may differ."""

    own: Mapping[str, str]
    latin: Sequence[Mapping[str, str]]
    least: int
    forgives: int | None = None
    own_article: re.Pattern[str] | None = None
    latin_article: re.Pattern[str] | None = None


_GREEK: Final = _table(
    "T:th 8", "x:ks kh ch h x 3", "i:i y ei oi yi", "e:e ai", "u:ou oy u", "o:o w", "v:v b mp", "g:g gk gg", "d:d nt", "z:z tz j",
    "k:k c q", "f:f ph", "ef:eu ev ef", "af:au av af", *(f"{letter}:{letter}" for letter in "almnprst"),
)  # fmt: skip
_WRITINGS: Final = {
    "uk": _Writing(
        own=_table(
            "a:а", "b:б", "v:в", "h:г ґ х", "d:д", "e:е э", "ie:є", "Z:ж", "z:з", "i:и і ї й ы ий", "k:к", "l:л", "m:м", "n:н", "o:о",
            "p:п", "r:р", "s:с", "t:т", "u:у", "f:ф", "ts:ц", "J:ч", "S:ш", "SJ:щ", "iu:ю", "ia:я", "-:ь ъ", "io:ё йо",
        ),
        latin=[
            _table(
                "SJ:shch sch", "Z:zh", "ts:tz c", "J:ch", "S:sh", "i:y i j yi iy ij ii yy ji jy", "h:kh x g", "v:w", "k:k q",
                *(f"{letter}:{letter}" for letter in "abdefhlmnoprstuvz"),
            ),
        ],
        least=1,
        forgives=6,
    ),
    "el": _Writing(
        own=_table(
            "a:α", "v:β μπ", "g:γ γκ γγ", "d:δ ντ", "e:ε αι", "z:ζ τζ", "i:η ι υ ει οι υι", "T:θ", "k:κ", "l:λ", "m:μ", "n:ν", "x:ξ χ",
            "o:ο ω", "u:ου", "p:π", "r:ρ", "s:σ", "t:τ", "f:φ", "ps:ψ", "ef:ευ", "af:αυ",
        ),
        latin=[
            _GREEK,
            _GREEK | _table("i:h u"),  # as the letters look
        ],
        least=1,
        forgives=7,
    ),
    "ar": _Writing(
        own=_table(
            "B:ب پ", "T:ت ط", "J:ج چ", "H:ح", "X:خ", "D:د ض", "Z:ز ظ ذ", "R:ر", "S:س ص ث", "C:ش", "3:ع", "G:غ", "F:ف ڤ", "Q:ق گ", "K:ك",
            "L:ل", "M:م", "N:ن", "h:ه", "-:ا و ي",
        ),
        latin=[
            _table(
                "C:sh ch tch", "X:kh 5 7'", "G:gh 8", "T:t th 6", "D:d dh", "B:b p", "J:j", "Z:z", "R:r", "S:s", "F:f v", "Q:q g 9",
                "K:k c", "L:l", "M:m", "N:n", "H:7", "h:h", "3:3", "-:a e i o u w y 2 ou",
            ),
        ],
        least=3,
        own_article=_ARABIC_ARTICLE,
        latin_article=_LATIN_ARTICLE,
    ),
}  # fmt: skip


class _Sounding:
    """Writes words down as they sound."""

    def __init__(self, letters: Mapping[str, str]) -> None:
        self._letters = letters
        self._pattern = re.compile("|".join([*sorted(map(re.escape, letters), key=len, reverse=True), "."]))

    def __call__(self, word: str) -> str:
        sounds = self._pattern.sub(lambda found: self._letters.get(found[0], ""), _DOUBLED.sub(r"\1", word))
        return _LONG_I.sub("i", sounds).removesuffix("h")


class _Words:
    """The known words of one language by their sound; of those that sound alike the most usual one."""

    def __init__(self, writing: _Writing, words: Iterable[str]) -> None:
        self._writing, self._latin = writing, [_Sounding(letters) for letters in writing.latin]
        self._by_sound: dict[str, str] = {}
        sounding = _Sounding(writing.own)
        for word, _ in Counter(words).most_common():
            if not word.isascii():
                for form in _forms(word, writing.own_article):
                    self._by_sound.setdefault(sounding(form), word)
        self._near = NearWords(self._by_sound if writing.forgives else (), two_edits_from=_LONGEST)

    def find(self, word: str) -> str | None:
        sounds = [sounding(form) for form in _forms(word, self._writing.latin_article) for sounding in self._latin]
        for sound in sounds:
            if len(sound) >= self._writing.least and sound in self._by_sound:
                return self._by_sound[sound]
        for sound in sounds:
            if self._writing.forgives and len(sound) >= self._writing.forgives and (near := self._near.find(sound)):
                return self._by_sound[near[0][1]]
        return None


def _forms(word: str, article: re.Pattern[str] | None) -> tuple[str, ...]:
    bare = article.sub("", word) if article else word
    return (word,) if bare == word else (word, bare)


class Romanised:
    """The words of the languages that people write in Latin letters, too; never changes after it is built."""

    def __init__(self, texts: Mapping[str, Iterable[str]], reads: Reads = words_of) -> None:
        """Take locale -> texts; words that stand there more often go before others that sound alike."""
        self._languages = {
            locale: _Words(_WRITINGS[locale], (word for text in some for word in reads(text)))
            for locale, some in texts.items()
            if locale in _WRITINGS
        }

    @property
    def sure(self) -> tuple[str, ...]:
        """List the languages that write their vowels: there, few words sound alike."""
        return tuple(locale for locale in self._languages if _WRITINGS[locale].forgives)

    def read(self, words: Iterable[str], locale: str) -> list[str]:
        """Put the words of a language in the place of those that may stand for one."""
        return [self.find(word, locale) or word for word in words]

    def find(self, word: str, locale: str) -> str | None:
        """Give the word of a language that a normalised word in Latin letters stands for; None where there is none."""
        language = self._languages.get(locale)
        return language.find(word) if language and word.isascii() and len(word) <= _LONGEST and not word.isdigit() else None


def romanised_texts(knowledge: Knowledge) -> dict[str, list[str]]:
    """List the texts of those languages: what people ask, and how they cry for help."""
    found: dict[str, list[str]] = {locale: [] for locale in _WRITINGS}
    for city in knowledge.cities.values():
        for entry in city.entries.values():
            for locale, words in entry.words.items():
                if locale in found:
                    found[locale] += (words.title, *words.keywords, *words.questions)
    for kind in knowledge.safety.values():
        for locale, phrases in kind.phrases.items():
            if locale in found:
                found[locale] += phrases
    return found
