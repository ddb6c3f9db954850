"""Somebody floods the whole bot while others ask: the others lose nothing and keep their order, and a crisis is heard above the flood.

How long they wait meanwhile is measured by tests/bench/abuse.py; here is no time but that of patience."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.flood import CONTACT, MOST_WAITING
from tests.whole import Person, TelegramPerson, WebPerson, Whole, ready, running, sentence, title, web_person

FLOOD = 400
PEOPLE = 6
ENTRIES = ("egov.nie", "egov.clave", "egov.empadronamiento", "healthcare.health-card")
CRY = "mi marido me pega"


def asked_titles() -> list[str]:
    """Return titles that are answered by their own entry."""
    return [title(entry_id, "es") for entry_id in ENTRIES]


async def ask_all(person: Person) -> list[str]:
    """Ask every title without waiting for the one before; returns the first lines of what came, in order."""
    return [shown.text.partition("\n")[0].strip() for wanted in asked_titles() for shown in await person.write(wanted)]


def in_order(shown: Sequence[str]) -> list[str]:
    """Leave of what was shown the titles that were asked for."""
    return [line for line in shown if line in asked_titles()]


async def until_told(whole: Whole, user: int, text: str, timeout_s: float = 30.0) -> None:
    """Wait until somebody on Telegram was sent a text."""
    async with asyncio.timeout(timeout_s):
        while not any(text in sent.text for sent in whole.api.sent(user)):
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def flooded(folder: Path, mode: str) -> AsyncIterator[Whole]:
    """Run the bot as people meet it, with the limits it has."""
    async with running(folder, mode, CONTACT.burst) as whole:  # type: ignore[arg-type]
        yield whole


async def test_a_flood_in_a_poll_harms_nobody_but_its_sender(tmp_path: Path) -> None:
    async with flooded(tmp_path / "data", "polling") as whole:
        people = [TelegramPerson(whole, "es") for _ in range(PEOPLE)]
        eve = TelegramPerson(whole, "es")
        for person in (*people, eve):
            await ready(person, "es")
        for number in range(FLOOD):
            whole.api.say(eve.user, f"x{number}")
        for wanted in asked_titles():
            for person in people:
                whole.api.say(person.user, wanted)
        await whole.api.wait_acknowledged(30)
        whole.api.say(eve.user, CRY)
        await until_told(whole, eve.user, "112", 20)
        for person in people:
            await until_told(whole, person.user, asked_titles()[-1])
            assert in_order([sent.text.partition("\n")[0].strip() for sent in whole.api.sent(person.user)]) == asked_titles()
        await until_told(whole, eve.user, sentence("es", TOLD))
        figures = await whole.store.figures()
        kept = CONTACT.burst + MOST_WAITING
        assert FLOOD - kept - 20 <= figures["inbox_dropped"] <= FLOOD - MOST_WAITING
        assert sum(sentence("es", TOLD) in sent.text for sent in whole.api.sent(eve.user)) == 1
        await eve_is_forgotten(whole, eve)


TOLD = "You wrote more messages than I can read. I did not read some of them. Please write the most important one again."


async def eve_is_forgotten(whole: Whole, eve: TelegramPerson) -> None:
    """Let the rest of the flood be handled at once, so that the end finds nothing waiting."""
    flood = whole.service._flood
    while whole.service._paused:
        flood._messages._full_at.clear()
        for contact_id in list(whole.service._paused):
            whole.service._go_on(contact_id)
        await whole.service.idle()


@pytest.mark.parametrize("way", ["webhook", "web"])
async def test_a_flood_that_can_come_again_is_refused_and_nothing_of_others_is_lost(way: str, tmp_path: Path) -> None:
    async with flooded(tmp_path / "data", "webhook") as whole, contextlib.AsyncExitStack() as stack:
        people: list[Person] = []
        for number in range(PEOPLE):
            on_web = number % 2 == 0
            people.append(await stack.enter_async_context(web_person(whole, "es")) if on_web else TelegramPerson(whole, "es"))
            await ready(people[-1], "es")
        eve = TelegramPerson(whole, "es")
        page = await stack.enter_async_context(web_person(whole, "es"))
        await ready(eve, "es")
        await ready(page, "es")
        flood = asyncio.create_task(on_page(page) if way == "web" else on_telegram(whole, eve))
        shown = [await ask_all(person) if isinstance(person, WebPerson) else await patiently(whole, person) for person in people]
        refused = await flood
        assert refused > 0
        for lines in shown:
            assert in_order(lines) == asked_titles()
        tally = whole.service.tally()
        assert (tally["dropped"], tally["refused_full"]) == (0, 0)
        assert tally["refused_contact"] >= refused


async def on_page(page: WebPerson) -> int:
    """Flood over the WebSocket as no page of ours does; returns how often it was refused. The crisis gets its answer at once."""
    acks = refused = 0
    for number in range(FLOOD):
        await page.socket.send(type="text", text=f"x{number}", locale="es")
        while (frame := await page.socket.next())["type"] not in ("ack", "error"):
            pass
        acks, refused = acks + (frame["type"] == "ack"), refused + (frame["type"] == "error")
        assert frame["type"] == "ack" or (frame["code"] == "busy" and frame["retry_after_s"] > 0)
    assert acks < CONTACT.burst + 60
    await page.socket.send(type="text", text=CRY, locale="es")
    while "112" not in str(await page.socket.next()):
        pass
    return refused


async def on_telegram(whole: Whole, eve: TelegramPerson) -> int:
    """Flood over the webhook: Telegram brings again what is refused; returns how often it was."""
    for number in range(CONTACT.burst + 3):
        whole.api.say(eve.user, f"x{number}")
    async with asyncio.timeout(30):
        while whole.api.pending:
            await asyncio.sleep(0.05)
    return int(whole.service.tally()["refused_contact"])


async def patiently(whole: Whole, person: Person) -> list[str]:
    """Ask on Telegram while somebody else's updates may still be waiting there."""
    assert isinstance(person, TelegramPerson)
    for wanted in asked_titles():
        whole.api.say(person.user, wanted)
        await until_told(whole, person.user, wanted)
    return [sent.text.partition("\n")[0].strip() for sent in whole.api.sent(person.user)]
