"""kill -9 of a real process that serves WhatsApp: every message is answered, in order, and what was surely sent is not sent again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import chain, cycle
from pathlib import Path

import pytest

from tests.cloudapi import APP_SECRET, PHONE_ID, TOKEN, VERIFY_TOKEN, CloudApi, Sent
from tests.operation.operated import until_async
from tests.running import Bot, knowledge_of

KILLS = 3
PEOPLE = range(34_600_500_000, 34_600_500_012)
START_S = 60.0
# Each of these is answered by one turn, whose last message carries choices.
TALK = (("hola", "Español", "Zagreb"), ("boravišna dozvola", "family doctor", "oib"))


@pytest.mark.chaos
async def test_nothing_is_lost_over_a_few_kills(tmp_path: Path) -> None:
    async with CloudApi() as cloud:
        settings = {
            "WHATSAPP_TOKEN": TOKEN,
            "WHATSAPP_PHONE_ID": PHONE_ID,
            "WHATSAPP_APP_SECRET": APP_SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            "WHATSAPP_API_URL": cloud.url,
        }
        bot = Bot(tmp_path / "data", KNOWLEDGE_DIR=str(knowledge_of("zagreb", tmp_path)), **settings)
        cloud.hook = f"{bot.url}/whatsapp/webhook"
        await asyncio.to_thread(bot.start, START_S)
        try:
            rounds = await talk_over_kills(cloud, bot)
            await cloud.all_taken()
            await until_async(lambda: answered(cloud, rounds), 180)
        finally:
            await asyncio.to_thread(bot.stop)
    assert cloud.refused == []
    doubled = sum(turns(cloud.sent(person)) - rounds for person in PEOPLE)
    print(f"{KILLS} kills, {rounds * len(PEOPLE)} messages, {doubled} answers doubled")
    assert doubled <= 64 * KILLS, "more than can be under way at a kill"


async def talk_over_kills(cloud: CloudApi, bot: Bot) -> int:
    """Let everybody write until the bot was killed and started so many times; returns how often each has written."""
    done = asyncio.Event()
    chance = random.Random(20261129)  # a test that can be repeated

    async def kill() -> None:
        for _kill in range(KILLS):
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            await asyncio.to_thread(bot.kill)
            await asyncio.to_thread(bot.start, START_S)
        done.set()

    killing, rounds = asyncio.create_task(kill()), 0
    for text in chain(TALK[0], cycle(TALK[1])):
        for person in PEOPLE:
            cloud.say(person, text)
            await asyncio.sleep(0.02)
        rounds += 1
        if done.is_set() and rounds > len(TALK[0]):
            break
    await killing
    return rounds


def turns(sent: Sequence[Sent]) -> int:
    return sum(bool(one.labels) for one in sent)


async def answered(cloud: CloudApi, rounds: int) -> bool:
    return all(turns(cloud.sent(person)) >= rounds for person in PEOPLE)
