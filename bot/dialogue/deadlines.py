"""A date in a contact's own words, and how soon it is: "el viernes", "in 5 days", "30/11", "٣٠ نوفمبر"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import dateparser  # type: ignore[import-untyped]  # ships no types
from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names, get_month_names
from dateparser.data.languages_info import language_order  # type: ignore[import-untyped]

from bot.dialogue.datewords import AGO, COUNTS, DAYS, NEXT_WEEK, UNIT_DAYS
from bot.matching.normalise import fold, normalise

URGENT_DAYS = 7  # a deadline within these days goes first
PAST_DAYS = 30  # a date so long ago may still be what it is about: the order to leave was last week
FAR_YEARS = 10  # a year further away is a slip of the thumb
MAX_WORDS = 6  # in longer texts dateparser sees dates that are none

_CLOCK = re.compile(r"\b(?:(?:a las?|at|um|alle|الساعه)\s*\d{1,2}(?:[:.h]\d{2})?|\d{1,2}:\d{2})(?:\s*(?:h|am|pm)\b)?|\b\d{1,2}\s?[ap]m\b")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})(?:[./-](\d{4}|\d{2}))?(?![\d-])")
_DAY_ALONE = re.compile(r"(?:(?:el|the|dia|day|on|يوم) )*(\d{1,2})(?:st|nd|rd|th|o)?")

_PAIRS: Mapping[str, int] = {"يومين": 2, "يومان": 2, "اسبوعين": 14, "اسبوعان": 14, "شهرين": 60, "ساعتين": 0}  # the Arabic dual
_BEFORE_ONE = frozenset({"بعد", "خلال", "غضون", "منذ", "قبل"})  # before a bare unit: "in a week"


def parse(text: str, locale: str, today: date, host: str = "en") -> date | None:
    """Read a date in the languages of the contact and of the city, and in English; None where there is none.

    Days stand before months. Without a year it is the next such day, or the last one where that is at most PAST_DAYS ago."""
    folded = _CLOCK.sub(" ", fold(text))
    said = normalise(folded)
    languages = tuple(dict.fromkeys((locale, "en", host)))
    return (
        _in_numbers(folded, today)
        or _in_month(said, languages, today)
        or _on_weekday(said, languages, today)
        or _in_days(said, today)
        or _day_alone(said, today)
        or _otherwise(folded, said, languages, today)
    )


def is_urgent(deadline: date, today: date) -> bool:
    """Say whether a date is within URGENT_DAYS, or not long over."""
    return -PAST_DAYS <= (deadline - today).days <= URGENT_DAYS


# ---------------------------------------------------------------- the day a person means


def _made(year: int, month: int, day: int, today: date) -> date | None:
    try:
        found = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None
    return found if abs(found.year - today.year) <= FAR_YEARS else None


def _nearest(month: int, day: int, today: date) -> date | None:
    """Choose the year of a day without one."""
    years = (_made(today.year + turn, month, day, today) for turn in (-1, 0, 1, 2, 3, 4))  # so far for a 29 February
    return next((found for found in years if found and found >= today - timedelta(days=PAST_DAYS)), None)


def _dated(day: str, month: int, year: str | None, today: date) -> date | None:
    return _made(int(year), month, int(day), today) if year else _nearest(month, int(day), today)


def _in_numbers(folded: str, today: date) -> date | None:
    """Read "2026-11-30", "30/11/26" and "30.11."; "11/30" cannot be meant otherwise than the American way."""
    iso = _ISO.search(folded)
    if iso:
        return _made(int(iso[1]), int(iso[2]), int(iso[3]), today)
    for found in _NUMBERS.finditer(folded):
        day, mark, month, year = found.groups()
        swapped = int(month) > 12 and mark == "/"
        read = _dated(month, int(day), year, today) if swapped else _dated(day, int(month), year, today)
        if read:
            return read
    return None


def _day_alone(said: str, today: date) -> date | None:
    """Read "el 3" as the next third of a month."""
    found = _DAY_ALONE.fullmatch(said)
    if not found:
        return None
    coming = (today + timedelta(days=ahead) for ahead in range(62))
    return next((day for day in coming if day.day == int(found[1])), None)


# ---------------------------------------------------------------- names of months and days


def _in_month(said: str, languages: tuple[str, ...], today: date) -> date | None:
    for pattern, month in _months(languages):
        found = pattern.search(said)
        if found:
            return _dated(found[1] or found[3], month, found[2] or found[4], today)
    return None


@lru_cache(maxsize=64)
def _months(languages: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], int], ...]:
    """Return a pattern for each name of a month, the longer names first: "30 de noviembre 2026", "nov 30th"."""
    names = {name: month for tag in _with_levant(languages) for name, month in _month_names(tag)}
    ordered = sorted(names.items(), key=lambda named: -len(named[0]))
    return tuple((_month_pattern(name), month) for name, month in ordered if not name.isdecimal())


def _month_pattern(name: str) -> re.Pattern[str]:
    name, year = re.escape(name), r"(?: (?:de |del )?(\d{4}))?"
    before = rf"\b(\d{{1,2}})(?:st|nd|rd|th|o)? (?:de |of |من |شهر )*{name}\b{year}"
    after = rf"\b{name} (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d){year}"
    return re.compile(f"{before}|{after}")


def _with_levant(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Add the months of the Levant to those of the rest of the Arabic world."""
    return (*languages, "ar-SY") if "ar" in languages else languages


def _month_names(tag: str) -> Iterator[tuple[str, int]]:
    locale = _locale(tag)
    for names in (get_month_names("wide", "format", locale), get_month_names("wide", "stand-alone", locale)):
        yield from ((normalise(name), number) for number, name in names.items())
    for number, name in get_month_names("abbreviated", "format", locale).items():
        yield normalise(name), number


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _on_weekday(said: str, languages: tuple[str, ...], today: date) -> date | None:
    """Read the name of a day as the next one, today included; with "next week" beside it, as that of the next week."""
    padded = f" {said} "
    day = next((number for name, number in _weekdays(languages, is_short=" " not in said) if f" {name} " in padded), None)
    if day is None:
        return None
    if any(phrase in said for phrase in NEXT_WEEK):
        return today + timedelta(days=7 - today.weekday() + day)
    return today + timedelta(days=(day - today.weekday()) % 7)


@lru_cache(maxsize=64)
def _weekdays(languages: tuple[str, ...], *, is_short: bool) -> tuple[tuple[str, int], ...]:
    """Return the names of the days (0: Monday), the Arabic ones without their article, too; with `is_short` the short names as well."""
    found: list[tuple[str, int]] = []
    for tag in languages:
        whole, short = get_day_names("wide", locale=_locale(tag)), get_day_names("abbreviated", locale=_locale(tag))
        found += [(normalise(name), day) for names in (whole, short if is_short else {}) for day, name in names.items()]
    return (*found, *((name.removeprefix("ال"), day) for name, day in found if name.startswith("ال") and len(name) > 5))


# ---------------------------------------------------------------- so and so many days from now


def _in_days(said: str, today: date) -> date | None:
    """Read "tomorrow", "in 5 days", "بعد أسبوع", "hace dos días"."""
    spoken = said.split()
    days = _counted(spoken)
    if days is not None:
        return today + timedelta(days=-days if AGO & set(spoken) else days)
    if any(phrase in said for phrase in NEXT_WEEK):
        return today + timedelta(days=7)
    padded = f" {said} "
    named = (days for words, days in sorted(DAYS.items(), key=lambda known: -len(known[0])) if f" {words} " in padded)
    ahead = next(named, None)
    return None if ahead is None else today + timedelta(days=ahead)


def _counted(spoken: list[str]) -> int | None:
    for before, word in zip(["", *spoken], spoken, strict=False):
        if word in _PAIRS:
            return _PAIRS[word]
        unit = UNIT_DAYS.get(word)
        count = _count(before) if unit else None
        if unit and count is not None and count * unit <= FAR_YEARS * 366:
            return int(count * unit + 0.01)
    return None


def _count(word: str) -> int | None:
    if word.isdecimal() and len(word) <= 4:
        return int(word)
    return 1 if word in _BEFORE_ONE else COUNTS.get(word)


def _otherwise(folded: str, said: str, languages: tuple[str, ...], today: date) -> date | None:
    """Ask dateparser, which knows many more languages, where the text is no longer than a date."""
    if not 1 <= len(said.split()) <= MAX_WORDS:
        return None
    settings = {
        "RELATIVE_BASE": datetime.combine(today, time(), UTC),
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": "DMY",
        "TIMEZONE": "UTC",
        "REQUIRE_PARTS": ["day"],
    }
    known = [language for language in languages if language in language_order]
    found = dateparser.parse(" ".join(folded.split()), languages=known, settings=settings)
    return found.date() if isinstance(found, datetime) and abs(found.year - today.year) <= FAR_YEARS else None
