"""People on Telegram who write numbered messages, and what became of those."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg

from bot.model import ContactRef
from bot.store import open_store
from tests.chaos.harness import Api
from tests.replicas.fleet import SECRET_KEY, until
from tests.store.cases import text_of

GREETING = ("/start", "español", "madrid")


class Town:
    """People on Telegram who greet and then write numbered messages."""

    def __init__(self, api: Api, people: int) -> None:
        self.api, self.users = api, range(7000, 7000 + people)

    def greet(self) -> None:
        self.api.act("say", [{"user": user, "text": text, "language": "es"} for user in self.users for text in GREETING])

    def replies(self, user: int) -> list[dict[str, object]]:
        found = self.api.tell("all").get(str(user), [])
        assert isinstance(found, list)
        return found

    async def handled(self, url: str, turns: int, patience_s: float = 60) -> float:
        """Wait until so many turns were taken and nothing waits."""
        waiting = "(SELECT count(*) FROM inbox WHERE status = 'new'), (SELECT count(*) FROM outbox WHERE status <> 'sent')"
        with psycopg.connect(url, autocommit=True, options="-c search_path=dragoman") as database:

            def stands() -> tuple[object, ...] | None:
                return database.execute(f"SELECT sum(version)::int, {waiting} FROM conversations").fetchone()

            try:
                return await until(lambda: stands() == (turns, 0, 0), f"{turns} turns", patience_s)
            except TimeoutError:
                raise AssertionError(f"after {turns} turns nothing should wait: {stands()}, {self.api.tell('figures')}") from None


async def talk(town: Town, over: asyncio.Event) -> int:
    """Let everybody write until it is over; returns how many messages each has written."""
    number = 0
    while not over.is_set():
        await asyncio.to_thread(town.api.act, "say", [{"user": user, "text": f"zzz {number}"} for user in town.users])
        number += 1
        await asyncio.sleep(0.25)
    return number


async def said_by(url: str, folder: Path, town: Town) -> dict[int, list[str]]:
    """Return the last words of each person in the order in which they were taken up."""
    store = await open_store(url, data_dir=folder, secret=bytes.fromhex(SECRET_KEY), clock=None, exclusive=False)
    said = {}
    for user in town.users:
        contact_id = await store.find(ContactRef("telegram", str(user)))
        kept = await store.history(contact_id) if contact_id else ()
        said[user] = [text_of(each.message) for each in kept if each.message.author == "contact"][-9:]
    await store.close()
    return said
