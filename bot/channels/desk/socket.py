"""The live connection of a desk page: the board and its changes, and the cases that are open on it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.desk.bodies import CloseFrame, OpenFrame, PingFrame, read_frame
from bot.channels.desk.desk import Desk
from bot.channels.desk.frames import BoardView, Json, Reader, case_json, iso, line_json
from bot.channels.desk.session import CLOSE_NO_LOGIN, Door, Visit
from bot.channels.web.frames import encode
from bot.errors import StoreError
from bot.records import CaseLine

CHECK_S: Final = 10.0  # between two looks whether the login still stands
IDLE: Final = timedelta(hours=12)  # a page that nobody touches for so long ends its login
COALESCE_S: Final = 0.2  # between two updates of the board
SEEN_S: Final = 20.0  # between two signs of life that are passed on
PANES: Final = 12  # cases open on one page
OVERLAP: Final = timedelta(seconds=2)  # a change may become visible a little after its time
CLOSE_LATER: Final = 1013  # "try again later" (RFC 6455 registry)
CLOSE_S: Final = 2.0  # a dead connection may not take the closing frame


class Ended(Exception):
    """The connection is to be closed with a code: this ends all tasks of it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class SocketEndpoint:
    """Serves /desk/socket."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def serve(self, websocket: WebSocket) -> None:
        """Answer one connection until either side ends it."""
        if not self._desk.logins.is_same_origin(websocket):
            await websocket.close()  # before the handshake: the browser sees 403
            return
        await websocket.accept()
        code = await self._talk(websocket)
        if code is None:
            return
        with suppress(WebSocketDisconnect, TimeoutError, RuntimeError):  # RuntimeError: the server has closed it meanwhile
            async with asyncio.timeout(CLOSE_S):
                await websocket.close(code)

    async def _talk(self, websocket: WebSocket) -> int | None:
        """Keep the page informed; returns the code to close with, None where the page is gone."""
        try:
            visit = await self._desk.logins.of(websocket)
        except StoreError:
            return CLOSE_LATER
        if visit is None:
            return CLOSE_NO_LOGIN
        locale = self._desk.locale_of(websocket)
        with self._desk.doors.door(visit) as door:
            return await Page(self._desk, websocket, visit, door, locale).run()


@dataclass(slots=True)
class Pane:
    """A case that is open on a page, and what of it was sent."""

    number: int
    after: int
    since: datetime
    version: int | None = None
    sent: dict[int, CaseLine] = field(default_factory=dict)

    def fresh(self, lines: list[CaseLine]) -> list[CaseLine]:
        """Return what was not sent yet, as it stands, and note that it is."""
        found = [line for line in lines if self.sent.get(line.id) != line]
        for line in found:
            self.sent[line.id] = line
            self.after, self.since = max(self.after, line.id), max(self.since, line.changed_at)
        return found


class Page:
    """One open page."""

    def __init__(self, desk: Desk, websocket: WebSocket, visit: Visit, door: Door, locale: str) -> None:
        self._desk, self._socket, self._visit, self._door, self._locale = desk, websocket, visit, door, locale
        self._host = desk.host
        self._view = BoardView(desk.rows)
        self._panes: dict[int, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()
        self._active_at = desk.clock()
        self._seen_at: datetime | None = None
        self._me: Json = {}

    async def run(self) -> int | None:
        """Talk until something ends it; returns the code to close with, None where the page is gone."""
        code: int | None = None
        try:
            await self._greet()
            async with asyncio.TaskGroup() as group:
                for work in (self._read(group), self._tell_board(), self._check_login(), self._wait_at_door()):
                    group.create_task(work)
        except* WebSocketDisconnect:
            pass
        except* StoreError:
            code = CLOSE_LATER
        except* Ended as ended:
            code = next(error.code for error in ended.exceptions if isinstance(error, Ended))
        return code

    @property
    def _reader(self) -> Reader:
        return self._desk.reader(self._visit, self._locale)

    async def _send(self, frame: Json) -> None:
        """Send a frame; who is slow is waited for, and is told later what changed meanwhile, all at once."""
        async with self._sending:
            try:
                await self._socket.send_text(encode(frame))
            except RuntimeError as error:  # the server has closed it by itself
                raise WebSocketDisconnect(1006) from error

    # ------------------------------------------------------------ the login

    async def _wait_at_door(self) -> None:
        raise Ended(await self._door.wait())

    async def _check_login(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            if self._desk.clock() - self._active_at > IDLE:
                await self._host.end_session(self._visit.login, self._visit.login.session.id)
                raise Ended(CLOSE_NO_LOGIN)
            visit = await self._desk.logins.by_token(self._visit.token)
            if visit is None:
                raise Ended(CLOSE_NO_LOGIN)
            self._visit = visit
            await self._tell_me()

    async def _tell_me(self) -> None:
        me = self._desk.me(self._reader)
        if me != self._me:
            self._me = me
            await self._send({"type": "me", "me": me})

    # ------------------------------------------------------------ the board

    async def _greet(self) -> None:
        self._me = self._desk.me(self._reader)
        hello: Json = {"type": "hello", "me": self._me, "csrf": self._visit.csrf, "now": iso(self._desk.clock())}
        await self._send(hello | {"texts": self._desk.texts.version(self._locale)})

    async def _tell_board(self) -> None:
        version = await self._host.changed(-1)
        await self._send(self._view.whole(self._visit.staff, await self._host.board(self._visit.staff), self._locale))
        while True:
            version = await self._host.changed(version)
            frame = self._view.changes(self._visit.staff, await self._host.board(self._visit.staff), self._locale)
            if frame is not None:
                await self._send(frame)
            await asyncio.sleep(COALESCE_S)

    # ------------------------------------------------------------ open cases

    async def _tell_case(self, pane: Pane) -> None:
        """Keep a case up to date until the page closes it, or may not see it any more."""
        version = await self._host.changed(-1)
        while await self._tell_lines(pane):
            version = await self._host.changed(version)
        await self._send({"type": "gone", "number": pane.number})
        self._panes.pop(pane.number, None)

    async def _tell_lines(self, pane: Pane) -> bool:
        """Send what is new in a case; False when it is not there for this person."""
        staff = self._visit.staff
        case = await self._host.case(staff, pane.number)
        if case is None:
            return False
        if case.version == pane.version:
            return True
        since = None if pane.version is None else pane.since - OVERLAP
        lines = await self._host.lines(staff, pane.number, pane.after, since)
        if lines is None:
            return False
        pane.version = case.version
        reader, fresh = self._reader, pane.fresh(list(lines))
        shown = case_json(reader, case, await self._host.board(staff))
        await self._send(
            {"type": "lines", "number": case.number, "lines": [line_json(reader, case, line) for line in fresh], "case": shown}
        )
        return True

    # ------------------------------------------------------------ what the page says

    async def _read(self, group: asyncio.TaskGroup) -> None:
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(received.get("code", 1005))
            frame = read_frame(received.get("text"))
            if isinstance(frame, OpenFrame):
                await self._open(group, frame)
            elif isinstance(frame, CloseFrame):
                self._close(frame.number)
            elif isinstance(frame, PingFrame):
                await self._ping(frame)
            else:
                await self._send({"type": "error", "error": "malformed"})

    async def _open(self, group: asyncio.TaskGroup, frame: OpenFrame) -> None:
        self._close(frame.number)
        if len(self._panes) >= PANES:
            await self._send({"type": "error", "error": "too-many", "number": frame.number})
            return
        self._active_at = self._desk.clock()
        self._panes[frame.number] = group.create_task(self._tell_case(Pane(frame.number, frame.after, self._active_at)))

    def _close(self, number: int) -> None:
        task = self._panes.pop(number, None)
        if task is not None:
            task.cancel()

    async def _ping(self, frame: PingFrame) -> None:
        now = self._desk.clock()
        self._active_at = now if frame.active else self._active_at
        if self._seen_at is None or (now - self._seen_at).total_seconds() >= SEEN_S:
            self._seen_at = now
            await self._host.seen(self._visit.staff)
        await self._send({"type": "pong"})
