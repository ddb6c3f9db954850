"""Every language of the world by the names people give it: for whoever looks for an interpreter, whatever language the bot speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError
from rapidfuzz import fuzz, process

from bot.dialogue.compose import shorten
from bot.dialogue.tongue_names import ADDED, OWN_NAMES, Names
from bot.matching.names import AROUND
from bot.matching.normalise import normalise

MAX_FOUND = 8
SURE = 90.0  # of 100 (rapidfuzz ratio): a misspelling, not another name; "tigrina" and "tigrinya" have 93
ALIKE = 75.0  # below it a name is another name; "valenciano" and "veneciano" have 84
MIN_LETTERS = 3  # of a beginning that finds languages, and of a name within a sentence
MAX_LENGTH = 80  # characters that are read
MAX_WORDS = 4  # of one name
MAX_SAID = 12  # words of a message that may do nothing but name a language
LETTERS_TO_MISSPELL = 5  # shorter names are too like other words

# Languages one is asked for most, in our cities: the rest is found by name.
COMMON = (
    "ar", "ary", "fr", "en", "zh", "ro", "uk", "ru", "ur", "bn", "wo", "ff", "fa", "prs", "ps", "pt", "bg", "hi", "am", "ti", "so", "kmr",
    "tr", "sq", "ka", "bm", "snk", "sgn",
)  # fmt: skip
_ABOUT = frozenset({"idioma", "lengua", "language", "langue", "dialecto", "اللغه", "لغه", "لهجه"})  # normalised; they name no language
_NO_LANGUAGES = frozenset({"mul", "und", "zxx", "root"})


@dataclass(frozen=True, slots=True)
class Found:
    """Languages a text may name, best first. `is_sure`: it is the only one, and its very name."""

    tags: tuple[str, ...] = ()
    is_sure: bool = False


# ---------------------------------------------------------------- what a language is called


@cache
def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@cache
def _tags() -> tuple[str, ...]:
    known = {str(tag) for tag in _locale("en").languages if "_" not in str(tag)} - _NO_LANGUAGES
    return tuple(sorted(known | set(ADDED)))


def is_language(tag: str) -> bool:
    """Say whether a tag names a language we can name."""
    return tag in _tags()


def name_in(tag: str, locale: str) -> str:
    """Name a language in another one ("árabe"), else as it is known at all."""
    added = ADDED.get(tag, Names()).names
    spoken = locale.partition("-")[0]
    return added.get(spoken) or _babel_name(tag, locale) or added.get("en") or _babel_name(tag, "en") or tag


def _babel_name(tag: str, locale: str) -> str:
    return str(_locale(locale).languages.get(tag.replace("-", "_")) or "")


def own_name_of(tag: str) -> str:
    """Name a language as it names itself, else as English does."""
    return ADDED.get(tag, Names()).own or OWN_NAMES.get(tag) or name_in(tag, "en")


def both_names(tag: str, locale: str) -> str:
    """Name a language for a button: in itself, and in the reader's language where that differs."""
    own, theirs = own_name_of(tag), name_in(tag, locale)
    if tag not in OWN_NAMES and not ADDED.get(tag, Names()).own:
        return shorten(theirs)
    return shorten(own if normalise(own) == normalise(theirs) else f"{own} · {theirs}")


# ---------------------------------------------------------------- which language a text names


@cache
def _named(locales: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return every known name, normalised, with its languages: in the languages given, in English, and in itself."""
    names: dict[str, tuple[str, ...]] = {}
    for tag in _tags():
        spoken = (name_in(tag, locale) for locale in (*locales, "en"))
        written = {normalise(name) for name in (own_name_of(tag), *spoken, *ADDED.get(tag, Names()).others)} - {""}
        for name in written | {form for known in written for form in _arabic_forms(known)}:
            names[name] = (*names.get(name, ()), tag)
    return names


def _arabic_forms(name: str) -> Iterator[str]:
    """Yield what an Arabic name is without its article, and as people say it of somebody: الفرنسية, فرنسية, فرنسي."""
    if name.startswith("ال") and len(name) > MIN_LETTERS + 2 and " " not in name:
        yield name[2:]
        if name.endswith("يه"):
            yield name[2:-1]


def search(text: str, locales: tuple[str, ...]) -> Found:
    """Find languages by a name, its beginning, a name within a sentence, or a misspelling; at most MAX_FOUND."""
    said, names = normalise(text[:MAX_LENGTH]), _named(locales)
    for tags in (names.get(said, ()), _begun(said, names), _within(said, names)):
        if tags:
            return Found(tags[:MAX_FOUND], is_sure=len(tags) == 1)
    return _alike(said, names)


def named(text: str, locales: tuple[str, ...], *, misspelt: bool = True) -> Found:
    """Find the languages that a message names and does nothing else: a question that only contains a name gives none.

    `is_sure`: by their very names; a misspelling of one is found too, but may be an ordinary word. `misspelt`: whether to look for one,
    which takes half a millisecond."""
    said, names = normalise(text[:MAX_LENGTH]), _named(locales)
    spoken = said.split()
    if len(said) < MIN_LETTERS or len(spoken) > MAX_SAID:
        return Found()
    if said in names and not AROUND.issuperset(spoken):
        return Found(names[said], is_sure=True)
    others, found = _taken_apart(spoken, names)
    if found and not others:
        return Found(_once(iter(found)), is_sure=True)
    said = " ".join(others)
    if found or not misspelt or len(others) > MAX_WORDS or len(said) < LETTERS_TO_MISSPELL:
        return Found()
    near = process.extractOne(said, names.keys(), scorer=fuzz.ratio, score_cutoff=SURE)
    return Found(names[near[0]]) if near else Found()


def _taken_apart(spoken: list[str], names: Mapping[str, tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Part the words of a message into those that neither are a name nor stand around one, and the languages named."""
    others, found = list[str](), list[str]()
    while spoken:
        length = next(
            (n for n in range(MAX_WORDS, 0, -1) if _is_name(" ".join(spoken[:n]), names) and not AROUND.issuperset(spoken[:n])), 0
        )
        found += names[" ".join(spoken[:length])] if length else ()
        others += [spoken[0]] if not length and spoken[0] not in AROUND else []
        spoken = spoken[length or 1 :]
    return others, found


def _begun(said: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if len(said) < MIN_LETTERS:
        return ()
    return _once(tag for name, tags in names.items() if name.startswith(said) for tag in tags)


def _within(said: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the languages named in a sentence; of names within one another ("Moroccan Arabic") the longest counts."""
    spoken, found = said.split(), list[str]()
    while spoken:
        length = next((n for n in range(MAX_WORDS, 0, -1) if _is_name(" ".join(spoken[:n]), names)), 0)
        found += names[" ".join(spoken[:length])] if length else ()
        spoken = spoken[length or 1 :]
    return _once(iter(found))


def _is_name(said: str, names: Mapping[str, tuple[str, ...]]) -> bool:
    return len(said) >= MIN_LETTERS and said in names


def _alike(said: str, names: Mapping[str, tuple[str, ...]]) -> Found:
    """Return the languages whose names are like the text."""
    said = " ".join(word for word in said.split() if word not in _ABOUT)
    near = process.extract(said, names.keys(), scorer=fuzz.ratio, limit=MAX_FOUND, score_cutoff=ALIKE) if said else []
    tags = _once(tag for name, _score, _index in near for tag in names[name])
    return Found(tags[:MAX_FOUND], is_sure=len(tags) == 1 and near[0][1] >= SURE)


def _once(tags: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tags))
