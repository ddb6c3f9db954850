"""Open now, and the week written out; checked on the clock on the wall in Madrid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.knowledge.hours import PlaceState, place_state, weekly_hours
from bot.knowledge.load import load_knowledge
from bot.model import City, Place
from tests.knowledge.folders import good_files, write

MADRID = ZoneInfo("Europe/Madrid")
TOWN_HALL = "Jan 09-Jun 30 Mo-Fr 08:30-19:00; Sep 01-Dec 21 Mo-Fr 08:30-19:00; Jul-Aug Mo-Fr unknown; Dec 22-Jan 08 Mo-Fr unknown"


def at(*parts: int) -> datetime:
    """A moment in Madrid."""
    return datetime(*parts, tzinfo=MADRID)  # type: ignore[arg-type, misc]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder: Path = write(tmp_path_factory.mktemp("hours"), good_files())
    return load_knowledge(folder).cities["madrid"]


def state(city: City, hours: str | None, now: datetime) -> PlaceState:
    place: Place = replace(city.places["office"], hours=hours)
    return place_state(place, city, now)


def test_open_and_closed_on_the_wall_clock(city: City) -> None:
    hours = "Mo-Fr 09:00-14:00"
    assert state(city, hours, at(2026, 11, 27, 10, 0)) == PlaceState(True, at(2026, 11, 27, 14, 0))
    assert state(city, hours, at(2026, 11, 28, 10, 0)) == PlaceState(False, at(2026, 11, 30, 9, 0))
    assert state(city, hours, datetime(2026, 11, 27, 8, 30, tzinfo=UTC)) == PlaceState(True, at(2026, 11, 27, 14, 0))
    assert state(city, hours, datetime(2026, 11, 27, 7, 30, tzinfo=UTC)) == PlaceState(False, at(2026, 11, 27, 9, 0))
    assert state(city, hours, datetime(2026, 7, 24, 12, 30, tzinfo=UTC)) == PlaceState(False, at(2026, 7, 27, 9, 0))


def test_the_answer_is_aware(city: City) -> None:
    change = state(city, "Mo-Fr 09:00-14:00", datetime(2026, 11, 27, 8, 30, tzinfo=UTC)).next_change
    assert change is not None
    assert change.tzinfo == MADRID


def test_always_open_never_changes(city: City) -> None:
    assert state(city, "24/7", at(2026, 11, 28, 10, 0)) == PlaceState(True, None)


@pytest.mark.parametrize("hours", [None, "lunes", "", "24/7 unknown", TOWN_HALL])
def test_nobody_knows(city: City, hours: str | None) -> None:
    assert state(city, hours, at(2026, 7, 7, 10, 0)) == PlaceState(None, None)


def test_holidays_of_the_country_count(city: City) -> None:
    hours = "Mo-Fr 09:00-14:00; PH off"
    assert state(city, hours, at(2026, 12, 8, 10, 0)).is_open is False  # Inmaculada Concepción
    assert state(replace(city, country="AT"), hours, at(2026, 10, 12, 10, 0)).is_open is True
    assert state(city, hours, at(2026, 10, 12, 10, 0)).is_open is False  # Fiesta Nacional
    assert state(replace(city, country="AQ"), hours, at(2026, 10, 12, 10, 0)).is_open is True  # no calendar: no holiday


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)])
def test_summer_time_comes_and_goes(city: City, day: datetime) -> None:
    for minutes in range(0, 36 * 60, 10):
        now = day + timedelta(minutes=minutes)
        wall = now.astimezone(MADRID).time()
        assert state(city, "Mo-Su 02:15-02:45,09:00-17:00", now).is_open == (
            (wall.hour, wall.minute) in ((2, 20), (2, 30), (2, 40)) or 9 <= wall.hour < 17
        ), now


WEEKS = {
    "Mo-Fr 08:30-19:00": ("lun–vie 08:30–19:00",),
    "Mo-Th 08:30-17:00; Fr 08:30-14:00; Jul-Aug Mo-Fr 08:30-14:00": ("lun–jue 08:30–17:00", "vie 08:30–14:00"),
    "Mo,We 09:00-14:00,16:00-18:00": ("lun 09:00–14:00, 16:00–18:00", "mié 09:00–14:00, 16:00–18:00"),
    "24/7": ("lun–dom 24 horas",),
    "Mo-Fr 09:00-14:00; PH off": ("lun–vie 09:00–14:00",),
    "Fr-Su 22:00-06:00": ("vie–dom 22:00–06:00",),
    "Sa 12:00-24:00; Su 00:00-24:00": ("sáb 12:00–24:00", "dom 24 horas"),
    'Mo 09:00-14:00 "con cita"': ("lun 09:00–14:00 (con cita)",),
    "Mo-Fr unknown": ("lun–vie ?",),
    "Mo-Fr 09:00-14:00 unknown": ("lun–vie 09:00–14:00 ?",),
    TOWN_HALL: ("lun–vie 08:30–19:00",),
    "Jul-Aug Mo-Fr 09:00-14:00": (),
    "lunes": (),
}


@pytest.mark.parametrize("hours", WEEKS)
def test_a_week_in_words(city: City, hours: str) -> None:
    assert weekly_hours(hours, city, at(2026, 11, 28, 10, 0), "es") == WEEKS[hours]


def test_the_week_is_the_one_of_now(city: City) -> None:
    office = "Mo-Th 08:30-17:00; Fr 08:30-14:00; Jul-Aug Mo-Fr 08:30-14:00"
    assert weekly_hours(office, city, at(2026, 7, 15, 10, 0), "en") == ("Mon–Fri 08:30–14:00",)
    assert weekly_hours(TOWN_HALL, city, at(2026, 12, 22, 10, 0), "en") == ("Mon 08:30–19:00", "Tue–Fri ?")
    sunday_night = datetime(2026, 7, 5, 22, 30, tzinfo=UTC)  # Monday already in Madrid
    assert weekly_hours("2026 Jul 06 09:00-10:00", city, sunday_night, "en") == ("Mon 09:00–10:00",)


def test_a_week_in_other_languages(city: City) -> None:
    now = at(2026, 11, 28, 10, 0)
    assert weekly_hours("Mo-Fr 08:30-19:00", city, now, "ar") == ("الاثنين–الجمعة 08:30–19:00",)
    assert weekly_hours("24/7", city, now, "ar") == ("الاثنين–الأحد 24 ساعة",)
    assert weekly_hours("Sa 08:30-19:00", city, now, "qq") == ("Sat 08:30–19:00",)
