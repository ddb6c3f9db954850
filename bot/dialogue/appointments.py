"""A time of the day in a contact's own words: "10:30", "a las 5 de la tarde", "5 pm", "الساعة ٥ مساء"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time

from bot.matching.normalise import fold

MAX_READ = 200  # characters
LATEST_SMALL_HOUR = 7  # "at 5" is in the afternoon; who means the morning writes 05:00, or says so

# What is read is folded: small letters, no accents, digits of every script as 0-9.
_EARLY_WORDS = "(?:de|por|en) la manana|in the morning|صباحا?|الصباح"
_LATE_WORDS = "(?:de|por|en) la (?:tarde|noche)|(?:in the )?(?:afternoon|evening)|(?:at )?night|مسا|المسا|عصرا|العصر|ظهرا|الظهر|ليلا"
_FRACTIONS = "y media|y cuarto|menos cuarto|والنصف|ونصف|والربع|وربع|الا ربعا?|الا الربع"
_THIS: Mapping[str, str] = {  # parts of this day, in which the "mañana" of "esta mañana" is not tomorrow
    r"esta (manana|tarde|noche)": r"hoy por la \1",
    r"this (morning|afternoon|evening)": r"today in the \1",
    "tonight": "today at night",
    "هذا الصباح|اليوم الصبح": "اليوم صباحا",
    "هذا المسا|هذه الليله|الليله": "اليوم مسا",
}
_BEFORE_SIGN = re.compile(
    rf"(?<![\d/.:-])(\d{{1,2}})(?:[:.](\d{{2}}))?(?=\s?(?:[ap]\.?\s?m|{_FRACTIONS}|{_EARLY_WORDS}|{_LATE_WORDS})(?!\w))"
)
_AT = re.compile(r"\b(?:a las?|las|at|um|الساعه|ساعه)\s*(\d{1,2})(?:\s?[:.h]\s?(\d{2}))?(?!\d)")
_COLON = re.compile(r"(?<![\d/.:-])(\d{1,2})(?::(\d{2})|\s?h(?:rs?)?(\d{2})?(?![^\W\d]))(?!\d)")
_ALONE = re.compile(r"(\d{1,2})(?:[:.\s](\d{2}))?")
_NOON_SIGN = re.compile(r"\s?([ap])\.?\s?m\b\.?")
_FRACTION = re.compile(rf"\s?(?:{_FRACTIONS})\b")
_EARLY, _LATE = re.compile(rf"\b(?:{_EARLY_WORDS})\b"), re.compile(rf"\b(?:{_LATE_WORDS})\b")


def split(text: str, *, has_day: bool = False) -> tuple[time | None, str]:
    """Take the time out of a text, None where it names none; what is left, folded, may name a day.

    `has_day`: the day is known, so that a bare number ("10", "10.30") is a time and no date."""
    said = _of_today(fold(text[:MAX_READ]).strip())
    found = next((match for pattern in (_AT, _BEFORE_SIGN, _COLON) if (match := pattern.search(said))), None)
    found = found or (_ALONE.fullmatch(said) if has_day else None)
    if found is None:
        return None, said
    sign = _NOON_SIGN.match(said, found.end())
    fraction = _FRACTION.match(said, found.end())
    end = max(part.end() for part in (found, sign, fraction) if part)
    rest = _LATE.sub(" ", _EARLY.sub(" ", f"{said[: found.start()]} {said[end:]}")).strip()
    is_late = bool(sign and sign[1] == "p") or _LATE.search(said) is not None
    is_early = bool(sign and sign[1] == "a") or _EARLY.search(said) is not None or found[1].startswith("0")
    return _time(_hour(int(found[1]), is_early=is_early, is_late=is_late), _minute(found, fraction)), rest


def _of_today(said: str) -> str:
    """Name the day where a part of it is named: "esta noche" becomes "hoy por la noche"."""
    for part, day in _THIS.items():
        said = re.sub(rf"\b(?:{part})\b", day, said)
    return said


def _hour(hour: int, *, is_early: bool, is_late: bool) -> int:
    """Return the hour of 24 that is meant by one of 12 or 24."""
    if is_late and hour < 12:
        return hour + 12
    if is_early:
        return 0 if hour == 12 else hour
    return hour + 12 if 1 <= hour <= LATEST_SMALL_HOUR else hour


def _minute(found: re.Match[str], fraction: re.Match[str] | None) -> int:
    written = next((group for group in found.groups()[1:] if group), None)
    if fraction is None or written:
        return int(written or 0)
    if "menos" in fraction[0] or "الا" in fraction[0]:
        return -15
    return 30 if "media" in fraction[0] or "نصف" in fraction[0] else 15


def _time(hour: int, minute: int) -> time | None:
    """Return a time; `minute` below 0 is before the hour. None where there is no such time."""
    minutes = hour * 60 + minute
    return time(minutes // 60, minutes % 60) if hour < 24 and minute < 60 and minutes >= 0 else None
