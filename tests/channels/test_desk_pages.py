"""The pages of the desk as they are sent: all their own, small, whole, and every word of them there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cases import Profile
from bot.channels.desk.texts import DESK_TEXTS, SHARED_TEXTS
from bot.web import FOLDER, static_files
from tests.channels.desk_server import DeskTown, Seat, desk_town
from tests.channels.test_web_page import Sources

FIRST_LOAD_BYTES = 100_000  # as it travels, packed
SOURCES = [*sorted((FOLDER / "static").glob("desk*.js")), FOLDER / "static" / "message.js"]
PAGES = [FOLDER / "templates" / name for name in ("desk.html", "desk_join.html")]


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskTown]:
    async with desk_town(tmp_path) as running:
        yield running


async def first_load(seat: Seat, path: str) -> tuple[str, int]:
    """Load a page and all it names; returns the page and the bytes that travelled."""
    async with seat.raw(path) as answer:
        html = str(await answer.text())
    sources = Sources()
    sources.feed(html)
    assert sources.inline == []
    total = len(html.encode())
    for address in set(sources.addresses):
        assert address.startswith("/static/")
        total += len(static_files().files[address.rpartition("/")[2]].packed)
    return html, total


@pytest.mark.parametrize("path", ["/desk", "/desk/join", "/desk?lang=ar"])
async def test_first_load_is_small_and_all_ours(desk: DeskTown, path: str) -> None:
    async with desk.seat(Profile("Ana", "admin", "madrid")) as seat:
        html, total = await first_load(seat, path)
        assert total < FIRST_LOAD_BYTES
        assert html.startswith("<!doctype html>")


async def test_every_module_is_preloaded(desk: DeskTown) -> None:
    async with desk.seat(Profile("Ana", "admin", "madrid")) as seat:
        html, _total = await first_load(seat, "/desk")
    wanted, known = ["desk.js"], set[str]()
    while wanted:
        name = wanted.pop()
        known.add(name)
        content = static_files().files[name].content.decode()
        wanted += [module for module in re.findall(r'from "\./([\w.]+)"', content) if module not in known]
    assert known == {name for name in static_files().files if f'"{static_files().url(name)}"' in html and name.endswith(".js")}


def test_every_word_of_the_pages_is_there() -> None:
    known = {*DESK_TEXTS, *SHARED_TEXTS}
    said = {key for path in SOURCES for key in re.findall(r"""\b(?:text|words)\(\s*"([a-z_0-9]+)\"""", path.read_text())}
    said |= {key for path in PAGES for key in re.findall(r"\btexts\.([a-z_0-9]+)", path.read_text())}
    assert said - known - {"js"} == set()


def test_every_text_is_shown_somewhere() -> None:
    sources = "\n".join(path.read_text() for path in [*SOURCES, *PAGES])
    assert {key for key in DESK_TEXTS if not is_said(key, sources)} == set()


def is_said(key: str, sources: str) -> bool:
    """Tell whether a key stands in the sources, whole or as the beginning that a kind, role or reason is put behind."""
    stems = [key[: match.end()] for match in re.finditer("_", key)]
    return bool(re.search(rf"""["'.`]{key}["'` }}.|]""", sources)) or any(
        re.search(rf"""["'`]{stem}(\$\{{|["'`])""", sources) for stem in stems
    )
