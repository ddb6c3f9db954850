"""Cycles a second and CPU a cycle of the store with many contacts at once, on each engine.

python -m tests.bench.store [contacts] [cycles]"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.model import ContactRef, Incoming, Message, Option, Paragraph, Run, TextReceived
from bot.store import Decision, FindButton, Said, Sent, Snapshot, Store, open_store
from tests.postgres import PROGRAMS, server

QUESTION = "How do I get a health card for my daughter, and which papers do I need to bring with me?"
ANSWER = Message(
    "en",
    blocks=tuple(
        Paragraph((Run("Bring your passport and the certificate of where you live to the health centre. " * 2),)) for _ in range(3)
    ),
    options=tuple(Option(f"entry:health.card:{n}", f"Choice {n}") for n in range(4)),
)


def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
    """Answer whatever waits, as a turn would: one line of history, one message, one counter."""
    conversation = replace(
        snapshot.conversation, state="home", locale="en", city="madrid", data={"step": 1}, options=(("a", "A"), ("b", "B"))
    )
    heard = Said(Message("en", author="contact", blocks=(Paragraph((Run(QUESTION),)),)))
    handled = tuple(item.id for item in snapshot.waiting)
    return Decision(conversation, handled, said=(heard, Said(ANSWER)), counts=(("madrid", "health.card", "en", "answer"),))


async def cycle(store: Store, contact: ContactRef, number: int) -> None:
    """One durable turn: accept, read, handle, settle."""
    event = TextReceived(text=QUESTION, at=datetime.now(UTC))
    (contact_id,) = await store.accept([Incoming(contact, f"{contact.address}:{number}", event)])
    await store.read(contact_id)
    for delivery in (await store.handle(contact_id, decide)).deliveries:
        await store.settle(delivery, Sent())


async def chat(store: Store, number: int, cycles: int) -> None:
    """Let one contact have a conversation."""
    for turn in range(cycles):
        await cycle(store, ContactRef("bench", str(number)), turn)


async def measure(contacts: int, cycles: int, url: str = "") -> tuple[float, float]:
    """Return cycles a second and CPU milliseconds a cycle (of this process) on a database, by default on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        url = url or f"sqlite:///{path / 'dragoman.db'}"
        store = await open_store(url, data_dir=path, secret=bytes(32), clock=lambda: datetime.now(UTC))
        await asyncio.gather(*(chat(store, number, 2) for number in range(1000, 1000 + contacts)))  # warm
        cpu, start = _cpu(), time.perf_counter()
        await asyncio.gather(*(chat(store, number, cycles) for number in range(contacts)))
        took, spent = time.perf_counter() - start, _cpu() - cpu
        await store.close()
    return contacts * cycles / took, spent / (contacts * cycles) * 1000


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the figures."""
    contacts, cycles = (int(argument) for argument in [*sys.argv[1:], "64", "40"][:2])
    rate, cpu_ms = asyncio.run(measure(contacts, cycles))
    print(f"{contacts} contacts at once, SQLite, FULL sync: {rate:.0f} cycles/s (aim 600), {cpu_ms:.2f} ms CPU a cycle (aim 0.6)")
    if PROGRAMS:
        with server(on_disk=True).database() as url:
            rate, cpu_ms = asyncio.run(measure(contacts, cycles, url))
        print(f"the same, PostgreSQL on this machine's disk: {rate:.0f} cycles/s, {cpu_ms:.2f} ms CPU a cycle beside the server's")


if __name__ == "__main__":
    main()
