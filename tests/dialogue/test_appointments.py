"""Times of the day as people write them, with and without a day beside them."""

from __future__ import annotations

from datetime import date, time

import pytest

from bot.dialogue import appointments, deadlines

TODAY = date(2026, 11, 25)  # a Wednesday
DAY = date(2026, 12, 3)


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("10:30", time(10, 30)),
        ("10h30", time(10, 30)),
        ("10 h", time(10)),
        ("a las 10", time(10)),
        ("a las 10 y media", time(10, 30)),
        ("10 y cuarto", time(10, 15)),
        ("a la 1", time(13)),
        ("a las 5", time(17)),
        ("a las 5 de la mañana", time(5)),
        ("05:00", time(5)),
        ("5:30 p.m.", time(17, 30)),
        ("5pm", time(17)),
        ("at 8", time(8)),
        ("8 de la tarde", time(20)),
        ("12 pm", time(12)),
        ("12 am", time(0)),
        ("at 7 in the evening", time(19)),
        ("الساعة ٥ مساءً", time(17)),
        ("الساعة 10 صباحا", time(10)),
        ("الساعة ١٠:٣٠", time(10, 30)),
        ("الساعة 10 ونصف", time(10, 30)),
        ("a las 11 menos cuarto", time(10, 45)),
        ("a la 1 menos cuarto", time(12, 45)),
        ("الساعة 11 إلا ربع", time(10, 45)),
        ("esta noche a las 9", time(21)),
        ("tomorrow evening at 9", time(21)),
        ("tomorrow night at 9", time(21)),
        ("هذا المساء الساعة ٩", time(21)),
    ],
)
def test_a_time_is_read(written: str, clock: time) -> None:
    assert appointments.split(written)[0] == clock


@pytest.mark.parametrize(
    "written", ["", "3/12", "3.12", "2026-12-03", "25:70", "mañana", "el lunes por la tarde", "5 hoy", "+34 600 123 456"]
)
def test_no_time_is_read(written: str) -> None:
    assert appointments.split(written)[0] is None


@pytest.mark.parametrize(("written", "clock"), [("10", time(10)), ("10.30", time(10, 30)), ("٩", time(9)), ("4", time(16))])
def test_a_bare_number_is_a_time_once_the_day_is_known(written: str, clock: time) -> None:
    assert appointments.split(written)[0] is None
    assert appointments.split(written, has_day=True)[0] == clock


@pytest.mark.parametrize(
    "written",
    [
        "3/12 10:30",
        "3.12 a las 10:30",
        "el 3 de diciembre a las 10 y media",
        "Dec 3 at 10:30",
        "2026-12-03 10:30",
        "٣/١٢ الساعة ١٠:٣٠",
        "a las 10:30 del 3/12",
        "3 ديسمبر الساعة 10:30 صباحا",
    ],
)
def test_a_day_beside_it_is_left_over(written: str) -> None:
    clock, rest = appointments.split(written)
    assert clock == time(10, 30)
    assert deadlines.parse(rest, "ar" if "ديسمبر" in written else "es", TODAY, "es") == DAY


def test_the_time_of_day_is_no_day() -> None:
    clock, rest = appointments.split("a las 10 de la mañana")
    assert clock == time(10)
    assert deadlines.parse(rest, "es", TODAY, "es") is None
    clock, rest = appointments.split("mañana a las 10 de la mañana")
    assert clock == time(10)
    assert deadlines.parse(rest, "es", TODAY, "es") == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("written", "locale", "clock"),
    [
        ("esta mañana a las 11", "es", time(11)),
        ("esta tarde a las 5", "es", time(17)),
        ("esta noche a las 9", "es", time(21)),
        ("this morning at 11", "en", time(11)),
        ("this evening at 8", "en", time(20)),
        ("tonight at 8", "en", time(20)),
        ("هذا الصباح الساعة 11", "ar", time(11)),
        ("الليلة الساعة 9", "ar", time(21)),
    ],
)
def test_a_part_of_this_day_is_today_and_not_tomorrow(written: str, locale: str, clock: time) -> None:
    found, rest = appointments.split(written)
    assert found == clock
    assert deadlines.parse(rest, locale, TODAY, "es") == TODAY
