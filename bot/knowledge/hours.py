"""Opening hours: whether a place is open now, and a week written out in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names
from babel.units import format_unit
from holidays import country_holidays
from opening_hours import OpeningHours, State, UnknownCountryError, validate  # type: ignore[attr-defined]  # the last is missing in its stubs

from bot.model import City, DeskRule, Place

DAY = timedelta(days=1)
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")  # of an opening_hours expression
PUBLIC_HOLIDAY = re.compile(r"\bPH\b")
QUOTED = re.compile('"')
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


def desk_state(rule: DeskRule, city: City, now: datetime) -> PlaceState:
    """Tell whether a desk is open at `now` (aware), and when that next changes; public holidays of country and region are closed.

    Hours that name public holidays themselves ("PH 10:00-12:00") say what holds on them. UNKNOWN where nobody has written hours down."""
    if rule.hours is None or not validate(rule.hours):
        return UNKNOWN
    zone = ZoneInfo(city.time_zone)
    wall = now.astimezone(zone).replace(tzinfo=None)
    kept = _kept_on(rule.hours, wall.date(), city)
    state = _parse(kept, None).state(wall)[0] if kept else State.CLOSED
    if state == State.UNKNOWN:
        return UNKNOWN
    is_open = state == State.OPEN
    return PlaceState(is_open, _on_wall(_next_turn(rule.hours, wall, city, was_open=is_open), zone))


def _kept_on(hours: str, day: date, city: City) -> str:
    """Return the hours that hold on a day: on a public holiday PH stands for its day of the week, and without PH none hold."""
    if day not in _holidays(city.country, city.region):
        return hours
    parts = QUOTED.split(hours)  # every second one is a comment
    named = '"'.join(part if turn % 2 else PUBLIC_HOLIDAY.sub(WEEKDAYS[day.weekday()], part) for turn, part in enumerate(parts))
    return named if named != hours and validate(named) else ""


def _next_turn(hours: str, wall: datetime, city: City, *, was_open: bool) -> datetime | None:
    """Return when a desk that is open closes, or one that is closed opens; None within LONGEST_CHANGE_DAYS."""
    for ahead in range(LONGEST_CHANGE_DAYS):
        day = wall.date() + ahead * DAY
        for start, is_open in _turns(_kept_on(hours, day, city), day):
            if start > wall and is_open != was_open:
                return start
    return None


@lru_cache(maxsize=4096)
def _turns(hours: str, day: date) -> tuple[tuple[datetime, bool], ...]:
    """Cut a day where a desk opens or closes: from when on, and whether it is open then; the first piece begins at midnight."""
    midnight = datetime.combine(day, time())
    pieces = _parse(hours, None).intervals(midnight, midnight + DAY) if hours else ()
    return tuple((start, state == State.OPEN) for start, _end, state, _comment in pieces) or ((midnight, False),)


@lru_cache(maxsize=64)
def _holidays(country: str, region: str | None) -> Container[date]:
    """Return the public holidays; years are added as they are asked for."""
    try:
        return country_holidays(country, subdiv=region)
    except NotImplementedError:  # a country or region the library does not know
        return ()


def regions_of(country: str) -> tuple[str, ...]:
    """Return the regions of a country whose public holidays are known."""
    try:
        return tuple(country_holidays(country).subdivisions)
    except NotImplementedError:
        return ()


def _on_wall(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment else None


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
