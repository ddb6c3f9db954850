"""The live connection of a page: replay, then messages as they come; frames of the page in between."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.web.frames import encode, stored_frame
from bot.channels.web.hub import TYPING, Hub, Line, Queued, first_of
from bot.channels.web.intake import Intake
from bot.channels.web.origin import is_same_origin, languages
from bot.channels.web.session import Session, Sessions
from bot.errors import StoreError

CLOSE_NO_SESSION = 4401  # the page must fetch a cookie first
CLOSE_REPLACED = 4409  # too many pages of this session are open
CLOSE_LATER = 1013  # "try again later" (RFC 6455 registry)
CLOSE_S = 2.0  # a dead connection may not take the closing frame


def cursor(text: str | None) -> int:
    """Read the id after which a page wants messages; nonsense means all of them."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 18 else 0


class SocketEndpoint:
    """Serves /chat/socket."""

    def __init__(self, sessions: Sessions, hub: Hub, intake: Intake, *, https: bool) -> None:
        self._sessions, self._hub, self._intake, self._https = sessions, hub, intake, https

    async def serve(self, websocket: WebSocket) -> None:
        """Answer one connection until either side ends it."""
        if not is_same_origin(websocket, https=self._https):
            await websocket.close()  # before the handshake: the browser sees 403
            return
        session = self._sessions.read(websocket.cookies)
        await websocket.accept()
        try:
            code = await self._talk(websocket, session) if session else CLOSE_NO_SESSION
        except WebSocketDisconnect:
            return
        with suppress(WebSocketDisconnect, TimeoutError, RuntimeError):  # RuntimeError: the server has closed it meanwhile
            async with asyncio.timeout(CLOSE_S):
                await websocket.close(code)

    async def _talk(self, websocket: WebSocket, session: Session) -> int:
        """Keep the page informed; returns the code to close with."""
        if not self._intake.is_open:
            return CLOSE_LATER
        with self._hub.line(session.address) as line:
            try:
                replayed = await self._replay(websocket, session)
            except StoreError:
                return CLOSE_LATER
            await first_of(
                self._read(websocket, session, line),
                _write(websocket, line, replayed),
                line.dropped(),
            )
            return CLOSE_REPLACED if line.replaced else CLOSE_LATER

    async def _replay(self, websocket: WebSocket, session: Session) -> set[int]:
        """Send the history above the page's cursor, then "ready"; returns the ids sent, which may be pushed once more."""
        stored = await self._intake.history(session.address, cursor(websocket.query_params.get("after")))
        for message in stored:
            await _send(websocket, encode(stored_frame(message)))
        await _send(websocket, encode({"type": "ready", "kept": session.kept}))
        return {message.id for message in stored}

    async def _read(self, websocket: WebSocket, session: Session, line: Line) -> None:
        hint = next(iter(languages(websocket)), None)
        while True:
            received = await websocket.receive()
            if received["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(received.get("code", 1005))
            text: str | None = received.get("text")
            answer = await self._intake.take(text if text is not None else b"", session.address, hint)
            line.offer(Queued(answer.frame))
            if answer.kept:
                self._hub.push(session.address, TYPING)
            await asyncio.sleep(0)  # what is answered at once, such as a refusal, keeps nobody else waiting, nor the answers themselves


async def _write(websocket: WebSocket, line: Line, replayed: Container[int]) -> None:
    while True:
        item = await line.next()
        if item.message_id is None or item.message_id not in replayed:
            await _send(websocket, item.frame)


async def _send(websocket: WebSocket, frame: str) -> None:
    """Send a frame; raises WebSocketDisconnect, also where the server closed the connection by itself (a page that answers no ping)."""
    try:
        await websocket.send_text(frame)
    except RuntimeError as error:
        raise WebSocketDisconnect(1006) from error
