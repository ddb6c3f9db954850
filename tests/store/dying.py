"""A process that dies in the midst of its work: `python -m tests.store.dying FOLDER POINT` or `... FOLDER write`."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.model import ContactRef, TextReceived
from bot.store import Decision, Delivery, FindButton, Said, Sent, Snapshot, Store
from bot.store.database import SqliteDatabase
from tests.store.cases import AMINA, Clock, message, open_folder, saying, text_of, wrote

CONTACTS, EVENTS = 16, 150
COUNT = ("madrid", "entry", "en", "handled")


def die_at(commit_number: int, step: str) -> None:
    """Make the n-th commit from now the last: `before` it, between `keys` and data, or `after` it."""
    left = [commit_number]

    def commit(self: SqliteDatabase) -> None:
        left[0] -= 1
        if left[0] == 0 and step == "before":
            os._exit(9)
        self.keys.flush()
        if left[0] == 0 and step == "keys":
            os._exit(9)
        self.connection.execute("COMMIT")
        if left[0] == 0 and step == "after":
            os._exit(9)

    SqliteDatabase.commit = commit  # type: ignore[method-assign]


async def die(folder: Path, point: str) -> None:
    """Do what the point names and die in its commit."""
    action, step = point.split(":")
    store = await open_folder(folder, Clock())
    if action == "accept":
        die_at(1, step)
        await store.accept([wrote(AMINA, "1")])
    (contact_id,) = await store.accept([wrote(AMINA, "1")])
    if action == "handle":
        die_at(1, step)
    if action == "erase":
        die_at(2, step)  # the wish, then the deed
        await store.handle(contact_id, saying(erase=True))
    (delivery,) = (await store.handle(contact_id, saying("hi"))).deliveries
    die_at(1, step)
    await store.settle(delivery, Sent())


def _decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
    texts = [item.event.text for item in snapshot.waiting if isinstance(item.event, TextReceived)]
    said = tuple(Said(message(text)) for text in texts)
    return Decision(snapshot.conversation, tuple(item.id for item in snapshot.waiting), said=said, counts=(COUNT,) * len(texts))


class Platform:
    """Writes down at once what is acknowledged and what is sent; a killed process can not take that back."""

    def __init__(self, folder: Path) -> None:
        path = folder / "platform.log"
        known = path.read_text().splitlines() if path.exists() else []
        self._acknowledged = {line for line in known if line.startswith("acknowledged")}
        self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def offers(self, number: int, event: int) -> bool:
        """Tell whether an event is delivered (again): an acknowledged one only now and then, so that a loss is not made good."""
        return f"acknowledged {number} {event}" not in self._acknowledged or event % 7 == 0

    def note(self, *words: str) -> None:
        os.write(self._log, (" ".join(words) + "\n").encode())

    def send(self, delivery: Delivery) -> None:
        self.note("sent", delivery.contact.address, text_of(delivery.message), "doubt" if delivery.uncertain else "sure")


async def _deliver(store: Store, platform: Platform, delivery: Delivery | None) -> None:
    while delivery is not None:
        platform.send(delivery)
        await asyncio.sleep(0.001)
        delivery = await store.settle(delivery, Sent())


async def _chat(store: Store, platform: Platform, number: int) -> None:
    contact = ContactRef("web", str(number))
    for event in range(EVENTS):
        if platform.offers(number, event):
            await store.accept([wrote(contact, f"{number}-{event}", str(event))])
            platform.note("acknowledged", str(number), str(event))
            await _answer(store, platform, await store.find(contact))


async def _answer(store: Store, platform: Platform, contact_id: str | None) -> None:
    assert contact_id is not None
    for delivery in (await store.handle(contact_id, _decide)).deliveries:
        await _deliver(store, platform, delivery)


async def write(folder: Path) -> None:
    """Chat with many contacts at once until done; picks up what an earlier process left."""
    store, platform = await open_folder(folder, lambda: datetime.now(UTC)), Platform(folder)
    platform.note("serving")
    print("serving", flush=True)
    left = [_deliver(store, platform, delivery) for delivery in await store.claim(1000)]
    waiting = [_answer(store, platform, contact_id) for contact_id in await store.waiting(1000)]
    await asyncio.gather(*left, *waiting, *(_chat(store, platform, number) for number in range(CONTACTS)))
    await store.close()


if __name__ == "__main__":
    place, what = Path(sys.argv[1]), sys.argv[2]
    asyncio.run(write(place) if what == "write" else die(place, what))
