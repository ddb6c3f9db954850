"""Opening hours: whether a place is open now, and a week written out in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names
from babel.units import format_unit
from opening_hours import OpeningHours, State, UnknownCountryError, validate  # type: ignore[attr-defined]  # the last is missing in its stubs

from bot.model import City, Place

DAY = timedelta(days=1)
ORDINARY_WEEK = datetime(2026, 11, 16)  # noqa: DTZ001 # for hours that do not change with the season any Monday will do
LONGEST_CHANGE_DAYS = 366  # without it the library looks as far as the year 9999 (0.4 s)


@dataclass(frozen=True, slots=True)
class PlaceState:
    """Whether a place is open, None where nobody knows, and when that next changes (aware, in the city's time zone; None: never)."""

    is_open: bool | None
    next_change: datetime | None


UNKNOWN = PlaceState(None, None)


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of one day; `end` may lie on the next."""

    start: datetime
    end: datetime
    is_sure: bool
    comment: str


def place_state(place: Place, city: City, now: datetime) -> PlaceState:
    """Tell whether a place is open at `now` (aware), public holidays of the country included.

    Everything is reckoned on the clock on the city's wall, so a change of summer time neither fails nor shifts an office hour."""
    if place.hours is None or not validate(place.hours):
        return UNKNOWN
    zone = ZoneInfo(city.time_zone)
    wall = now.astimezone(zone).replace(tzinfo=None)
    hours = _parse(place.hours, city.country)
    state, _ = hours.state(wall)
    if state == State.UNKNOWN:
        return UNKNOWN
    change = hours.next_change(wall)
    return PlaceState(state == State.OPEN, change.replace(tzinfo=zone) if change else None)


def weekly_hours(hours: str, city: City, now: datetime, locale: str) -> tuple[str, ...]:
    """Write this week's opening hours, Monday to Sunday, equal days together: "lun–vie 08:30–19:00".

    A normal week of the season: public holidays are left out of account, and so are days without opening; a day whose hours nobody knows
    has a question mark. Times have 24 hours everywhere, as on the door of the office. Unparseable hours give an empty tuple."""
    wall = now.astimezone(ZoneInfo(city.time_zone)).replace(tzinfo=None)
    return _lines(hours, _midnight(wall) - wall.weekday() * DAY, locale)


def ordinary_hours(hours: str, locale: str) -> str:
    """Write hours that are the same all year in one line."""
    return "; ".join(_lines(hours, ORDINARY_WEEK, locale)) or hours


EUROPEAN = {"en": "en-GB"}  # our cities write "26 February 2026"; the bare language means the United States


def locale_of(tag: str) -> Locale:
    """Return babel's data for a language tag, English where it has none."""
    try:
        return Locale.parse(EUROPEAN.get(tag, tag), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=1024)
def _parse(hours: str, country: str | None) -> OpeningHours:
    try:
        return OpeningHours(hours, country=country, max_interval_days=LONGEST_CHANGE_DAYS)
    except UnknownCountryError:
        return OpeningHours(hours, max_interval_days=LONGEST_CHANGE_DAYS)


@lru_cache(maxsize=1024)
def _lines(hours: str, monday: datetime, locale: str) -> tuple[str, ...]:
    if not validate(hours):
        return ()
    spans = list(_spans(_parse(hours, None), monday))
    days = [
        (number, _day_text([span for span in spans if span.start.date() == (monday + number * DAY).date()], locale)) for number in range(7)
    ]
    lines = []
    for text, same in groupby(days, key=lambda day: day[1]):
        if text:
            numbers = [number for number, _ in same]
            lines.append(f"{_day_names(numbers[0], numbers[-1], locale)} {text}")
    return tuple(lines)


def _spans(hours: OpeningHours, monday: datetime) -> Iterator[_Span]:
    """Cut the schedule of a week into days; what is open past midnight, but not all day, belongs to the evening before."""
    for start, end, state, comment in hours.intervals(monday - DAY, monday + 8 * DAY):
        if state == State.CLOSED:
            continue
        is_sure = state == State.OPEN
        if is_sure and end - start < DAY:
            yield _Span(start, end, is_sure, comment)
            continue
        while start < end:
            stop = min(end, _midnight(start) + DAY)
            yield _Span(start, stop, is_sure, comment)
            start = stop


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment, time())


def _day_text(spans: list[_Span], locale: str) -> str:
    return ", ".join(_span_text(span, locale) for span in spans)


def _span_text(span: _Span, locale: str) -> str:
    if span.end - span.start == DAY:
        text = format_unit(24, "duration-hour", length="long", locale=locale_of(locale)) if span.is_sure else "?"
    else:
        text = f"{span.start:%H:%M}–{_end_of(span)}" + ("" if span.is_sure else " ?")
    return f"{text} ({span.comment})" if span.comment else text


def _end_of(span: _Span) -> str:
    return "24:00" if span.end == _midnight(span.start) + DAY else f"{span.end:%H:%M}"


def _day_names(first: int, last: int, locale: str) -> str:
    names = get_day_names("abbreviated", context="stand-alone", locale=locale_of(locale))
    return names[first] if first == last else f"{names[first]}–{names[last]}"
