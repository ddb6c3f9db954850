"""Real people's ways through the real bot: `dragoman serve` in a process of its own, the city's own knowledge, Chromium."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from tests.browser.test_chat_page import VOICES
from tests.browser.visitors import PATIENCE_MS, SIDEWAYS, Visitor
from tests.running import Bot, free_port

QUESTION = {"es": "como me empadrono si no tengo contrato", "ar": "كيف أسجل عنواني", "en": "how do I register my address"}
TITLE = {"es": re.compile("[Ee]mpadron"), "ar": re.compile("عنوان"), "en": re.compile("[Rr]egister|[Aa]ddress")}
CRISIS = {"es": "mi marido me pega", "ar": "زوجي يضربني", "en": "I can't breathe"}
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script><b>hola</b>'
STEPS = re.compile(r"\(\d+\)$")  # "Step by step (5)" comes first, "Places (2)" after it
NO_SOCKETS = """window.WebSocket = class extends EventTarget {
  constructor() { super(); setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 })), 5); }
  close() {}
}"""
FOCUS_IS_SEEN = """() => {
  const node = document.activeElement;
  if (node === document.body) return true;
  const box = node.getBoundingClientRect();
  const onTop = document.elementFromPoint(box.left + box.width / 2, Math.max(box.top, 0) + Math.min(box.height, innerHeight) / 2);
  return box.width > 0 && node.contains(onTop) && getComputedStyle(node).outlineStyle !== "none";
}"""
OpenVisitor = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """One process for all tests of this file; everybody who opens a browser is somebody else to it."""
    port = free_port()
    bot = Bot(tmp_path_factory.mktemp("bot") / "data", PORT=str(port), LEAVE_URL=f"http://127.0.0.1:{port}/health")
    bot.start()
    yield bot
    assert bot.stop() == 0
    assert " ERROR " not in bot.log.read_text()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, bot: Bot) -> AsyncIterator[OpenVisitor]:
    """Opens the chat in a browser of its own; whatever a page reports as a fault fails the test at its end."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    async def visit(
        locale: str = "es", path: str = "/", *, size: tuple[int, int] = (420, 900), script: str = "", settled: bool = False, **more: Any
    ) -> Visitor:
        still: Any = {"reduced_motion": "reduce"} | more  # nothing moves, so no test waits for it
        context = await chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale=locale, **still)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if script:
            await context.add_init_script(script)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        visitor = Visitor(page, locale)
        await visitor.open(bot.url + path)
        if settled:
            await visitor.settle()
        return visitor

    yield visit
    for context in contexts:
        await context.close()
    assert faults == []


@pytest.mark.parametrize(("locale", "direction"), [("es", "ltr"), ("ar", "rtl")])
async def test_from_first_contact_to_an_answer(visit: OpenVisitor, locale: str, direction: str) -> None:
    visitor = await visit(locale)
    await visitor.settle()
    await visitor.ask(QUESTION[locale])
    root = visitor.page.locator("html")
    await expect(root).to_have_attribute("dir", direction)
    await expect(root).to_have_attribute("lang", locale)
    await expect(visitor.answer.locator("h2")).to_have_text(TITLE[locale])
    await expect(visitor.answer.locator(".said")).to_have_attribute("dir", direction)
    await expect(visitor.answer.locator(".said")).to_have_attribute("lang", locale)
    await expect(visitor.answer.locator(".note").first).to_be_attached()  # an answer says where it comes from
    await visitor.press(STEPS)  # the last of the two with a number: the places
    await visitor.press(visitor.label("Back to the answer"))
    await expect(visitor.answer.locator("h2")).to_have_text(TITLE[locale])
    await visitor.ask(CRISIS[locale])
    await expect(visitor.page.get_by_role("alert").locator("a[href='tel:112']").first).to_be_in_viewport()


@pytest.mark.parametrize("size", [(420, 900), (320, 640), (1280, 800)])
async def test_the_question_stays_on_top_and_the_answer_begins_under_it(visit: OpenVisitor, size: tuple[int, int]) -> None:
    visitor = await visit(size=size, settled=True, reduced_motion="no-preference")  # the topics are taller than the view on a phone
    for text in (QUESTION["es"], "tarjeta sanitaria"):
        await visitor.ask(text)
        await visitor.reads_from(".mine")
    await visitor.command("#person")  # shows no words of the contact, so its answer itself comes to the top
    await visitor.reads_from("#log article")
    assert await visitor.page.evaluate("[scrollY, document.scrollingElement.scrollHeight - innerHeight]") == [0, 0]


async def test_by_keyboard_only(visit: OpenVisitor) -> None:
    visitor = await visit()
    page, keys = visitor.page, visitor.page.keyboard
    for name in (*visitor.first_answers, "🏠"):
        before = await page.locator("#log article").count()
        await reach(visitor, name, "Tab")
        await keys.press("Enter")
        await visitor.answered(before)
    await reach(visitor, visitor.label("Write your question…"), "Tab")
    await keys.type(QUESTION["es"])
    before = await page.locator("#log article").count()
    await keys.press("Enter")
    await visitor.answered(before)
    await expect(visitor.answer.locator("h2")).to_have_text(TITLE["es"])
    await reach(visitor, visitor.label("Step by step ({n})").partition(" (")[0], "Shift+Tab")
    before = await page.locator("#log article").count()
    await keys.press("Enter")
    await visitor.answered(before)
    await reach(visitor, visitor.label("All steps"), "Tab")
    before = await page.locator("#log article").count()
    await keys.press("Enter")
    await visitor.answered(before)
    await expect(visitor.answer.locator("ol li").first).to_be_attached()
    await reach(visitor, visitor.label("Talk to a person"), "Shift+Tab")
    await keys.press("Escape")
    await keys.press("Escape")
    await page.wait_for_url("**/health")


async def reach(visitor: Visitor, name: str, key: str) -> None:
    """Press a key until what has the focus says a name; every stop on the way is visible and shows that it has the focus."""
    for _ in range(120):
        await visitor.page.keyboard.press(key)
        await visitor.page.wait_for_function(FOCUS_IS_SEEN)
        said: str = await visitor.page.evaluate("document.activeElement.placeholder ?? document.activeElement.textContent")
        if said.strip().startswith(name):
            return
    raise AssertionError(f"never came to {name!r}")


@pytest.mark.parametrize("locale", ["es", "ar"])
async def test_nothing_scrolls_sideways_at_320_pixels(visit: OpenVisitor, locale: str) -> None:
    visitor = await visit(locale, size=(320, 640))

    async def fits() -> None:
        assert await visitor.page.evaluate(SIDEWAYS) == [0, 0, 0], (await visitor.says())[-1]

    await fits()
    for name in visitor.first_answers:
        await visitor.press(name)
        await fits()
    for text in (QUESTION[locale], "/mydata", "/language", "/city", "/human", "/menu", "w" * 300, CRISIS[locale]):
        await visitor.ask(text)
        await fits()
    await visitor.ask(QUESTION[locale])
    await visitor.press(visitor.label("Step by step ({n})").partition(" (")[0])
    await fits()
    await visitor.press(visitor.label("Back to the answer"))
    await visitor.press(visitor.label("Places ({n})").partition(" (")[0])
    await fits()
    await visitor.press(visitor.label("☰ All topics"))
    await visitor.press("🏠")
    await fits()
    await visitor.page.click(".menu summary")
    await fits()


async def test_after_a_reload_everything_is_there_and_buttons_work(visit: OpenVisitor) -> None:
    visitor = await visit(settled=True)
    await visitor.ask(QUESTION["es"])
    before = await visitor.says()
    await visitor.reload()
    assert await visitor.says() == before
    await expect(visitor.page.locator(".mine").last).to_be_in_viewport()
    await visitor.press("Paso a paso")
    await visitor.press(visitor.label("All steps"))
    await expect(visitor.answer.locator("ol li").first).to_be_attached()
    await visitor.press("Salud")  # of an older message
    await expect(visitor.answer.locator("h2")).to_contain_text("Salud")


async def test_a_killed_server_comes_back_and_nothing_is_lost_or_doubled(visit: OpenVisitor, bot: Bot) -> None:
    visitor = await visit(settled=True)
    await visitor.ask(QUESTION["es"])
    before = await visitor.says()
    bot.kill()
    await visitor.page.fill("#text", "tarjeta sanitaria")
    await visitor.page.press("#text", "Enter")
    await expect(visitor.page.locator("#status")).to_be_visible()
    await asyncio.to_thread(bot.start)
    await expect(visitor.answer.locator("h2")).to_contain_text("Tarjeta sanitaria", timeout=20_000)
    await expect(visitor.page.locator("#status")).to_be_hidden()
    await expect(visitor.page.locator(".mine .state")).to_have_count(0)
    after = await visitor.says()
    assert after[: len(before)] == before
    assert after[len(before)] == "tarjeta sanitaria"
    assert len(after) == len(before) + 2
    await visitor.press("Paso a paso")  # and on it goes, with a button from after the restart
    await visitor.reload()
    assert (await visitor.says())[: len(after)] == after


async def test_without_websockets_it_works_over_plain_http(visit: OpenVisitor) -> None:
    visitor = await visit(script=NO_SOCKETS, settled=True)
    await visitor.ask(QUESTION["es"])
    await expect(visitor.answer.locator("h2")).to_have_text(TITLE["es"])
    await visitor.press("Paso a paso")
    says = await visitor.says()
    assert len(says) == len(set(says))


async def test_leaving_quickly_leaves_nothing(visit: OpenVisitor, bot: Bot) -> None:
    visitor = await visit()
    await visitor.press("Español")
    await visitor.press(visitor.label("No, other people use it too"))
    await visitor.ask(CRISIS["es"])
    await visitor.page.click("#leave")
    await visitor.page.wait_for_url("**/health")
    async with asyncio.timeout(30):
        while await visitor.page.context.cookies():
            await asyncio.sleep(0.05)
    await visitor.page.go_back()
    assert "pega" not in await visitor.page.content()
    await visitor.open(bot.url)
    assert len(await visitor.says()) == 1  # greeted like anybody else


async def test_deleting_empties_the_page_and_the_server(visit: OpenVisitor) -> None:
    visitor = await visit(settled=True)
    await visitor.ask(QUESTION["es"])
    await visitor.ask("/mydata")
    await visitor.button(visitor.label("Erase everything now")).focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator(".aside").first).to_have_text(
        visitor.label("This page is empty now. Nothing of the conversation is kept on this device.")
    )
    await expect(visitor.button(visitor.label("Start again"))).to_be_focused()  # what had the focus is gone
    (farewell,) = await visitor.says()
    assert farewell.startswith(visitor.label("Done. I have erased everything about you: this chat, your language and your city."))
    await visitor.reload()
    (greeting,) = await visitor.says()
    assert visitor.label("Hello! I am Dragoman. I help you find the services of your city.") in greeting


async def test_hostile_text_is_text_all_the_way(visit: OpenVisitor) -> None:
    visitor = await visit(path="/?start=%3Cscript%3Edocument.title=3%3C/script%3E")
    await visitor.ask(HOSTILE)  # kept as a first question
    await visitor.settle()
    await visitor.ask(HOSTILE)
    await visitor.reload()
    assert (await visitor.says()).count(HOSTILE) == 2
    assert await visitor.page.locator("#log img, #log script, #log b").count() == 0
    assert await visitor.page.title() == "Dragoman"


async def test_two_people_never_see_each_other(visit: OpenVisitor) -> None:
    one, other = await visit(settled=True), await visit("ar")
    await asyncio.gather(one.ask(QUESTION["es"]), other.press("العربية"))
    await asyncio.gather(one.ask(CRISIS["es"]), other.ask("هذا سؤالي"))
    tab = Visitor(await one.page.context.new_page(), "es")
    await tab.open(one.page.url)
    assert await tab.says() == await one.says()  # the same person in a second tab
    theirs = set(await other.says())
    assert theirs & set(await one.says()) == set()
    await other.reload()
    assert set(await other.says()) == theirs


async def test_a_link_leads_through_the_first_questions_to_its_entry(visit: OpenVisitor) -> None:
    visitor = await visit(path="/?start=e_madrid_egov_nie")
    assert "start=" not in visitor.page.url
    await visitor.press("Español")
    await visitor.press(visitor.label("Yes, only mine"))  # no question about the city: the link names it
    await expect(visitor.answer.locator("h2")).to_contain_text("NIE")
    await expect(visitor.answer.locator("h2")).to_be_in_viewport()


async def test_reading_aloud_is_offered_with_voices_of_the_device_alone(visit: OpenVisitor) -> None:
    silent = await visit()
    await expect(silent.page.locator(".speak").last).to_be_hidden()
    visitor = await visit(script=VOICES)
    await expect(visitor.page.locator(".speak").last).to_be_visible()
    await visitor.press("العربية")  # for which this device has no voice of its own
    await expect(visitor.page.locator(".speak").last).to_be_hidden()


async def test_somebody_from_elsewhere_is_not_sent_away(visit: OpenVisitor) -> None:
    visitor = await visit()
    await visitor.press("Español")
    await visitor.press(visitor.label("Yes, only mine"))
    await visitor.press(visitor.label("My city is not here"))
    await expect(visitor.answer.locator("a[href='tel:112']")).to_be_visible()
    await visitor.press("España")
    await visitor.ask("cómo consigo el NIE")
    await expect(visitor.answer).to_contain_text("NIE")
