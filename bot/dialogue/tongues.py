"""Every language of the world by the names people give it: for whoever looks for an interpreter, whatever language the bot speaks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError
from rapidfuzz import fuzz, process

from bot.dialogue.compose import shorten
from bot.matching.normalise import normalise

MAX_FOUND = 8
SURE = 80.0  # of 100: below it a name is another name (rapidfuzz ratio; "tigrina" and "tigrinya" have 93)
MIN_LETTERS = 3  # of a beginning that finds languages

# Names babel lacks, or does not have in the language itself (Unicode CLDR 47 has neither rom nor prs).
_OWN: Mapping[str, tuple[str, ...]] = {
    "rom": ("Romani", "romani ćhib", "romaní", "gitano", "الغجرية"),
    "prs": ("Dari", "دری", "darí", "الدارية"),
    "kmr": ("Kurmancî", "Kurmanji", "kurdo del norte", "الكرمانجية", "كرمانجي"),
    "ckb": ("سۆرانی", "Sorani", "کوردی سۆرانی", "السورانية", "سوراني"),
    "ary": ("الدارجة", "Darija", "dariya", "árabe marroquí", "moroccan arabic"),
    "ti": ("ትግርኛ", "Tigrinya", "tigriña"),
    "ff": ("Pulaar", "Fula", "fulani", "peul"),
    "snk": ("Soninke", "sarakole", "sarakolé"),
    "mnk": ("Mandinka", "mandinga", "mandingo"),
    "bm": ("Bamanankan", "Bambara"),
}
COMMON = (
    "ar",
    "ary",
    "fr",
    "en",
    "zh",
    "ro",
    "uk",
    "ru",
    "ur",
    "bn",
    "wo",
    "ff",
    "fa",
    "ps",
    "pt",
    "bg",
    "hi",
    "am",
    "ti",
    "so",
    "ku",
    "tr",
    "sq",
)


@cache
def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@cache
def _tags() -> tuple[str, ...]:
    known = {str(tag).replace("_", "-") for tag in _locale("en").languages if tag not in ("mul", "und", "zxx", "root")}
    return tuple(sorted(known | set(_OWN)))


def name_in(tag: str, locale: str) -> str:
    """Name a language in another one ("árabe"), else as it is known at all."""
    key = tag.replace("-", "_")
    found = _locale(locale).languages.get(key) or _locale("en").languages.get(key)
    return str(found) if found else next(iter(_OWN.get(tag, (tag,))))


def own_name_of(tag: str) -> str:
    """Name a language as it names itself, else as English does."""
    if tag in _OWN:
        return _OWN[tag][0]
    try:
        return Locale.parse(tag, sep="-").get_display_name() or name_in(tag, "en")
    except (UnknownLocaleError, ValueError):
        return name_in(tag, "en")


def both_names(tag: str, locale: str) -> str:
    """Name a language for a button: in itself, and in the reader's language where that differs."""
    own, theirs = own_name_of(tag), name_in(tag, locale)
    return shorten(own if normalise(own) == normalise(theirs) else f"{own} · {theirs}")


def is_language(tag: str) -> bool:
    """Say whether a tag names a language we can name."""
    return tag in _tags()


@cache
def _names(locales: tuple[str, ...]) -> Mapping[str, str]:
    """Return every known name, normalised, with its language: in the languages given, in English, and in itself."""
    names: dict[str, str] = {}
    for tag in _tags():
        spoken = [name_in(tag, locale) for locale in (*locales, "en")]
        for name in (own_name_of(tag), *spoken, *_OWN.get(tag, ())):
            names.setdefault(normalise(name), tag)
    names.update({normalise(name): tag for tag, own in _OWN.items() for name in own})
    names.pop("", None)
    return names


def search(text: str, locales: tuple[str, ...]) -> tuple[str, ...]:
    """Find languages by a name, its beginning, or a misspelling of it, best first; at most MAX_FOUND."""
    said, names = normalise(text[:80]), _names(locales)
    if not said:
        return ()
    if said in names:
        return (names[said],)
    begun = [tag for name, tag in names.items() if len(said) >= MIN_LETTERS and name.startswith(said)]
    if begun:
        return tuple(dict.fromkeys(begun))[:MAX_FOUND]
    within = [names[word] for word in said.split() if word in names and len(word) >= MIN_LETTERS]
    if within:
        return tuple(dict.fromkeys(within))[:MAX_FOUND]
    near = process.extract(said, names.keys(), scorer=fuzz.ratio, limit=MAX_FOUND, score_cutoff=SURE)
    return tuple(dict.fromkeys(names[name] for name, _score, _index in near))
