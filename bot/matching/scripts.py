"""The scripts of a text, and the language that a script, or letters only one language has, give away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

LATIN: Final = "latin"
# What of Unicode is written in one script (https://www.unicode.org/Public/UNIDATA/Scripts.txt, 2025-09), as far as we meet it.
_RANGES: Final[Mapping[str, str]] = {
    LATIN: "a-zA-Z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u1e00-\u1eff",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "cyrillic": "\u0400-\u052f",
    "armenian": "\u0531-\u058f",
    "hebrew": "\u05d0-\u05f4\ufb1d-\ufb4f",
    "arabic": "\u0620-\u064a\u066e-\u06d5\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "syriac": "\u0710-\u074f",
    "thaana": "\u0780-\u07b1",
    "nko": "\u07ca-\u07ea",
    "devanagari": "\u0900-\u0963\u0970-\u097f",
    "bengali": "\u0980-\u09e3\u09f0-\u09f1",
    "gurmukhi": "\u0a01-\u0a5e\u0a70-\u0a75",
    "gujarati": "\u0a81-\u0ae3",
    "tamil": "\u0b82-\u0be3",
    "telugu": "\u0c00-\u0c63",
    "kannada": "\u0c80-\u0ce3",
    "malayalam": "\u0d00-\u0d63",
    "sinhala": "\u0d81-\u0df3",
    "thai": "\u0e01-\u0e4e",
    "lao": "\u0e81-\u0ece",
    "tibetan": "\u0f00-\u0fbc",
    "burmese": "\u1000-\u109f",
    "georgian": "\u10a0-\u10ff\u1c90-\u1cbf",
    "ethiopic": "\u1200-\u139f\u2d80-\u2ddf",
    "khmer": "\u1780-\u17d3",
    "mongolian": "\u1820-\u1878",
    "tifinagh": "\u2d30-\u2d7f",
    "japanese": "\u3040-\u30ff",
    "chinese": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
    "korean": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
}
_LETTER: Final = re.compile("|".join(f"([{letters}])" for letters in _RANGES.values()))
_NAMES: Final = tuple(_RANGES)
_WORDS: Final = {script: re.compile(rf"[^\W\d_]*[{letters}]\w*") for script, letters in _RANGES.items()}
_IDEOGRAPHIC: Final = ("chinese", "japanese")
_LETTERS_OF_CHINESE: Final = 3  # what a Chinese character counts for beside letters
_LEAST_SHARE: Final = 0.25  # of the letters: Latin words among others are names and terms, seldom the other way round

# The language most people mean who write in a script; scripts of several languages of ours are not here.
_LANGUAGE_OF: Final[Mapping[str, str]] = {
    "armenian": "hy",
    "hebrew": "he",
    "syriac": "tru",
    "thaana": "dv",
    "nko": "nqo",
    "devanagari": "hi",
    "bengali": "bn",
    "gurmukhi": "pa",
    "gujarati": "gu",
    "tamil": "ta",
    "telugu": "te",
    "kannada": "kn",
    "malayalam": "ml",
    "sinhala": "si",
    "thai": "th",
    "lao": "lo",
    "tibetan": "bo",
    "burmese": "my",
    "georgian": "ka",
    "ethiopic": "am",
    "khmer": "km",
    "mongolian": "mn",
    "tifinagh": "zgh",
    "japanese": "ja",
    "korean": "ko",
}
# Frequent words that no language of ours writes so.
_PERSIAN: Final = "می مي نمی میشه میخوام است هستم هستیم نیست چطور چگونه چیست کجا کجاست برای دارم ندارم داریم نداریم کنم خواهم باید این را"
_RUSSIAN: Final = "как что где нет это мне меня или если могу можно есть нужно нужна нужен здравствуйте"
_BULGARIAN: Final = "искам нямам трябва съм кога искаме здравейте"
_SERBIAN: Final = "како немам желим дете хвала"


def _words(listed: str) -> str:
    return rf"(?<!\w)(?:{'|'.join(listed.split())})(?!\w)"


# Letters (or words) that tell the languages of one script apart: the first line whose letters a text has, and the others not.
_GIVEN_AWAY: Final = tuple(
    (script, language, re.compile(has), re.compile(lacks) if lacks else None)
    for script, language, has, lacks in (
        ("ethiopic", "ti", "[\u12a3\u1250-\u125d]|እዩ", ""),  # Amharic writes አ, and has no ቐ
        ("devanagari", "ne", r"(?:छ|छन्|हरू|हरु|लाई|गर्न|मलाई)(?!\w)", "है|हूँ|में"),
        ("chinese", "ja", "[\u3040-\u30ff]", ""),
        ("arabic", "ps", "[ټډړږښځڅڼې]", ""),
        ("arabic", "ckb", "[ڕڵۆێ]", ""),
        ("arabic", "fa", _words(_PERSIAN), "[ٹڈڑےںہھ]"),
        ("latin", "vi", "[ơư\u1ea0-\u1ef9]", ""),
        ("latin", "az", "ə", ""),
        ("latin", "pl", "[ąęłśźż]", "į"),
        ("latin", "hu", "[őű]", ""),
        ("latin", "sk", "[ľĺŕ]", ""),
        ("latin", "cs", "[řěů]", ""),
        ("latin", "lv", "[ķļņģ]", ""),
        ("latin", "lt", "[ėųį]", ""),
        ("latin", "pt", "[ãõ]", ""),
        ("cyrillic", "be", "ў", ""),
        ("cyrillic", "mk", "[ѓќѕ]", ""),
        ("cyrillic", "sr", rf"[ђћјљњџ]|{_words(_SERBIAN)}", "[іїєґыэёъ]"),
        ("cyrillic", "bg", rf"{_words(_BULGARIAN)}|[а-я]ъ[бвгджзклмнпрстфхцчш]", "[іїєґыэё]"),
        ("cyrillic", "ru", rf"[ыэё]|{_words(_RUSSIAN)}", "[іїєґ]"),
    )
)


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    found = _LETTER.match(character)
    return _NAMES[(found.lastindex or 1) - 1] if found else None


def script_of(text: str) -> str | None:
    """Name the script a text is written in, whatever terms in Latin letters it holds; None where it has no letters we know."""
    if text.isascii():
        return LATIN if any(map(str.isalpha, text)) else None
    letters = Counter(map(_script, text))
    letters.pop(None, None)
    for script in _IDEOGRAPHIC:
        if script in letters:
            letters[script] *= _LETTERS_OF_CHINESE
    first = max((script for script in letters if script != LATIN), key=letters.__getitem__, default=None)
    return first if first and letters[first] >= _LEAST_SHARE * letters.total() else LATIN if letters else None


def words_in(script: str, text: str) -> str:
    """Keep the words of a text that are written in a script."""
    return text if script == LATIN and text.isascii() else " ".join(_WORDS[script].findall(text))


def given_away(script: str, text: str) -> str | None:
    """Give the language that a script, or a letter, gives away; None where several are written so."""
    for written, language, has, lacks in _GIVEN_AWAY:
        if written == script and has.search(text) and not (lacks and lacks.search(text)):
            return language
    return _LANGUAGE_OF.get(script)
