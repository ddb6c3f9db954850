"""Desks of a city: their rules in city.yaml, and when they are open on the clock on the wall."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.knowledge.check import check
from bot.knowledge.hours import UNKNOWN, PlaceState, desk_state, regions_of
from bot.knowledge.load import load_knowledge
from bot.model import City, DeskRule
from tests.knowledge.folders import GOOD, good_files, spoiled, write

ROOT = Path(__file__).resolve().parents[2]
MADRID = ZoneInfo("Europe/Madrid")
WEEK = "Mo-Fr 09:00-14:00"
TODAY = date(2026, 11, 28)
DESKS = GOOD["madrid/city.yaml"].splitlines()[-1] + "\n"


def at(*parts: int) -> datetime:
    """A moment in Madrid."""
    return datetime(*parts, tzinfo=MADRID)  # type: ignore[arg-type, misc]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = write(tmp_path_factory.mktemp("desks"), good_files())
    return replace(load_knowledge(folder).cities["madrid"], region="MD")


def state(city: City, hours: str | None, now: datetime) -> PlaceState:
    return desk_state(DeskRule("help", ("egov",), hours, (), None, ()), city, now)


# ---------------------------------------------------------------- hours


def test_open_and_closed(city: City) -> None:
    assert state(city, WEEK, at(2026, 11, 27, 10, 0)) == PlaceState(True, at(2026, 11, 27, 14, 0))
    assert state(city, WEEK, at(2026, 11, 27, 14, 0)) == PlaceState(False, at(2026, 11, 30, 9, 0))
    assert state(city, WEEK, at(2026, 11, 27, 8, 59)) == PlaceState(False, at(2026, 11, 27, 9, 0))
    assert state(city, WEEK, at(2026, 11, 27, 9, 0)).is_open is True


def test_the_clock_on_the_wall_counts(city: City) -> None:
    assert state(city, WEEK, datetime(2026, 11, 27, 8, 30, tzinfo=UTC)).is_open is True
    assert state(city, WEEK, datetime(2026, 11, 27, 13, 30, tzinfo=UTC)).is_open is False
    assert state(city, WEEK, datetime(2026, 7, 24, 7, 30, tzinfo=UTC)).is_open is True
    found = state(city, WEEK, datetime(2026, 11, 27, 23, 0, tzinfo=UTC)).next_change
    assert found is not None
    assert found.tzinfo == MADRID


@pytest.mark.parametrize("hours", [None, "", "lunes a viernes", "24/7 unknown"])
def test_nobody_knows(city: City, hours: str | None) -> None:
    assert state(city, hours, at(2026, 11, 27, 10, 0)) == UNKNOWN


def test_a_break_at_noon(city: City) -> None:
    hours = "Mo-Fr 09:00-13:00,16:00-18:30"
    assert state(city, hours, at(2026, 11, 27, 12, 0)) == PlaceState(True, at(2026, 11, 27, 13, 0))
    assert state(city, hours, at(2026, 11, 27, 13, 30)) == PlaceState(False, at(2026, 11, 27, 16, 0))
    assert state(city, hours, at(2026, 11, 27, 17, 0)) == PlaceState(True, at(2026, 11, 27, 18, 30))


def test_a_dated_exception(city: City) -> None:
    hours = f"{WEEK}; 2026 Dec 24 09:00-12:00; 2026 Dec 28-2027 Jan 05 off"
    assert state(city, hours, at(2026, 12, 24, 11, 0)) == PlaceState(True, at(2026, 12, 24, 12, 0))
    # the 25th is Christmas, a weekend follows, then the holidays of the desk up to Epiphany, the 6th
    assert state(city, hours, at(2026, 12, 24, 12, 30)) == PlaceState(False, at(2027, 1, 7, 9, 0))
    assert state(city, hours, at(2025, 12, 29, 10, 0)).is_open is True


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ((2026, 12, 7), (2026, 12, 9)),  # Constitution Day moved to Monday in Madrid; Immaculate Conception on the 8th
        ((2026, 12, 8), (2026, 12, 9)),
        ((2026, 12, 25), (2026, 12, 28)),  # Christmas, a Friday
        ((2025, 5, 2), (2025, 5, 5)),  # only in Madrid, a Friday
        ((2027, 1, 1), (2027, 1, 4)),  # another year than the one asked about before
    ],
)
def test_closed_on_public_holidays(city: City, day: tuple[int, int, int], opens: tuple[int, int, int]) -> None:
    assert state(city, WEEK, at(*day, 10, 0)) == PlaceState(False, at(*opens, 9, 0))


def test_what_opens_next_skips_holidays(city: City) -> None:
    assert state(city, WEEK, at(2026, 12, 4, 15, 0)) == PlaceState(False, at(2026, 12, 9, 9, 0))


def test_holidays_of_the_region_and_of_no_other(city: City) -> None:
    day = at(2026, 5, 2, 10, 0)  # a Saturday
    assert state(city, "Mo-Sa 09:00-14:00", day) == PlaceState(False, at(2026, 5, 4, 9, 0))
    assert state(replace(city, region=None), "Mo-Sa 09:00-14:00", day).is_open is True
    assert state(replace(city, region="CT"), "Mo-Sa 09:00-14:00", day).is_open is True
    assert state(replace(city, region=None), WEEK, at(2026, 12, 8, 10, 0)).is_open is False


def test_a_country_without_a_calendar_has_no_holidays(city: City) -> None:
    assert state(replace(city, country="XX", region=None), WEEK, at(2026, 12, 8, 10, 0)).is_open is True


def test_hours_that_name_holidays_say_what_holds_on_them(city: City) -> None:
    on = f"{WEEK}; PH 10:00-12:00"
    assert state(city, on, at(2026, 12, 8, 9, 30)) == PlaceState(False, at(2026, 12, 8, 10, 0))
    assert state(city, on, at(2026, 12, 8, 11, 0)) == PlaceState(True, at(2026, 12, 8, 12, 0))
    assert state(city, on, at(2026, 12, 8, 13, 0)) == PlaceState(False, at(2026, 12, 9, 9, 0))
    assert state(city, on, at(2025, 5, 2, 13, 0)) == PlaceState(False, at(2025, 5, 5, 9, 0))  # of the region, too
    assert state(city, on, at(2026, 12, 9, 13, 0)).is_open is True
    assert state(city, f"{WEEK}; PH,Su 10:00-12:00", at(2026, 12, 6, 11, 0)).is_open is True


@pytest.mark.parametrize("hours", [f"{WEEK}; PH off", f"{WEEK}; Sa,PH off", f'{WEEK} "not on PH"', f"{WEEK}; PH -1 day off"])
def test_holidays_stay_closed(city: City, hours: str) -> None:
    assert state(city, hours, at(2026, 12, 8, 10, 0)).is_open is False
    assert state(city, hours, at(2026, 12, 9, 10, 0)).is_open is True


def test_what_is_open_at_night_closes_at_the_midnight_before_a_holiday(city: City) -> None:
    assert state(city, "24/7", at(2026, 12, 3, 10, 0)) == PlaceState(True, at(2026, 12, 7, 0, 0))
    assert state(city, "24/7", at(2026, 12, 8, 10, 0)) == PlaceState(False, at(2026, 12, 9, 0, 0))
    assert state(city, "Mo-Su,PH 00:00-24:00", at(2026, 12, 8, 10, 0)) == PlaceState(True, None)
    assert state(city, "Mo-Fr 22:00-02:00", at(2026, 11, 26, 23, 0)) == PlaceState(True, at(2026, 11, 27, 2, 0))


def test_what_never_opens_again(city: City) -> None:
    assert state(city, "2026 Nov 27 09:00-14:00", at(2026, 11, 27, 15, 0)) == PlaceState(False, None)


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)])
def test_summer_time_comes_and_goes(city: City, day: datetime) -> None:
    hours = "Mo-Su 09:00-13:00,16:00-18:00"
    for minutes in range(0, 36 * 60, 15):
        now = day + timedelta(minutes=minutes)
        hour = now.astimezone(MADRID).hour
        found = state(city, hours, now)
        assert found.is_open == (9 <= hour < 13 or 16 <= hour < 18), now
        assert found.next_change is not None
        assert found.next_change > now
        assert found.next_change.astimezone(MADRID).hour in (9, 13, 16, 18)


def test_regions_are_those_of_the_country() -> None:
    assert "MD" in regions_of("ES")
    assert "MD" not in regions_of("AT")
    assert regions_of("XX") == ()


# ---------------------------------------------------------------- rules


GOOD_DESKS = """\
region: MD
desks:
  help: {topics: [egov], hours: null}
  law: {topics: [egov, emergency], hours: "Mo-Fr 09:00-13:00; PH off", intake: [letter, date, children], organisation: city, kinds: [legal]}
  tongues: {topics: [egov], kinds: [interpreter, companion]}
"""


def test_what_is_written_is_loaded(tmp_path: Path) -> None:
    folder = spoiled(tmp_path, "madrid/city.yaml", DESKS, GOOD_DESKS)
    assert check(folder, TODAY).errors == ()
    loaded = load_knowledge(folder).cities["madrid"]
    assert loaded.region == "MD"
    assert loaded.desks == {
        "help": DeskRule("help", ("egov",), None, (), None, ()),
        "law": DeskRule(
            "law", ("egov", "emergency"), "Mo-Fr 09:00-13:00; PH off", ("letter", "date", "children"), "city", ("legal",)
        ),
        "tongues": DeskRule("tongues", ("egov",), None, (), None, ("interpreter", "companion")),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("desks: {", "region: Madrid\ndesks: {", "is no region code", 15),
        ("desks: {", "region: ZZ\ndesks: {", "no public holidays of such a region of ES are known", 15),
        ("desks: {", "region: W\ndesks: {", "no public holidays of such a region of ES are known", 15),  # Vienna
        ("topics: [egov]", "topics: [taxes]", "is no topic of this city", 15),
        ("topics: [egov], ", "", "topics is missing", 15),
        ("Mo-Fr 09:00-14:00", "lunes", "are no opening hours", 15),
        ("intake: [letter]", "intake: [name]", "must be one of: letter, date, children", 15),
        ("intake: [letter]", "intake: [letter, letter]", "has 'letter' twice", 15),
        ("intake: [letter]", "organisation: nobody", "is no organisation of this city", 15),
        ("intake: [letter]", "kinds: [advise]", "must be one of: advice, legal, interpreter, companion, mentor", 15),
        ("intake: [letter]", "phone: 112", "unknown key 'phone' in desks.help", 15),
        ("desks: {help", "desks: {Help", "must be 1 to 32 small letters", 15),
        ("intake: [letter]}", "intake: [letter]}, two: {topics: [egov]}", "topic 'egov' is answered by two desks, 'help' and 'two'", 15),
        (
            "intake: [letter]}",
            "kinds: [advice, legal]},\n  two: {topics: [egov], kinds: [legal]}",
            "topic 'egov' is answered by two desks, 'help' and 'two'",
            16,
        ),
    ],
)
def test_a_fault_of_a_desk_is_named(tmp_path: Path, old: str, new: str, says: str, line: int) -> None:
    folder = spoiled(tmp_path, "madrid/city.yaml", old, new)
    errors = [finding for finding in check(folder, TODAY).errors if finding.line == line]
    assert any(says in str(finding) for finding in errors), [str(finding) for finding in check(folder, TODAY).errors]


def test_one_topic_may_have_a_desk_for_each_kind(tmp_path: Path) -> None:
    new = "kinds: [advice]}, two: {topics: [egov], kinds: [legal]}, three: {topics: [emergency]}"
    assert check(spoiled(tmp_path, "madrid/city.yaml", "intake: [letter]}", new), TODAY).errors == ()


# ---------------------------------------------------------------- Madrid


def test_every_topic_of_madrid_has_one_desk_for_advice_and_one_for_law() -> None:
    knowledge = load_knowledge(ROOT / "knowledge")
    city = knowledge.cities["madrid"]
    assert city.region == "MD"
    advice = [topic for rule in city.desks.values() if not rule.kinds for topic in rule.topics]
    law = [topic for rule in city.desks.values() if rule.kinds == ("legal",) for topic in rule.topics]
    assert sorted(advice) == sorted(law) == sorted(knowledge.topics)
    assert city.desks["housing"].intake == ("letter", "date", "children")
    assert {rule.hours for rule in city.desks.values()} == {None}  # nobody has taken them on yet
    assert {rule.organisation for rule in city.desks.values()} == {None}
