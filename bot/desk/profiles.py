"""What an invite may say about somebody: only what the knowledge has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.cases import ROLES, Profile
from bot.knowledge import values
from bot.model import City, Knowledge

MAX_NAME = 60  # characters of a display name


def fault_of(profile: Profile, knowledge: Knowledge) -> str:
    """Return what is wrong with a profile, or an empty text."""
    return next(_faults(profile, knowledge), "")


def _faults(profile: Profile, knowledge: Knowledge) -> Iterator[str]:
    if not profile.name.strip() or len(profile.name) > MAX_NAME:
        yield f"a name has 1 to {MAX_NAME} characters"
    if profile.role not in ROLES:
        yield _unknown("role", [profile.role], ROLES)
    city = knowledge.cities.get(profile.city)
    if city is None and not (profile.city == "" and profile.role == "admin"):
        yield _unknown("city", [profile.city], knowledge.cities)
    yield from _of_city(profile, city)
    if wrong := [topic for topic in profile.topics if topic not in knowledge.topics and topic != "legal"]:
        yield _unknown("topic", wrong, (*knowledge.topics, "legal"))
    if wrong := [language for language in profile.languages if values.language(language)]:
        yield f"{', '.join(map(repr, wrong))} {values.language(wrong[0])}"
    if profile.hours is not None and (complaint := values.hours(profile.hours)):
        yield f"the hours: {complaint}"


def _of_city(profile: Profile, city: City | None) -> Iterator[str]:
    organisations, areas = (city.organisations, city.areas) if city else ({}, {})
    if profile.organisation is not None and profile.organisation not in organisations:
        yield _unknown("organisation", [profile.organisation], organisations)
    if wrong := [area for area in profile.areas if area not in areas]:
        yield _unknown("area", wrong, areas)


def _unknown(what: str, wrong: Sequence[str], known: Iterable[str]) -> str:
    return f"no {what} {', '.join(map(repr, wrong))}; there are: {', '.join(known) or 'none'}"
