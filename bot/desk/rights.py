"""Rights beside those of bot.cases: about reading, about colleagues, about cities."""

from __future__ import annotations

from typing import Final

from bot.cases import DESK_ROLES, Case, Staff
from bot.desk.board import is_helper

LEADS: Final = ("lead", "admin")


def has_desk(staff: Staff) -> bool:
    """Say whether somebody answers contacts: not who helps when asked, nor who only reviews."""
    return staff.profile.role in DESK_ROLES


def may_read(staff: Staff, case: Case) -> bool:
    """Say whether somebody may read what was written: helpers only once both sides have said yes."""
    return not is_helper(staff) or (case.advisor == staff.id and case.agreed)


def is_of(staff: Staff, city: str) -> bool:
    """Say whether somebody works for a city."""
    return staff.profile.city in ("", city)


def same_house(staff: Staff, other: Staff) -> bool:
    """Say whether two work for the same city, and for the same organisation where both have one."""
    one, two = staff.profile, other.profile
    same_city = not one.city or not two.city or one.city == two.city
    return same_city and (one.organisation is None or two.organisation is None or one.organisation == two.organisation)


def are_colleagues(staff: Staff, other: Staff) -> bool:
    """Say whether somebody gets to know of another: helpers and reviewers know nobody, advisors each other, leads them all."""
    if not has_desk(staff) or not same_house(staff, other):
        return False
    return staff.profile.role in LEADS or has_desk(other)


def may_remove(staff: Staff, other: Staff) -> bool:
    """Say whether a lead may end somebody's work here: of their own house, and no admin above them."""
    if other.profile.role == "admin" and (staff.profile.role != "admin" or (staff.profile.city and not other.profile.city)):
        return False
    return same_house(staff, other) and (staff.profile.organisation is None or staff.profile.organisation == other.profile.organisation)
