"""What posters promise: the page to print shows the code of the very link, and that link opens the answer in the chat."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from bot import links
from bot.i18n import language_name
from tests.browser.visitors import PATIENCE_MS, Visitor
from tests.running import Bot, free_port
from tests.whole import title

SHEETS = "[...document.querySelectorAll('article')].map((node) => node.scrollHeight - node.clientHeight)"
PATHS = "[...document.querySelectorAll('.qr path')].map((node) => node.getAttribute('d'))"


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot that knows its address."""
    port = free_port()
    bot = Bot(tmp_path_factory.mktemp("bot") / "data", PORT=str(port), PUBLIC_URL=f"http://127.0.0.1:{port}")
    bot.start(60)
    yield bot
    assert bot.stop() == 0


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page whose faults, such as what the security policy forbids, fail the test."""
    faults: list[str] = []
    context: BrowserContext = await chromium.new_context(locale="es-ES", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" and not is_early(line) else None)
    yield page
    await context.close()
    assert faults == []


def is_early(line: ConsoleMessage) -> bool:
    """Say whether a page only complains that the bot does not know anything yet; such an answer names no icon either."""
    return "503" in line.text or str(line.location["url"]).endswith("/favicon.ico")


async def opened(page: Page, url: str) -> None:
    """Open a page of a bot that may still be learning what it knows."""
    for _ in range(200):
        answer = await page.goto(url)
        if answer is not None and answer.status != 503:
            return
        await page.wait_for_timeout(300)
    raise AssertionError(url)


@pytest.mark.parametrize(("locale", "direction"), [("es", "ltr"), ("ar", "rtl"), ("zh", "ltr")])
async def test_a_poster_shows_the_code_of_the_very_link(page: Page, bot: Bot, locale: str, direction: str) -> None:
    await opened(page, f"{bot.url}/poster/madrid/egov/clave?lang={locale}")
    await expect(page.locator("html")).to_have_attribute("dir", direction)
    await expect(page.locator("h1")).to_have_text(title("egov.clave", locale))
    url = links.web_link(bot.url, "e_madrid_egov_clave")
    drawn = re.search(r' d="([^"]+)"', links.svg_inline(url))
    assert drawn is not None
    assert await page.evaluate(PATHS) == [drawn[1]]
    box = await page.locator(".qr svg").bounding_box()
    assert box is not None
    assert box["width"] == box["height"] > 100
    await expect(page.locator("figcaption a")).to_have_attribute("href", url)


@pytest.mark.parametrize("locale", ["es", "ar"])
async def test_a_poster_fits_its_sheet(page: Page, bot: Bot, locale: str) -> None:
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 703, "height": 1032})  # A4 without margins of 12 mm, at 96 dots per inch
    for size, number in (("", 1), ("&size=a6", 4)):
        await opened(page, f"{bot.url}/poster/madrid/egov/clave?lang={locale}{size}")
        await expect(page.locator("nav")).to_be_hidden()
        assert await page.evaluate(SHEETS) == [0] * number
        assert await page.evaluate("document.documentElement.scrollHeight") <= 1045


async def test_the_link_of_a_poster_opens_the_answer_in_a_new_and_in_an_old_conversation(page: Page, bot: Bot) -> None:
    await opened(page, f"{bot.url}/poster/madrid/egov/clave?lang=es")
    await page.locator("figcaption a").click()
    visitor = Visitor(page, "es")
    await visitor.loaded()
    assert page.url == f"{bot.url}/"  # what was in the address is gone from it, and from the history
    await visitor.press(language_name("es"))
    await visitor.press(visitor.label("Yes, only mine"))
    await expect(visitor.answer.locator("h2")).to_have_text(title("egov.clave", "es"))
    before = await page.locator("#log article").count()
    await page.goto(f"{bot.url}/?start=e_madrid_egov_nie")
    await expect(visitor.answer.locator("h2")).to_have_text(title("egov.nie", "es"))
    assert await page.locator("#log article").count() > before
    await page.goto(f"{bot.url}/?start=nonsense")
    await expect(page.locator("#log article").last).to_contain_text(visitor.label("Hello again!"))


async def test_a_procedure_prints_without_what_belongs_to_the_screen(page: Page, bot: Bot) -> None:
    await opened(page, f"{bot.url}/poster/madrid/egov/clave?lang=es")
    await page.goto(f"{bot.url}/?start=e_madrid_egov_clave")
    visitor = Visitor(page, "es")
    await visitor.loaded()
    await visitor.press(language_name("es"))
    await visitor.press(visitor.label("Yes, only mine"))
    await visitor.press(re.compile(f"^{re.escape(visitor.label('Step by step ({n})').partition(' (')[0])}"))
    await visitor.press(visitor.label("All steps"))
    await page.emulate_media(media="print", color_scheme="dark")
    for hidden in ("#compose", ".bar", ".actions >> nth=-1"):
        await expect(page.locator(hidden)).to_be_hidden()
    await expect(visitor.answer.locator("ol li")).to_have_count(4)
    assert await page.evaluate("getComputedStyle(document.querySelector('#log .entry:last-child .said')).color") == "rgb(0, 0, 0)"
    shown = await page.evaluate("[...document.querySelectorAll('#log article')].filter((node) => node.checkVisibility()).length")
    assert shown == 1
