"""What people asked in vain: groups of kept questions, for leads; what becomes of them is for admins."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.cases import Refused
from bot.channels.desk.bodies import DismissBody, GrowBody
from bot.channels.desk.desk import Desk
from bot.channels.desk.frames import Json, Reader, gap_json
from bot.channels.desk.guard import Guard, Wrong, body_of, lead_only, refusal
from bot.channels.desk.session import Visit
from bot.records import Gap


class GapEndpoints:
    """Serves the groups, and what an admin does with them."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._host = desk, desk.host

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        guard = Guard(self._desk)
        return [
            guard.get("/desk/api/gaps", self.gaps),
            guard.post("/desk/api/gaps/add", self.add),
            guard.post("/desk/api/gaps/dismiss", self.dismiss),
        ]

    async def gaps(self, request: Request, visit: Visit) -> Response:
        """Send the groups, and to admins the answers they can be added to."""
        lead_only(visit)
        reader = self._desk.reader(visit, self._desk.locale_of(request))
        found = await self._host.gaps(visit.staff)
        is_admin = visit.staff.profile.role == "admin"
        entries = self._entries(reader, found) if is_admin else {}
        return JSONResponse({"gaps": [gap_json(reader, gap) for gap in found], "entries": entries, "may_change": is_admin})

    def _entries(self, reader: Reader, found: Sequence[Gap]) -> Json:
        """Name the answers of the cities, each with the languages it is there in."""
        cities = {slug: city for slug in {gap.city for gap in found} if (city := self._host.city(slug))}
        return {
            slug: [
                {"id": entry.id, "title": self._host.entry_title(slug, entry.id, reader.locale), "languages": [*entry.words]}
                for entry in city.entries.values()
                if entry.status != "archived"
            ]
            for slug, city in cities.items()
        }

    async def add(self, request: Request, visit: Visit) -> Response:
        """Write a group into the file of an entry."""
        wish = await body_of(request, GrowBody)
        return self._told(visit, await self._host.add_gap(visit.staff, wish.ids, wish.entry_id))

    async def dismiss(self, request: Request, visit: Visit) -> Response:
        """Take a group off the list."""
        wish = await body_of(request, DismissBody)
        return self._told(visit, await self._host.dismiss_gap(visit.staff, wish.ids))

    def _told(self, visit: Visit, result: int | Refused) -> Response:
        if visit.staff.profile.role != "admin":
            raise Wrong(403, "not-allowed")
        if isinstance(result, Refused):
            raise refusal(result)
        return JSONResponse({"ok": True, "count": result})
