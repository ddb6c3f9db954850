"""An advisor before the web desk: logs in by an invite, opens cases, writes, reads."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from bot.cases import Profile
from tests.browser.visitors import Visitor
from tests.running import ROOT, Bot

LUCIA = Profile("Lucía", "advisor", "madrid", languages=("es", "ar", "en"), topics=("housing",))
MARCO = Profile("Marco", "advisor", "madrid", languages=("es", "ar", "en"), topics=("housing",))
ANA = Profile("Ana", "lead", "madrid", languages=("es", "en"))
SIDEWAYS = """(() => {
  const outside = [...document.querySelectorAll("button, a, input, textarea, select, summary, .msg, .case")]
    .filter((node) => node.checkVisibility() && !node.closest(".skip, .visually-hidden, .tabs, .table, .modes input"))
    .filter((node) => !node.matches(".visually-hidden, .modes input"))
    .filter((node) => node.getBoundingClientRect().left < -1 || node.getBoundingClientRect().right > innerWidth + 1);
  return [document.documentElement.scrollWidth - innerWidth, outside.map((node) => node.outerHTML.slice(0, 80))];
})()"""
SMALL = """[...document.querySelectorAll("button, a.pill, a.round, summary, select, textarea, input:not([type=radio], [type=checkbox])")]
  .filter((node) => node.checkVisibility() && !node.matches(".visually-hidden") && !node.closest(".skip"))
  .filter((node) => node.getBoundingClientRect().height < 43.5 || node.getBoundingClientRect().width < 43.5)
  .map((node) => node.outerHTML.slice(0, 100))"""


@dataclass
class Advisor:
    """One browser page of a staff member."""

    page: Page
    url: str

    async def enter(self, code: str) -> None:
        """Log in by an invite."""
        await self.page.goto(f"{self.url}/desk/join#{code}")
        await self.page.locator("#enter").click()
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until the queue is there."""
        await self.page.wait_for_selector(".desk[aria-busy=false]")

    async def reload(self) -> None:
        """Load the page anew."""
        await self.page.reload()
        await self.loaded()

    # ------------------------------------------------------------ what is seen

    def part(self, name: str) -> Locator:
        """Return the cases in a part of the queue."""
        return self.page.locator(f'.part[data-part="{name}"] .case')

    def row(self, number: int) -> Locator:
        """Return a case in the queue."""
        return self.page.locator(f'.case[data-number="{number}"]')

    def thread(self, number: int) -> Locator:
        """Return an open case."""
        return self.page.locator(f'.thread[data-number="{number}"]')

    @property
    def now(self) -> Locator:
        """Return the case that is worked in."""
        return self.page.locator(".thread.active")

    @property
    def box(self) -> Locator:
        """Return the box one writes in."""
        return self.now.locator(".compose textarea")

    def line(self, text: str) -> Locator:
        """Return the lines on the screen that say something."""
        return self.now.locator(".line").filter(has_text=text)

    def toast(self, text: str) -> Locator:
        """Return a passing word about what has just happened."""
        return self.page.locator(".toast").filter(has_text=text)

    @property
    def dialog(self) -> Locator:
        """Return the dialog that is open."""
        return self.page.locator("dialog[open]").last

    # ------------------------------------------------------------ what is done

    async def open(self, number: int) -> None:
        """Open a case from the queue."""
        await self.row(number).click()
        await expect(self.thread(number).locator(".chat-log")).to_have_attribute("aria-busy", "false")

    async def press(self, name: str) -> None:
        """Press a button of the case that is worked in."""
        await self.now.get_by_role("button", name=name, exact=True).click()

    async def claim(self, number: int) -> None:
        """Open a case and take it."""
        await self.open(number)
        await self.press("Take the case")
        await expect(self.box).to_be_focused()

    async def reply(self, text: str) -> None:
        """Write to the contact and wait until it is safe."""
        await self.box.fill(text)
        await self.box.press("Enter")
        await expect(self.now.locator(".line[data-id]").filter(has_text=text).first).to_be_visible()
        await expect(self.now.locator(".line.waiting")).to_have_count(0)

    async def menu(self, name: str) -> None:
        """Choose something from the menu."""
        await self.page.locator(".menu summary").click()
        await self.page.locator(".sheet").get_by_role("button", name=name, exact=True).click()
        if name != "Log out":
            await expect(self.dialog).to_be_visible()

    async def done(self, name: str) -> None:
        """Press the button that ends a dialog, and wait until it is closed."""
        dialogs = await self.page.locator("dialog[open]").count()
        await self.dialog.get_by_role("button", name=name, exact=True).click()
        await expect(self.page.locator("dialog[open]")).to_have_count(dialogs - 1)


async def invited(bot: Bot, *arguments: str) -> str:
    """Invite somebody while the bot serves, as its admin does; returns the code."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    command = [sys.executable, "-m", "bot", "invite", "--city", "madrid", "--json", *arguments]
    environment = inherited | {"DRAGOMAN_DATA_DIR": str(bot.data)}
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["code"])


async def ask_for_a_person(contact: Visitor, question: str) -> None:
    """Ask about a home one may lose within a week, then for a person."""
    await contact.ask(question)
    await contact.command("#person")
    await contact.press(contact.label("Yes, with the last messages"))
    for said in ("Yes", "Within a week", "Skip"):  # what the desk wants to know first: a letter, a date, children
        await contact.press(contact.label(said))
