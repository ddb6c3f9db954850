"""A person before the chat page of a real bot: presses buttons by their words, asks, reads."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from bot.i18n import Catalogues, language_name
from tests.running import ROOT

CITY = {"es": "Madrid", "en": "Madrid", "ar": "مدريد"}
SAYS = "[...document.querySelectorAll('#log .mine p, #log .said')].map((node) => node.innerText.trim())"
FROM_THE_TOP = """(first) => {
  const last = (each) => [...document.querySelectorAll(each)].pop().getBoundingClientRect();
  const [view, top, said] = ["#log", first, "#log article"].map(last);
  return top.top >= view.top && top.top < view.top + 40 && said.top < view.top + view.height / 2;
}"""
PATIENCE_MS = 20_000  # for anything a page should come to show: a busy machine is no fault
SIDEWAYS = """(() => {
  const log = document.querySelector("#log");
  const outside = [...document.querySelectorAll("button, a.pill, summary, textarea")]
    .filter((node) => node.checkVisibility() && !node.closest(".skip"))
    .filter((node) => node.getBoundingClientRect().left < -1 || node.getBoundingClientRect().right > innerWidth + 1);
  return [document.documentElement.scrollWidth - innerWidth, log.scrollWidth - log.clientWidth, outside.length];
})()"""


@functools.cache
def catalogues() -> Catalogues:
    """Load the translations, once."""
    return Catalogues.load(ROOT / "locales")


@dataclass
class Visitor:
    """One browser page and the language its reader chooses."""

    page: Page
    locale: str

    def label(self, sentence: str) -> str:
        """Return one of our sentences as this person reads it."""
        return catalogues().translator(self.locale).gettext(sentence)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """Return the newest button of the conversation that says something."""
        return self.page.locator("#log").get_by_role("button", name=name).last

    @property
    def answer(self) -> Locator:
        """Return the newest message of the bot."""
        return self.page.locator("#log article").last

    async def open(self, url: str) -> None:
        """Load the page and wait for the greeting, or for the history."""
        await self.page.goto(url)
        await self.loaded()

    async def reload(self) -> None:
        """Load the page anew."""
        await self.page.reload()
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until everything there is to show is on the page."""
        await self.page.wait_for_selector("#log[aria-busy=false] article")

    async def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button of the conversation and wait for what follows."""
        before = await self.page.locator("#log article").count()
        await self.button(name).click()
        await self.answered(before)

    async def ask(self, text: str) -> None:
        """Write something and wait for what follows."""
        before = await self.page.locator("#log article").count()
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")
        await self.answered(before)

    async def command(self, selector: str) -> None:
        """Press one of the buttons around the conversation and wait for what follows."""
        before = await self.page.locator("#log article").count()
        await self.page.click(selector)
        await self.answered(before)

    async def answered(self, before: int) -> None:
        """Wait until there are more messages of the bot than before, and it no longer writes."""
        await self.page.wait_for_function("(before) => document.querySelectorAll('#log article').length > before", arg=before)
        await expect(self.page.locator("#log .typing")).to_have_count(0)

    @property
    def first_answers(self) -> tuple[str, str, str]:
        """Return what a newcomer presses until the topics are there."""
        return language_name(self.locale), self.label("Yes, only mine"), CITY[self.locale]

    async def settle(self) -> None:
        """Answer the first questions."""
        for name in self.first_answers:
            await self.press(name)

    async def says(self) -> list[str]:
        """Return every text of the conversation in order, of both sides."""
        texts: list[str] = await self.page.evaluate(SAYS)
        return texts

    async def reads_from(self, first: str) -> None:
        """Wait until the last element of a kind stands at the top of the view and the newest message begins in its upper half."""
        await self.page.wait_for_function(FROM_THE_TOP, arg=first)
        await self.page.wait_for_timeout(150)
        assert await self.page.evaluate(FROM_THE_TOP, first)  # and stays there
