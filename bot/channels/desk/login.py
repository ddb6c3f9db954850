"""The way in and out: codes that are used up, links that are asked for, and the end of a login."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.channels.desk.bodies import JoinBody, LoginBody, NothingBody
from bot.channels.desk.desk import Desk
from bot.channels.desk.guard import Guard, Wrong, body_of
from bot.channels.desk.session import Visit, device_of
from bot.errors import StoreError

LOGIN_PAUSE: Final = timedelta(seconds=60)  # between two links to the same address
LOGINS_AT_ONCE: Final = 16


class LoginEndpoints:
    """Serves /desk/join, /desk/login and /desk/logout."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked: dict[str, datetime] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        guard = Guard(self._desk)
        return [guard.open("/desk/join", self.join), guard.open("/desk/login", self.login), guard.post("/desk/logout", self.logout)]

    async def join(self, request: Request) -> Response:
        """Use a code up: a new login under a new token, whatever cookie came along; an earlier login of this browser ends."""
        wish = await body_of(request, JoinBody)
        self._try(request)
        found = await self._desk.host.redeem(wish.code, device_of(request.headers.get("user-agent", "")))
        if found is None:
            raise Wrong(410, "code")
        self._desk.logins.failures.give_back(request)
        earlier = await self._desk.logins.of(request)
        if earlier is not None:
            await self._end(earlier)
        answer = JSONResponse({"ok": True})
        self._desk.logins.give(answer, found[1])
        return answer

    async def login(self, request: Request) -> Response:
        """Send a link to an address if it is somebody's; neither answer nor time nor limit says whether it is."""
        wish = await body_of(request, LoginBody)
        self._try(request)
        if wish.email and self._is_due(wish.email.casefold()):
            task = asyncio.create_task(self._ask(wish.email))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return JSONResponse({"ok": True}, 202)

    def _try(self, request: Request) -> None:
        """Count what may fail, before anybody knows; raises Wrong where too much did."""
        if self._desk.logins.failures.take(request):
            raise Wrong(429, "unavailable")

    def _is_due(self, address: str) -> bool:
        """Say whether this address may be sent a link now; what is too much at once is dropped."""
        now = self._desk.clock()
        self._asked = {known: at for known, at in self._asked.items() if now - at < LOGIN_PAUSE}
        if address in self._asked or len(self._asking) >= LOGINS_AT_ONCE:
            return False
        self._asked[address] = now
        return True

    async def _ask(self, email: str) -> None:
        try:
            await self._desk.host.ask_login(email)
        except StoreError:
            self._asked.pop(email.casefold(), None)

    async def logout(self, request: Request, visit: Visit) -> Response:
        """End this login and its pages."""
        await body_of(request, NothingBody)
        await self._end(visit)
        answer = JSONResponse({"ok": True})
        self._desk.logins.take_back(answer)
        return answer

    async def _end(self, visit: Visit) -> None:
        session = visit.login.session
        await self._desk.host.end_session(visit.login, session.id)
        self._desk.doors.shut_login(session.staff_id, session.id)
