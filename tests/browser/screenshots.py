"""Takes the pictures of the README anew: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import asyncio
import sys

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.advisors import Advisor, ask_for_a_person, invited
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.visitors import Visitor
from tests.running import ROOT, Bot, running_bot

FOLDER = ROOT / "docs"
QUESTIONS = {"es": "como me empadrono si no tengo contrato", "ar": "كيف أسجل عنواني", "eviction": "صاحب البيت يريد أن نخرج الأسبوع القادم"}
MAX_BYTES = {"chat": 120_000, "desk": 180_000}  # of one picture: a README is read on telephones too


async def take(browser: Browser, url: str, locale: str, question: str) -> None:
    """Ask a question and take the page as it then is."""
    page = await browser.new_page(viewport={"width": 420, "height": 900}, locale=locale, reduced_motion="reduce")
    visitor = Visitor(page, locale)
    await visitor.open(url)
    await visitor.settle()
    await visitor.ask(question)
    await visitor.reads_from(".mine")
    await save(page, f"chat-{locale}")
    await page.close()


async def take_desk(browser: Browser, bot: Bot) -> None:
    """Let somebody ask for a person in Arabic, and take the page on which a Spanish advisor answers."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800}, locale="es", reduced_motion="reduce")
    advisor = Advisor(page, bot.url)
    code = await invited(bot, "--role", "advisor", "--name", "Lucía", "--languages", "es,ar", "--topics", "housing")
    await page.goto(f"{bot.url}/desk/join#{code}")
    await page.click("#enter")
    await advisor.loaded()
    contact = Visitor(await browser.new_page(viewport={"width": 420, "height": 900}, locale="ar", reduced_motion="reduce"), "ar")
    await contact.open(bot.url)
    await contact.settle()
    await ask_for_a_person(contact, QUESTIONS["eviction"])
    await advisor.part("waiting").first.click()
    await page.locator(".thread .deeds .pill.main").click()
    await advisor.reply("¿Tiene la carta a mano?")
    await page.locator("#answers .answer").first.wait_for()
    await save(page, "desk-es")
    await page.close()
    await contact.page.close()


async def save(page: Page, name: str) -> None:
    """Keep the page as it is now."""
    await page.mouse.move(0, 0)
    picture = await page.screenshot(path=FOLDER / f"{name}.png")
    if len(picture) > MAX_BYTES[name.partition("-")[0]]:
        raise RuntimeError(f"{name}: {len(picture)} bytes are too many")


async def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    path = chromium_path()
    if path is None:
        sys.exit("no Chromium found (Debian: apt-get install chromium)")
    with running_bot() as bot:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            for locale in ("es", "ar"):
                await take(browser, bot.url, locale, QUESTIONS[locale])
            await take_desk(browser, bot)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
