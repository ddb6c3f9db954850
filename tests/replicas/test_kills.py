"""Two processes on one PostgreSQL under load, one of them killed again and again: nothing lost, nothing twice, nothing out of order."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import psycopg
import pytest

from bot.store import LEASE_S
from tests.botapi import TOKEN
from tests.chaos.harness import PASSING, Api
from tests.replicas.fleet import Balancer, replica
from tests.replicas.telegram import GREETING, Town, said_by, talk

SEED = int(os.environ.get("CHAOS_SEED", "20261128"))
KILLS = int(os.environ.get("CHAOS_KILLS", "3"))  # each of two modes; `make chaos` takes ten
PEOPLE = 8


@pytest.mark.chaos
@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_kills_of_either_process_lose_nothing(tmp_path: Path, url: str, knowledge: Path, api: Api, mode: str) -> None:
    print(f"seed {SEED}")
    dice, town = random.Random(SEED), Town(api, PEOPLE)
    balancer = Balancer()
    settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": mode, "PUBLIC_URL": balancer.url}
    bots = [replica(tmp_path, name, url, knowledge, **settings) for name in ("a", "b")]
    balancer.bots = bots
    async with balancer:
        try:
            for bot in bots:
                await asyncio.to_thread(bot.start, 60)
            await asyncio.to_thread(town.greet)
            await town.handled(url, PEOPLE * len(GREETING))
            before = {user: len(town.replies(user)) for user in town.users}
            api.act("faults", {"seed": SEED, "shares": PASSING, "repeats": 0.05, "retry_after": 1})
            over = asyncio.Event()
            talking = asyncio.create_task(talk(town, over))
            for _ in range(KILLS):
                victim = dice.choice(bots)
                await asyncio.sleep(dice.uniform(0.5, 1.5))
                assert victim.serves(), "the victim was not serving when hit"
                await asyncio.to_thread(victim.kill)
                await asyncio.to_thread(victim.start, 60)
            over.set()
            each = await talking
            took = await town.handled(url, PEOPLE * (len(GREETING) + each), LEASE_S + 60)
            print(f"{PEOPLE * each} messages and {KILLS} kills, {mode}: all done {took:.1f} s after the last message")
            assert await said_by(url, tmp_path, town) == {user: [f"zzz {number}" for number in range(each)][-9:] for user in town.users}
            extra = sum(len(town.replies(user)) - before[user] for user in town.users) - PEOPLE * each
            with psycopg.connect(url, options="-c search_path=dragoman") as database:
                row = database.execute("SELECT coalesce(max(n), 0) FROM totals WHERE name = 'outbox_uncertain'").fetchone()
            flagged = row[0] if row else 0
            print(f"messages sent twice: {extra}, flagged: {flagged}")
            assert 0 <= extra <= flagged
        finally:
            for bot in bots:
                await asyncio.to_thread(bot.stop)
