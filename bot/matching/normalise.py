"""Turn what people type into plain comparable words, for every script the same way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

MAX_CHARACTERS = 4000  # of one text that are read; the rest of a longer one is ignored
MAX_WORD_LENGTH = 40
Reads = Callable[[str], tuple[str, ...]]  # a text -> its normalised words

# Combining marks that carry meaning in their script (Indic, Thai, Tibetan, Burmese, Khmer); `\w` leaves most of them out.
_KEPT_MARKS = "\u0900-\u0963\u0980-\u09fe\u0a00-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece\u0f18-\u0fbc\u102b-\u109f\u135d-\u135f\u17b4-\u17d3"
_NOT_TEXT = re.compile(rf"[^\w{_KEPT_MARKS}]+|_+")
_CJK_RANGES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CJK = re.compile(f"[{_CJK_RANGES}]")
_CJK_RUN = re.compile(f"([{_CJK_RANGES}])")
_DROPPED_MARKS = re.compile(
    "[\u093c\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]+"
)
_INVISIBLE = re.compile("[\u00ad\u0640\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+")
_PLAIN = re.compile(r"[a-z0-9]{1,40}(?: [a-z0-9]{1,40})*")  # what needs nothing done: most words of the phrases
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_THRICE = re.compile(r"(.)\1\1")  # anything: found in a fifth of the time
_APOSTROPHES = "'’‘ʼʹ`´"
_SHORT_ENDING = re.compile(rf"(?<=\w)[{_APOSTROPHES}](?=\w{{1,2}}(?!\w))")
_CYRILLIC_APOSTROPHE = re.compile(rf"(?<=[\u0400-\u04ff])[{_APOSTROPHES}](?=[\u0400-\u04ff])")
_AT_IN_WORD = re.compile(r"(?<=[^\W\d_])@(?=[^\W\d_])")


def _digit_zeros() -> tuple[int, ...]:
    return (0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20, 0x1040, 0x17E0)


def _letter_table() -> dict[int, str]:
    """Letters that people use for one another, and digits of every script."""
    groups = {
        "ا": "أإآٱ",
        "ي": "ىئیېے",
        "و": "ؤۆۇ",
        "ه": "ةہھۀەۃ",
        "ك": "ک",
        "ر": "ڑڕ",
        "": "ء",
        "i": "ı",
        "d": "đð",
        "l": "ł",
        "o": "ø",
        "ae": "æ",
        "oe": "œ",
        "th": "þ",
        "\u0902": "\u0901",  # signs of a nasal vowel in Devanagari; the dot below (ज़) is left out by many
    }
    table = {ord(old): new for new, olds in groups.items() for old in olds}
    return table | _ethiopic_letters() | {zero + n: str(n) for zero in _digit_zeros() for n in range(10)}


def _ethiopic_letters() -> dict[int, str]:
    """Letters that sound alike in Amharic and are written for one another, each with its row of seven vowels."""
    rows = {"ሀ": "ሐኀ", "ሰ": "ሠ", "አ": "ዐ", "ጸ": "ፀ"}
    table = {ord(old) + vowel: chr(ord(new) + vowel) for new, olds in rows.items() for old in olds for vowel in range(7)}
    return table | {ord(old): new for new, olds in {"ሀ": "ሃሓኃ", "አ": "ኣዓ"}.items() for old in olds}


_LETTERS = _letter_table()


def fold(text: str) -> str:
    """Make case, width, accents, vowel signs and letter forms equal; punctuation stays.

    Marks of scripts that need them (Hindi, Tibetan, Thai) stay. At most MAX_CHARACTERS are read."""
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        return text.lower()
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold())
    text = _DROPPED_MARKS.sub("", unicodedata.normalize("NFD", text[:MAX_CHARACTERS]))
    return unicodedata.normalize("NFC", text).translate(_LETTERS)


def _join_apostrophes(text: str) -> str:
    """Read "can't" as "cant" and "б'є" as "бє"; "l'ambulanza" stays two words."""
    return _CYRILLIC_APOSTROPHE.sub("", _SHORT_ENDING.sub("", text))


def normalise(text: str) -> str:
    """Give the words of a text, divided by single spaces; a Chinese or Japanese character is a word.

    Letters repeated three times or more count once ("holaaa"). Without letters or digits the result is empty."""
    if len(text) <= MAX_CHARACTERS and _PLAIN.fullmatch(text) and not _REPEATED.search(text):
        return text
    text = _join_apostrophes(fold(text)) if any(mark in text for mark in _APOSTROPHES) else fold(text)
    if "@" in text:
        text = _AT_IN_WORD.sub("a", text)
    if _THRICE.search(text):
        text = _REPEATED.sub(r"\1", text)
    text = _NOT_TEXT.sub(" ", text)
    if not text.isascii() and _CJK.search(text):
        text = _CJK_RUN.sub(r" \1 ", text)
    return " ".join(word[:MAX_WORD_LENGTH] for word in text.split())


def words_of(text: str) -> tuple[str, ...]:
    """Give the normalised words of a text."""
    return tuple(normalise(text).split())


@lru_cache(maxsize=4096)
def is_cjk(word: str) -> bool:
    """Say whether a normalised word is a Chinese or Japanese character."""
    return bool(_CJK.match(word))
