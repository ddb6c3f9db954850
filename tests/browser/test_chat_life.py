"""The chat page in Chromium: reloads, broken connections, shared phones, leaving, deleting."""

from __future__ import annotations

import asyncio
import time

import pytest
from playwright.async_api import Browser, Page, expect

from bot.errors import Overloaded
from bot.model import MAX_TEXT, CommandReceived
from tests.browser.conftest import OpenPage
from tests.browser.scenes import Scenes
from tests.browser.test_chat_page import say
from tests.channels.web_server import Served, served
from tests.channels.web_server import say as line


async def cookie(page: Page) -> float | None:
    """Return when the session cookie ends (-1: with the browser), or None where there is none."""
    found = [cookie for cookie in await page.context.cookies() if cookie["name"] == "dragoman"]
    return found[0]["expires"] if found else None


async def texts(page: Page) -> list[str]:
    """Return every message on the page, in order, without its who-line."""
    shown: list[str] = await page.evaluate("[...document.querySelectorAll('.mine p, .said')].map((node) => node.innerText.trim())")
    return shown


async def reload(page: Page) -> None:
    """Load the page anew and wait for its history."""
    await page.reload()
    await page.wait_for_selector("#log[aria-busy=false] .entry")


async def test_a_reload_shows_the_history_in_order(open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "uno")
    await say(page, "dos")
    await page.get_by_role("button", name="Español", exact=True).click()
    await expect(page.locator("article").last).to_contain_text("pressed 0")
    before = [text for text in await texts(page) if text != "Español"]
    await reload(page)
    assert await texts(page) == before  # this host keeps no line for a pressed button
    await say(page, "tres")
    assert (await texts(page))[-2:] == ["tres", "echo: tres"]


async def test_after_a_restart_everything_arrives_once(open_page: OpenPage, chat: Served) -> None:
    page = await open_page(quiet=False)
    await say(page, "antes")
    await chat.stop()
    await page.fill("#text", "mientras")
    await page.press("#text", "Enter")
    await page.fill("#text", "después")
    await page.press("#text", "Enter")
    await expect(page.locator("#status")).to_be_visible()
    await expect(page.locator(".state").first).to_have_text("Sending…")
    await chat.start()
    await expect(page.locator("article").last).to_contain_text("echo: después", timeout=20_000)
    await expect(page.locator("#status")).to_be_hidden()
    await expect(page.locator(".state")).to_have_count(0)
    assert (await texts(page))[1:] == ["antes", "echo: antes", "mientras", "echo: mientras", "después", "echo: después"]
    assert chat.host.texts() == ["antes", "mientras", "después"]


async def test_what_was_said_meanwhile_is_shown_after_a_restart(open_page: OpenPage, chat: Served) -> None:
    assert isinstance(chat.host, Scenes)
    page = await open_page(quiet=False)
    await say(page, "hola")
    await chat.stop()
    await chat.host.tell(chat.host.contact, line("mientras no estabas"))
    await chat.start()
    await expect(page.locator("article").last).to_contain_text("mientras no estabas", timeout=20_000)
    assert (await texts(page))[1:] == ["hola", "echo: hola", "mientras no estabas"]


async def test_looking_something_up_is_not_disturbed(open_page: OpenPage, chat: Served) -> None:
    assert isinstance(chat.host, Scenes)
    page = await open_page(quiet=False)
    for text in ("padron", "long", "padron", "long"):
        await say(page, text)
    await page.wait_for_timeout(600)
    await page.evaluate("document.querySelector('#log').scrollTop = 0")
    await page.wait_for_timeout(600)
    await chat.host.tell(chat.host.contact, line("noticia"))
    await expect(page.locator("article").last).to_contain_text("noticia")
    await chat.stop()
    await chat.start()
    await page.wait_for_timeout(2500)
    assert await page.evaluate("document.querySelector('#log').scrollTop") == 0


async def test_without_websockets_the_chat_still_works(chromium: Browser) -> None:
    async with served(Scenes(), sockets=False) as server:
        context = await chromium.new_context(locale="es-ES")
        page = await context.new_page()
        await page.goto(server.url)
        await page.wait_for_selector("#log[aria-busy=false] .entry", timeout=10_000)
        await say(page, "hola")
        await say(page, "padron")
        assert (await texts(page))[1:3] == ["hola", "echo: hola"]
        begin = time.monotonic()
        assert isinstance(server.host, Scenes)
        await server.host.tell(server.host.contact, line("de la asesora"))
        await expect(page.locator("article").last).to_contain_text("de la asesora")
        assert time.monotonic() - begin < 2  # a long poll, not a slow one
        await context.close()


async def test_what_was_not_sent_survives_a_reload(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    chat.host.refusals = [Overloaded(60.0)]
    await page.fill("#text", "no me pierdas")
    await page.press("#text", "Enter")
    await expect(page.locator("#status")).to_contain_text("Very many people")
    await reload(page)
    await expect(page.locator("article").last).to_contain_text("echo: no me pierdas")
    assert chat.host.texts() == ["no me pierdas"]
    assert (await texts(page))[1:] == ["no me pierdas", "echo: no me pierdas"]


async def test_a_long_text_is_announced_and_cut(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    await page.fill("#text", "😀a" * MAX_TEXT)
    await expect(page.locator("#hint")).to_contain_text("4000")
    await page.press("#text", "Enter")
    await expect(page.locator("article").last).to_contain_text("echo:")
    await expect(page.locator("#hint")).to_be_hidden()
    assert len(chat.host.texts()[0]) == MAX_TEXT


async def test_a_sign_of_work_shows_until_the_answer(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    answer = chat.host.answer
    chat.host.answer = lambda event: ()
    await page.fill("#text", "hola")
    await page.press("#text", "Enter")
    await expect(page.locator(".typing")).to_be_visible()
    chat.host.answer = answer
    assert isinstance(chat.host, Scenes)
    await chat.host.tell(chat.host.contact, line("aquí está"))
    await expect(page.locator("article").last).to_contain_text("aquí está")
    await expect(page.locator(".typing")).to_have_count(0)


async def test_ones_own_device_is_remembered_and_a_shared_one_is_not(open_page: OpenPage) -> None:
    page = await open_page()
    assert await cookie(page) == -1
    await say(page, "own")
    async with asyncio.timeout(30):
        while (await cookie(page) or 0) < time.time() + 29 * 86400:
            await asyncio.sleep(0.05)
    await reload(page)
    assert (await cookie(page) or 0) > time.time() + 29 * 86400
    await say(page, "shared")
    async with asyncio.timeout(30):
        while await cookie(page) != -1:
            await asyncio.sleep(0.05)
    await reload(page)
    assert (await texts(page))[-1] == "Vale, lo olvido al cerrar."
    assert await cookie(page) == -1


@pytest.mark.parametrize("way", ["esc", "button", "menu open"])
async def test_leaving_quickly_leaves_nothing(open_page: OpenPage, chat: Served, way: str) -> None:
    page = await open_page(quiet=False)
    await say(page, "algo privado")
    if way == "button":
        await page.click("#leave")
    else:
        if way == "menu open":
            await page.click(".menu summary")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
    await page.wait_for_url(chat.leave_url)
    assert await page.evaluate("sessionStorage.length + localStorage.length") == 0
    async with asyncio.timeout(30):
        while await cookie(page) is not None:
            await asyncio.sleep(0.05)
    await page.go_back()
    assert "privado" not in await page.content()  # the chat is not in the browser's history
    await page.goto(chat.url)
    await page.wait_for_selector("#log[aria-busy=false] .entry")
    assert len(await texts(page)) == 1  # only a new greeting


async def test_one_esc_or_two_slow_ones_stay(open_page: OpenPage, chat: Served) -> None:
    page = await open_page()
    await page.keyboard.press("Escape")
    await page.wait_for_timeout(1700)
    await page.keyboard.press("Escape")
    await page.wait_for_timeout(200)
    assert page.url == chat.url + "/"


async def test_leaving_takes_other_tabs_along(open_page: OpenPage, chat: Served) -> None:
    page = await open_page(quiet=False)
    other = await page.context.new_page()
    await other.goto(chat.url)
    await other.wait_for_selector("#log[aria-busy=false] .entry")
    await page.click("#leave")
    await other.wait_for_url(chat.leave_url)


async def test_on_ones_own_device_leaving_keeps_the_session(open_page: OpenPage, chat: Served) -> None:
    page = await open_page(quiet=False)
    await say(page, "own")
    async with asyncio.timeout(30):
        while await cookie(page) == -1:
            await asyncio.sleep(0.05)
    await page.click("#leave")
    await page.wait_for_url(chat.leave_url)
    await page.wait_for_timeout(300)
    assert await cookie(page) is not None


async def test_deleting_empties_the_page_and_drops_the_cookie(open_page: OpenPage, chat: Served) -> None:
    page = await open_page(quiet=False)
    await say(page, "own")
    await say(page, "algo privado")
    first = chat.host.accepted[-1].contact
    await page.click(".menu summary")
    await page.get_by_role("button", name="Delete my data").click()
    await expect(page.locator(".aside").first).to_contain_text("This page is empty now")
    assert await texts(page) == ["Todo borrado."]
    async with asyncio.timeout(30):
        while await cookie(page) is not None:
            await asyncio.sleep(0.05)
    await page.get_by_role("button", name="Start again").click()
    await expect(page.locator("article").last).to_contain_text("¡Hola!")
    assert chat.host.accepted[-1].contact != first
    assert isinstance(chat.host.accepted[-1].event, CommandReceived)


async def test_an_answer_that_deletes_nothing_leaves_the_page_alone(open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_role("button", name="Español", exact=True).click()
    await expect(page.locator("article").last).to_contain_text("pressed 0")
    await page.wait_for_timeout(1200)
    assert len(await texts(page)) == 3


async def test_a_lost_session_does_not_show_the_earlier_ones_conversation(open_page: OpenPage, chat: Served) -> None:
    page = await open_page(quiet=False)
    await say(page, "algo privado")
    await page.context.clear_cookies()
    await chat.stop()
    await chat.start()
    await expect(page.locator("#log")).not_to_contain_text("privado", timeout=20_000)
    await expect(page.locator("article")).to_have_count(1)
    await say(page, "soy otra persona")
    assert len({item.contact for item in chat.host.accepted}) == 2


async def test_where_too_many_come_from_one_address_the_page_waits_for_its_cookie(chromium: Browser, chat: Served) -> None:
    """The page itself comes at once, says that many are writing, and begins as soon as it may."""
    waits = iter([1.0, 1.0, 1.0])
    chat.channel.newcomers.take = lambda connection: next(waits, 0.0)  # type: ignore[method-assign]
    context = await chromium.new_context(locale="en-GB")
    page = await context.new_page()
    await page.goto(chat.url)
    await expect(page.locator("#status")).to_contain_text("Very many people")
    await expect(page.locator("#log article")).to_have_count(1, timeout=15_000)
    await expect(page.locator("#status")).to_be_hidden()
    await expect(page.locator("[data-text=cookies]")).to_have_count(0)
    assert next(waits, None) is None
    await context.close()
