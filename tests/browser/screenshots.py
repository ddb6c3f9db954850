"""Takes the pictures of the README anew: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import asyncio
import sys

from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.visitors import Visitor
from tests.running import ROOT, running_bot

FOLDER = ROOT / "docs"
QUESTIONS = {"es": "como me empadrono si no tengo contrato", "ar": "كيف أسجل عنواني"}
MAX_BYTES = 120_000  # of one picture: a README is read on telephones too


async def take(browser: Browser, url: str, locale: str, question: str) -> None:
    """Ask a question and take the page as it then is."""
    page = await browser.new_page(viewport={"width": 420, "height": 900}, locale=locale, reduced_motion="reduce")
    visitor = Visitor(page, locale)
    await visitor.open(url)
    await visitor.settle()
    await visitor.ask(question)
    await visitor.reads_from(".mine")
    await page.mouse.move(0, 0)
    picture = await page.screenshot(path=FOLDER / f"chat-{locale}.png")
    if len(picture) > MAX_BYTES:
        raise RuntimeError(f"{locale}: {len(picture)} bytes are too many")
    await page.close()


async def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    path = chromium_path()
    if path is None:
        sys.exit("no Chromium found (Debian: apt-get install chromium)")
    with running_bot() as bot:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            for locale, question in QUESTIONS.items():
                await take(browser, bot.url, locale, question)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
