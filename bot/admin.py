"""The commands of whoever runs the desk: they work beside a bot that serves from the same data."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence

from bot import i18n
from bot.app import bot_name_of, load_catalogues, opened_store, secret_of
from bot.cases import Profile
from bot.config import Settings
from bot.desk import fault_of, invitation
from bot.dialogue.terms import ROLES
from bot.errors import ConfigError
from bot.knowledge.load import load_knowledge
from bot.model import Knowledge
from bot.store.desk import DeskStore


@contextlib.asynccontextmanager
async def _desk_store(settings: Settings) -> AsyncIterator[DeskStore]:
    async with opened_store(settings, secret_of(settings), exclusive=False) as store:
        yield store.desk


async def invite(settings: Settings, profile: Profile) -> Mapping[str, str]:
    """Invite somebody; returns the links, the code and the staff id. Raises ConfigError for what the knowledge does not have."""
    knowledge = load_knowledge(settings.knowledge_dir)
    if not profile.name:
        profile = dataclasses.replace(profile, name=_named_by_role(profile, knowledge, load_catalogues(settings)))
    if fault := fault_of(profile, knowledge):
        raise ConfigError(fault)
    async with _desk_store(settings) as desk:
        code, staff_id = await desk.invite(profile)
    return {**invitation(settings.root_url, await bot_name_of(settings)(), code), "staff": staff_id}


def _named_by_role(profile: Profile, knowledge: Knowledge, catalogues: i18n.Catalogues) -> str:
    """Make a display name of the role, in the language of the city, and a number that tells two of them apart."""
    city = knowledge.cities.get(profile.city)
    locale = i18n.negotiate(city.host_language if city else None, catalogues.locales) or i18n.FALLBACK
    role = catalogues.translator(locale).gettext(ROLES.get(profile.role, profile.role))
    return f"{role[:1].upper()}{role[1:]} {100 + secrets.randbelow(900)}"


async def staff_list(settings: Settings, city: str | None) -> Sequence[Mapping[str, object]]:
    """Return who is staff now."""
    async with _desk_store(settings) as desk:
        team = await desk.team(city)
    return [{"id": staff.id, **dataclasses.asdict(staff.profile), "wake_by": staff.wake_by} for staff in team]


async def staff_remove(settings: Settings, staff_id: str) -> None:
    """End somebody's work here. Raises ConfigError for nobody."""
    async with _desk_store(settings) as desk:
        if await desk.staff_member(staff_id) is None:
            raise ConfigError("nobody of the desk has this id")
        await desk.remove_staff(staff_id)


async def desk_link(settings: Settings, city: str) -> str:
    """Return a code that links a Telegram group to a city. Raises ConfigError for a city that is not there."""
    cities = load_knowledge(settings.knowledge_dir).cities
    if city not in cities:
        raise ConfigError(f"no city {city!r}; there are: {', '.join(sorted(cities))}")
    async with _desk_store(settings) as desk:
        return await desk.link_code(city)


async def audit_verify(settings: Settings) -> int | None:
    """Return the first line of the audit that does not follow from the one before."""
    async with _desk_store(settings) as desk:
        return await desk.verify_audit()
