"""The team, and what leads and admins see and do: invites, figures, reports, the audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.cases import Profile, Refused
from bot.channels.desk.bodies import HIGHEST, InviteBody, ResolveBody, StaffBody
from bot.channels.desk.desk import Desk
from bot.channels.desk.frames import (
    Json,
    Reader,
    area_json,
    audit_json,
    colleague_json,
    figure_json,
    organisation_json,
    report_json,
    topic_json,
)
from bot.channels.desk.guard import Guard, Wrong, body_of, lead_only, number_of, refusal
from bot.channels.desk.session import Visit
from bot.model import City

AUDIT_PAGE: Final = 500


class TeamEndpoints:
    """Serves the team, invites, figures, reports and the audit."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._host = desk, desk.host

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        guard = Guard(self._desk)
        return [
            guard.get("/desk/api/team", self.team),
            guard.post("/desk/api/invite", self.invite),
            guard.post("/desk/api/team/remove", self.remove),
            guard.get("/desk/api/figures", self.figures),
            guard.get("/desk/api/reports", self.reports),
            guard.post("/desk/api/reports/resolve", self.resolve),
            guard.get("/desk/api/audit", self.audit),
        ]

    def _reader(self, request: Request, visit: Visit) -> Reader:
        return self._desk.reader(visit, self._desk.locale_of(request))

    def _city(self, visit: Visit, wanted: str | None) -> City | None:
        """Return the city somebody works in: only those of every city may choose."""
        own = visit.staff.profile.city
        return self._host.city(own or wanted or "") if not (own and wanted) or own == wanted else None

    async def team(self, request: Request, visit: Visit) -> Response:
        """Name the colleagues and all else a case can go to."""
        reader, now = self._reader(request, visit), self._desk.clock()
        shown: Json = {"team": [colleague_json(reader, other, now) for other in await self._host.team(visit.staff)]}
        city = self._city(visit, request.query_params.get("city"))
        return JSONResponse(shown | self._aims(city, reader.locale))

    def _aims(self, city: City | None, locale: str) -> Json:
        if city is None:
            return {"topics": [], "organisations": [], "areas": []}
        return {
            "topics": [topic_json(self._host, slug, locale) for slug in topics_of(city)],
            "organisations": [organisation_json(self._host, city.slug, slug) for slug in city.organisations],
            "areas": [area_json(self._host, city.slug, slug, locale) for slug in city.areas],
        }

    async def invite(self, request: Request, visit: Visit) -> Response:
        """Invite somebody."""
        wish = await body_of(request, InviteBody)
        lead_only(visit)
        if wish.role == "admin" and visit.staff.profile.role != "admin":
            raise Wrong(403, "not-allowed")
        found = await self._host.invite(visit.staff, profile_of(wish, self._city(visit, wish.city)))
        if isinstance(found, Refused):
            raise refusal(found)
        return JSONResponse({name: found.get(name, "") for name in ("web", "telegram", "code")})

    async def remove(self, request: Request, visit: Visit) -> Response:
        """End somebody's work here, and their open pages."""
        wish = await body_of(request, StaffBody)
        lead_only(visit)
        if not await self._host.remove_staff(visit.staff, wish.id):
            raise Wrong(404, "gone")
        self._desk.doors.shut_staff(wish.id)
        return JSONResponse({"ok": True})

    async def figures(self, request: Request, visit: Visit) -> Response:
        """Send the figures of the desk."""
        lead_only(visit)
        reader = self._reader(request, visit)
        return JSONResponse({"figures": [figure_json(reader, figure) for figure in await self._host.figures(visit.staff)]})

    async def reports(self, request: Request, visit: Visit) -> Response:
        """Send the open reports on answers."""
        lead_only(visit)
        reader = self._reader(request, visit)
        return JSONResponse({"reports": [report_json(reader, report) for report in await self._host.reports(visit.staff)]})

    async def resolve(self, request: Request, visit: Visit) -> Response:
        """Close a report."""
        wish = await body_of(request, ResolveBody)
        lead_only(visit)
        if not await self._host.resolve(visit.staff, wish.id):
            raise Wrong(404, "gone")
        return JSONResponse({"ok": True})

    async def audit(self, request: Request, visit: Visit) -> Response:
        """Send a page of the audit, newest first."""
        if visit.staff.profile.role != "admin":
            raise Wrong(403, "not-allowed")
        before = number_of(request.query_params.get("before", str(HIGHEST)))
        lines = [line for line in await self._host.audit(visit.staff) if line.id < before]
        names = {other.id: other.profile.name for other in await self._host.team(visit.staff)}
        page = [audit_json(line, names) for line in reversed(lines[-AUDIT_PAGE:])]
        return JSONResponse({"audit": page, "more": len(lines) > AUDIT_PAGE})


def topics_of(city: City) -> list[str]:
    """Return the topics of a city in order of their slugs: what its desks take, what is known, and the law."""
    desks = {topic for desk in city.desks.values() for topic in desk.topics}
    return sorted({"legal"} | desks | {entry.topic for entry in city.entries.values()})


def profile_of(wish: InviteBody, city: City | None) -> Profile:
    """Return what an invite says; raises Wrong where the city does not know what it names."""
    if city is None:
        raise Wrong(422, "unknown", field="city")
    known("topics", wish.topics, topics_of(city))
    known("areas", wish.areas, list(city.areas))
    known("organisation", [wish.organisation] if wish.organisation else [], list(city.organisations))
    return Profile(
        name=wish.name,
        role=wish.role,
        city=city.slug,
        organisation=wish.organisation,
        languages=wish.languages,
        topics=wish.topics,
        areas=wish.areas,
        gender=wish.gender,
        hours=wish.hours or None,
        on_call=wish.on_call,
    )


def known(field: str, wanted: Sequence[str], there: Sequence[str]) -> None:
    """Refuse what a city does not know; raises Wrong."""
    if not set(wanted) <= set(there):
        raise Wrong(422, "unknown", field=field)
