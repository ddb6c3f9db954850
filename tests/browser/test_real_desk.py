"""A contact and an advisor through the real program: `dragoman serve` and `dragoman invite` in processes of their own, two browsers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.advisors import Advisor, ask_for_a_person, invited
from tests.browser.test_desk_page import PNG
from tests.browser.visitors import PATIENCE_MS, Visitor
from tests.running import Bot

QUESTION = "صاحب البيت يريد أن نخرج الأسبوع القادم"


@pytest.fixture
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """One process with a desk nobody works at yet."""
    bot = Bot(tmp_path_factory.mktemp("bot") / "data")
    bot.start()
    yield bot
    assert bot.stop() == 0
    faults = [line for line in bot.log.read_text().splitlines() if " ERROR " in line]
    assert all("nobody of the desk can be reached" in line for line in faults)  # an advisor who is at the page and nowhere else


@pytest_asyncio.fixture(loop_scope="session")
async def pages(chromium: Browser) -> AsyncIterator[tuple[Page, Page]]:
    """A browser for the contact, an old telephone, and one for the advisor; neither may report a fault."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []
    found = []
    for size, locale in (((420, 900), "ar"), ((1280, 800), "es")):
        context = await chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale=locale, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        found.append(page)
    yield found[0], found[1]
    for context in contexts:
        await context.close()
    assert faults == []


async def test_from_the_question_to_the_last_answer(bot: Bot, pages: tuple[Page, Page]) -> None:
    contact, advisor = Visitor(pages[0], "ar"), Advisor(pages[1], bot.url)
    await advisor.enter(await invited(bot, "--role", "advisor", "--name", "Lucía", "--languages", "es,ar"))
    await contact.open(bot.url)
    await contact.settle()
    await ask_for_a_person(contact, QUESTION)
    row = advisor.part("waiting").first
    await expect(row.locator("bdi").first).to_have_text("العربية")
    await expect(row).to_have_class(re.compile("high"))
    number = int(await row.get_attribute("data-number") or "")
    await advisor.open(number)
    await expect(advisor.line(QUESTION)).to_be_visible()
    await expect(advisor.now.locator(".intake")).to_be_visible()
    await advisor.now.locator(".deeds .pill.main").click()
    await expect(advisor.box).to_be_focused()
    await advisor.reply("¿Tiene la carta a mano?")
    await expect(contact.answer).to_contain_text("¿Tiene la carta a mano?")
    await expect(contact.answer.locator(".who")).to_contain_text("Lucía")
    await contact.page.locator("#file").set_input_files({"name": "carta.png", "mimeType": "image/png", "buffer": PNG})
    await expect(advisor.now.locator("img.picture")).to_be_visible()
    await contact.page.fill("#text", "هذه هي الرسالة")
    await contact.page.press("#text", "Enter")
    await expect(advisor.line("هذه هي الرسالة")).to_be_in_viewport()
    await advisor.page.keyboard.press("Escape")
    await advisor.now.locator(".bar h2").focus()
    await advisor.page.keyboard.press("e")
    await advisor.dialog.locator("input[value=solved]").check()
    before = await contact.page.locator("#log article").count()
    await advisor.dialog.locator("button[type=submit]").click()
    await contact.answered(before)
    await contact.ask("كيف أسجل عنواني")
    await expect(contact.answer.locator(".who")).to_contain_text(contact.label("bot"))
