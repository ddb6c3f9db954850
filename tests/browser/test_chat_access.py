"""The chat page for people who do not use it as its makers do: screen readers, keyboards, large letters, own colours, old browsers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import FLAGS, OpenPage, chromium_path
from tests.browser.test_chat_page import say
from tests.browser.visitors import SIDEWAYS
from tests.channels.web_server import Served

CONTROLS = {"button", "link", "textbox", "DisclosureTriangle", "log", "img"}
WATCH = """() => {
  window.arrivals = [];
  const log = document.querySelector("#log");
  const note = (record) => record.addedNodes.forEach((node) => node.querySelector?.("article") && window.arrivals.push(node.innerText));
  new MutationObserver((records) => records.forEach(note)).observe(log, { childList: true, subtree: true });
}"""


async def controls(page: Page) -> list[tuple[str, str]]:
    """Return role and name of everything one can act on, as assistive software gets it."""
    session = await page.context.new_cdp_session(page)
    tree: dict[str, list[dict[str, Any]]] = await session.send("Accessibility.getFullAXTree")
    heard = [node for node in tree["nodes"] if not node["ignored"]]
    named = [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in heard]
    return [(role, name) for role, name in named if role in CONTROLS]


async def test_every_control_has_a_name(open_page: OpenPage) -> None:
    page = await open_page(permissions=["geolocation"])
    for text in ("padron", "عنوان", "زوجي يضربني", "where", "data"):
        await say(page, text)
    await page.click(".menu summary")
    found = await controls(page)
    assert len(found) > 25
    assert [role for role, name in found if not name] == []


async def test_an_answer_is_announced_once(open_page: OpenPage, chat: Served) -> None:
    page = await open_page(quiet=False)
    await page.evaluate(WATCH)
    for text in ("padron", "زوجي يضربني"):
        await say(page, text)
    await chat.stop()
    await chat.start()
    await say(page, "lucia")
    arrivals: list[str] = await page.evaluate("window.arrivals")  # what is put into a live region, or moved in it, is read out
    assert [text.count("Dragoman") + text.count("Lucía ·") for text in arrivals] == [1, 1, 1]
    await expect(page.locator("#log article [aria-live], #log article [role=status]")).to_have_count(0)
    await expect(page.locator(".status")).to_be_hidden()


async def test_what_moves_does_not_move_for_those_who_asked(open_page: OpenPage) -> None:
    page = await open_page(reduced_motion="reduce")
    await say(page, "padron")
    await page.fill("#text", "long")
    await page.press("#text", "Enter")
    assert await page.evaluate("document.getAnimations().length") == 0
    assert await page.evaluate("getComputedStyle(document.querySelector('#log')).scrollBehavior") == "auto"


async def test_own_colours_leave_the_outlines(open_page: OpenPage) -> None:
    page = await open_page(forced_colors="active")
    await say(page, "padron")
    borders: list[bool] = await page.evaluate(
        """[".msg", ".mine .msg", ".pill", ".row + .row", ".rows", "#send", "#text"].map((part) => {
          const style = getComputedStyle(document.querySelector(part));
          return parseFloat(style.borderTopWidth) > 0 && style.borderTopColor !== style.backgroundColor;
        })"""
    )
    assert all(borders)


# 1280 x 1024 enlarged four times; a phone on its side; a phone at twice the size
@pytest.mark.parametrize("size", [(320, 256), (640, 360), (210, 450)])
async def test_enlarged_pages_keep_everything_in_reach(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = await open_page(width=size[0], height=size[1])
    for text in ("padron", "زوجي يضربني"):
        await say(page, text)
        assert await page.evaluate(SIDEWAYS) == [0, 0, 0]
    room = await page.evaluate("document.querySelector('#log').clientHeight")
    assert room >= 0.45 * size[1]
    for way in ("#person", "#leave", "#language", ".menu summary", "#text", "#send"):
        await expect(page.locator(way)).to_be_in_viewport(ratio=1)
    assert ("button", "Talk to a person") in await controls(page)  # also where only its sign has room
    await page.click(".menu summary")
    await page.get_by_role("button", name="Delete my data").scroll_into_view_if_needed()
    await expect(page.get_by_role("button", name="Delete my data")).to_be_in_viewport(ratio=1)


async def test_letters_twice_as_large_fit(chromium: Browser, chat: Served) -> None:
    flags = [*FLAGS, "--blink-settings=defaultFontSize=32"]
    browser = await chromium.browser_type.launch(executable_path=chromium_path(), args=flags)
    page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="es-ES")
    await page.goto(chat.url)
    await page.wait_for_selector("#log[aria-busy=false] .entry")
    assert await page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 34
    for text in ("padron", "زوجي يضربني"):
        await say(page, text)
        assert await page.evaluate(SIDEWAYS) == [0, 0, 0]
    assert await page.evaluate("document.querySelector('#log').clientHeight") > 200
    await browser.close()


async def test_the_menu_closes_behind_the_focus(open_page: OpenPage) -> None:
    page = await open_page()
    await page.focus(".menu summary")
    await page.keyboard.press("Enter")
    for _ in range(5):
        await page.keyboard.press("Tab")
        await expect(page.locator(".sheet")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator("#person")).to_be_focused()
    await expect(page.locator(".sheet")).to_be_hidden()


@pytest.mark.parametrize("fault", ["syntax", "missing"])
async def test_where_the_page_cannot_start_it_says_so_and_names_112(chromium: Browser, chat: Served, fault: str) -> None:
    page = await chromium.new_page(viewport={"width": 320, "height": 640})
    if fault == "syntax":  # as an old browser reads new words
        await page.route("**/chat.js", lambda route: route.fulfill(body="let a = b ?=> c;", content_type="text/javascript"))
    else:
        await page.route("**/message.js", lambda route: route.abort())
    await page.goto(chat.url)
    await expect(page.locator("#log .alert")).to_have_count(3)
    for line in await page.locator("#log .alert").all():
        await expect(line).to_be_in_viewport()
        assert "112" in (await line.text_content() or "")
    await page.close()
