"""A real Chromium, and the chat page on a real server."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.scenes import Scenes
from tests.browser.visitors import PATIENCE_MS
from tests.channels.web_server import Served, served

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FOLDER = Path(__file__).parent
expect.set_options(timeout=PATIENCE_MS)
OpenPage = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, and let it share the event loop the browser lives in."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def chromium_path() -> str | None:
    """Return where Chromium is installed, if it is."""
    return next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests, a context of their own for each; without one the test is skipped, and fails where CI promised one."""
    path = chromium_path()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium found (Debian: apt-get install chromium), and CI=true asks for the browser tests")
        pytest.skip("no Chromium found (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chat() -> AsyncIterator[Served]:
    """The chat page before a host that plays the scenes."""
    async with served(Scenes()) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(chromium: Browser, chat: Served) -> AsyncIterator[OpenPage]:
    """Opens the chat in a browser of its own; whatever the page reports as an error fails the test at its end."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    async def open_page(
        path: str = "/", *, width: int = 420, height: int = 900, locale: str = "es-ES", quiet: bool = True, **more: Any
    ) -> Page:
        context = await chromium.new_context(viewport={"width": width, "height": height}, locale=locale, **more)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        if quiet:
            page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        await page.goto(chat.url + path)
        await page.wait_for_selector("#log[aria-busy=false] .entry")
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert faults == []
