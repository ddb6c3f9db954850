"""A translation server on loopback with the documented LibreTranslate API; it "translates" by writing the target around a text."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from aiohttp import web

Mode = Literal["ok", "slow", "500", "429", "mangling", "nonsense"]
LANGUAGES = ("ar", "en", "es", "fr", "zh-Hans")
SLOW_S = 30.0


class LibreTranslateServer:
    """`mode` may change at any time. `asked`: bodies of POST /translate, in order; `listed`: how often /languages was read."""

    def __init__(self, key: str = "") -> None:
        self.mode: Mode = "ok"
        self.key = key
        self.asked: list[dict[str, str]] = []
        self.listed = 0
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Begin to answer."""
        app = web.Application()
        app.add_routes([web.get("/languages", self._languages), web.post("/translate", self._translate)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop answering: from now on connections are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _languages(self, request: web.Request) -> web.Response:
        self.listed += 1
        if self.mode == "500":
            return web.json_response({"error": "out of order"}, status=500)
        return web.json_response([{"code": code, "name": code, "targets": _others(code)} for code in LANGUAGES])

    async def _translate(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        if self.key and body.get("api_key") != self.key:
            return web.json_response({"error": "Invalid API key"}, status=403)
        if body.get("source") not in LANGUAGES or body.get("target") not in LANGUAGES or body.get("format") != "text":
            return web.json_response({"error": f"{body.get('source')} is not supported"}, status=400)
        return await self._answer(body)

    async def _answer(self, body: dict[str, str]) -> web.Response:
        text = f"{body['target']}({body['q']})"
        match self.mode:
            case "slow":
                await asyncio.sleep(SLOW_S)
            case "500" | "429":
                return web.json_response({"error": "no"}, status=int(self.mode))
            case "mangling":
                text = text.replace("[[0]]", "[[7]]")
            case "nonsense":
                return web.Response(text="<html>proxy</html>", content_type="text/html")
        return web.json_response({"translatedText": text})


def _others(code: str) -> Sequence[str]:
    return [other for other in LANGUAGES if other != code]


@contextlib.asynccontextmanager
async def translating(key: str = "") -> AsyncIterator[LibreTranslateServer]:
    """Run the server for the length of the block."""
    server = LibreTranslateServer(key)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
