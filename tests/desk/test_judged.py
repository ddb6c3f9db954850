"""What reports and confirmations mean for everybody: which answers are warned of or hidden, and which confirmation of a hash counts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.cases import DESK_ROLES, ROLES, Profile, Staff
from bot.desk.judged import flags_of, with_new
from bot.desk.rights import are_colleagues, has_desk
from bot.desk.rules import invitation
from bot.dialogue.context import Flag
from bot.model import Confirmation
from bot.records import About, Confirmed, Report, Reporter

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def report(by_whom: Reporter, about: About = "answer", locale: str = "de") -> Report:
    return Report(1, "graz", "egov.nie", locale, by_whom, AT, "why", about)


@pytest.mark.parametrize(
    ("by_whom", "about", "flag"),
    [
        ("contact", "answer", None),
        ("advisor", "answer", "warning"),
        ("reviewer", "answer", "warning"),
        ("lead", "answer", "hidden"),
        ("reviewer", "changed", "warning"),
        ("lead", "changed", "warning"),
    ],
)
def test_a_report_weighs_as_its_author(by_whom: Reporter, about: About, flag: Flag | None) -> None:
    assert flags_of([report(by_whom, about)]) == ({("graz", "egov.nie"): flag} if flag else {})


def test_the_heavier_report_counts_in_any_order() -> None:
    both = [report("lead"), report("reviewer")]
    assert flags_of(both) == flags_of(both[::-1]) == {("graz", "egov.nie"): "hidden"}


def test_a_wording_is_flagged_in_its_language() -> None:
    assert flags_of([report("lead", "wording", "ar")]) == {("graz", "egov.nie:ar"): "hidden"}
    assert flags_of([report("reviewer", "wording", "ar")]) == {("graz", "egov.nie:ar"): "warning"}


def test_the_newest_confirmation_of_a_hash_counts_and_stands_last() -> None:
    first = [
        Confirmed(1, "graz", "egov.nie", "", "a", date(2026, 11, 1), "Ana"),
        Confirmed(2, "graz", "egov.nie", "", "b", date(2026, 11, 2), "Bo"),
    ]
    known = with_new({}, first)
    again = with_new(known, [Confirmed(3, "graz", "egov.nie", "", "a", date(2026, 11, 3), "Zoe")])
    assert list(again[("graz", "egov.nie", "")].items()) == [
        ("b", Confirmation(date(2026, 11, 2), "Bo")),
        ("a", Confirmation(date(2026, 11, 3), "Zoe")),
    ]
    assert known[("graz", "egov.nie", "")]["a"].by == "Ana"  # what a turn looks at meanwhile stays whole


def test_a_reviewer_has_no_desk_and_is_nobodys_colleague() -> None:
    people = {role: Staff(role, Profile(role, role, "graz")) for role in ROLES}
    assert {role for role, staff in people.items() if has_desk(staff)} == set(DESK_ROLES)
    reviewer = people["reviewer"]
    assert not any(are_colleagues(reviewer, other) for other in people.values())
    assert {role for role, staff in people.items() if are_colleagues(staff, reviewer)} == {"lead", "admin"}


def test_an_invitation_of_a_reviewer_leads_to_the_chat() -> None:
    links = invitation("https://bot.example", "graz_bot", "AAAA", "reviewer")
    assert links == {"web": "https://bot.example/?start=i_AAAA", "telegram": "https://t.me/graz_bot?start=i_AAAA", "code": "AAAA"}
    assert invitation("https://bot.example", "", "AAAA", "lead")["web"] == "https://bot.example/desk/join#AAAA"
