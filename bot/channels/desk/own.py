"""What concerns oneself: duty, the way of being woken, logins, practice."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.cases import Staff
from bot.channels.desk.bodies import DutyBody, EndBody, PracticeBody, WakeBody
from bot.channels.desk.desk import Desk
from bot.channels.desk.frames import Reader, session_json
from bot.channels.desk.guard import Guard, Wrong, body_of
from bot.channels.desk.session import Visit

LONGEST_AWAY: Final = timedelta(days=366)


class SelfEndpoints:
    """Serves what concerns oneself."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._host = desk, desk.host

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        guard = Guard(self._desk)
        return [
            guard.get("/desk/api/me", self.me),
            guard.post("/desk/api/duty", self.duty),
            guard.post("/desk/api/wake", self.wake),
            guard.get("/desk/api/sessions", self.sessions),
            guard.post("/desk/api/sessions", self.end_session),
            guard.post("/desk/api/practice", self.practise),
        ]

    def _told(self, request: Request, staff: Staff) -> Response:
        """Answer with somebody as they are now."""
        reader = Reader(self._host, staff, self._desk.locale_of(request), self._desk.service_name)
        return JSONResponse({"me": self._desk.me(reader)})

    async def me(self, request: Request, visit: Visit) -> Response:
        """Tell who is logged in."""
        locale = self._desk.locale_of(request)
        me = self._desk.me(self._desk.reader(visit, locale))
        return JSONResponse({"me": me, "csrf": visit.csrf, "texts": self._desk.texts.version(locale)})

    async def duty(self, request: Request, visit: Visit) -> Response:
        """Say that one is there or away."""
        wish, now = await body_of(request, DutyBody), self._desk.clock()
        if wish.away_until is not None and abs(wish.away_until - now) > LONGEST_AWAY:
            raise Wrong(422, "malformed")
        if wish.substitute is not None and not await self._is_colleague(visit.staff, wish.substitute):
            raise Wrong(422, "unknown", field="substitute")
        staff = await self._host.set_duty(
            visit.staff, is_available=wish.is_available, away_until=wish.away_until, substitute=wish.substitute
        )
        return self._told(request, staff)

    async def _is_colleague(self, staff: Staff, other: str) -> bool:
        return other != staff.id and any(colleague.id == other for colleague in await self._host.team(staff))

    async def wake(self, request: Request, visit: Visit) -> Response:
        """Choose how to be woken."""
        wish, staff = await body_of(request, WakeBody), visit.staff
        if wish.wake_by == "email" and not (wish.email or (wish.email is None and staff.has_email)):
            raise Wrong(422, "no-email")
        if wish.wake_by == "telegram" and not staff.has_telegram:
            raise Wrong(422, "no-telegram")
        staff = await self._host.set_wake(staff, wish.wake_by, wish.email)
        return self._told(request, staff)

    async def sessions(self, request: Request, visit: Visit) -> Response:
        """List one's own logins."""
        return await self._sessions(visit)

    async def _sessions(self, visit: Visit) -> Response:
        found = await self._host.sessions(visit.login)
        return JSONResponse({"sessions": [session_json(session, visit.login.session.id) for session in found]})

    async def end_session(self, request: Request, visit: Visit) -> Response:
        """End one of one's own logins and its pages."""
        wish = await body_of(request, EndBody)
        if wish.end not in {session.id for session in await self._host.sessions(visit.login)}:
            raise Wrong(404, "gone")
        await self._host.end_session(visit.login, wish.end)
        self._desk.doors.shut_login(visit.staff.id, wish.end)
        answer = await self._sessions(visit)
        if wish.end == visit.login.session.id:
            self._desk.logins.take_back(answer)
        return answer

    async def practise(self, request: Request, visit: Visit) -> Response:
        """Begin a practice case."""
        wish = await body_of(request, PracticeBody)
        if wish.locale not in self._desk.texts.locales:
            raise Wrong(422, "unknown", field="locale")
        return JSONResponse({"number": await self._host.practise(visit.staff, wish.kind, wish.locale)})
