"""Two real processes on one database: pages are live on both, one polls, and one going loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import psycopg
import pytest

from tests.bench.desk import Advisor, Contact
from tests.botapi import TOKEN
from tests.chaos.harness import Api
from tests.postgres import server
from tests.replicas.fleet import Balancer, invite, leads, replica, until
from tests.replicas.telegram import GREETING, Town, said_by, talk
from tests.running import Bot


@pytest.fixture(scope="module")
def shared() -> Iterator[str]:
    with server().database() as url:
        yield url


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, shared: str, knowledge: Path) -> Iterator[tuple[Bot, Bot]]:
    """Two processes with web chat and desk, started at the same time."""
    folder = tmp_path_factory.mktemp("two")
    bots = replica(folder, "a", shared, knowledge), replica(folder, "b", shared, knowledge)
    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        for bot in bots:
            stack.callback(bot.stop)
        for start in [threads.submit(bot.start, 60) for bot in bots]:
            start.result()
        yield bots


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """One person's browser: its cookies are good at every process."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def test_what_is_written_at_one_shows_on_a_page_of_the_other(two: tuple[Bot, Bot], browser: aiohttp.ClientSession) -> None:
    first, second = two
    here = Contact(browser, first.url)
    await here.open()
    there = await browser.ws_connect(f"{second.url.replace('http', 'ws', 1)}/chat/socket", headers={"Origin": second.url})
    while (await there.receive_json(timeout=10))["type"] != "ready":
        pass  # what was said before
    begin = asyncio.get_running_loop().time()
    await here.write("asdfghjkl")
    while (frame := await there.receive_json(timeout=10))["type"] != "message":
        pass
    took = asyncio.get_running_loop().time() - begin
    print(f"a reply reached the page at the other process after {took * 1000:.0f} ms")
    assert frame["id"] > 0
    assert took < 1.9, "no sooner than by looking every two seconds"
    async with browser.get(f"{second.url}/chat/messages?after={frame['id'] - 1}") as answer:
        assert [message["id"] for message in (await answer.json())["messages"]] == [frame["id"]]
    await there.close()
    await here.close()


async def test_a_case_opened_at_one_shows_at_the_desk_of_the_other(
    two: tuple[Bot, Bot], browser: aiohttp.ClientSession, shared: str, knowledge: Path
) -> None:
    first, second = two
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as desk:
        advisor = Advisor(desk, second.url)
        await advisor.log_in(invite(first, shared, knowledge, "Lucía"))
        await advisor.open()
        contact = Contact(browser, first.url)
        await contact.open()
        await contact.ask()
        print(f"the row was there after {await until(lambda: advisor.rows, 'the row of the case') * 1000:.0f} ms")
        (number,) = advisor.rows
        await advisor.claim(number)
        await asyncio.sleep(0)
        await contact.write("hello from the other side")
        took = await until(lambda: "hello from the other side" in advisor.said, "the line of the case")
        print(f"the line was there after {took * 1000:.0f} ms")
        assert took < 1.9
        await advisor.close()
        await contact.close()


async def test_one_login_and_one_cookie_serve_everywhere(
    two: tuple[Bot, Bot], browser: aiohttp.ClientSession, shared: str, knowledge: Path
) -> None:
    first, second = two
    advisor = Advisor(browser, first.url)
    await advisor.log_in(invite(first, shared, knowledge, "Lucía"))
    elsewhere = Advisor(browser, second.url)
    await elsewhere.open()
    assert elsewhere.csrf
    await elsewhere.close()


# ---------------------------------------------------------------- Telegram


async def test_one_polls_and_when_it_is_killed_the_other_does(tmp_path: Path, url: str, knowledge: Path, api: Api) -> None:
    settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url}
    bots = [replica(tmp_path, name, url, knowledge, **settings) for name in ("a", "b")]
    town = Town(api, 3)
    try:
        await asyncio.gather(*(asyncio.to_thread(bot.start, 60) for bot in bots))
        await until(lambda: any(map(leads, bots)), "somebody who leads")
        town.greet()
        await town.handled(url, 3 * len(GREETING))
        (leader,) = [bot for bot in bots if leads(bot)]
        (other,) = [bot for bot in bots if not leads(bot)]
        leader.kill()
        api.act("say", [{"user": user, "text": "hola"} for user in town.users])
        took = await town.handled(url, 3 * len(GREETING) + 3)
        print(f"the other one had polled and answered {took:.1f} s after the kill")
        assert leads(other)
        assert "another process polls" not in other.log.read_text() + leader.log.read_text()
        assert took < 10
    finally:
        for bot in bots:
            bot.stop()


async def test_a_rolling_restart_behind_one_webhook_loses_nothing(tmp_path: Path, url: str, knowledge: Path, api: Api) -> None:
    """Updates of each person go to both in turn; each is told to stop and started anew while people write."""
    people = 8
    town = Town(api, people)
    settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": "webhook"}
    balancer = Balancer()
    bots = [replica(tmp_path, name, url, knowledge, **settings, PUBLIC_URL=balancer.url) for name in ("a", "b")]
    balancer.bots = bots
    async with balancer:
        try:
            await asyncio.gather(*(asyncio.to_thread(bot.start, 60) for bot in bots))
            await asyncio.to_thread(town.greet)
            await town.handled(url, people * len(GREETING))
            before = {user: len(town.replies(user)) for user in town.users}
            over = asyncio.Event()
            talking = asyncio.create_task(talk(town, over))
            for bot in bots:
                await asyncio.sleep(0.5)
                assert await asyncio.to_thread(bot.stop, 15) == 0
                await asyncio.to_thread(bot.start, 60)
            await asyncio.sleep(1.0)
            over.set()
            each = await talking
            await town.handled(url, people * (len(GREETING) + each))
            print(f"{people * each} messages, given to each: {[balancer.given[bot.url] for bot in bots]}")
            assert min(balancer.given[bot.url] for bot in bots) > people, "both had their share"
            assert all(len(town.replies(user)) - before[user] >= each for user in town.users)
            assert await said_by(url, tmp_path, town) == {user: [f"zzz {number}" for number in range(each)][-9:] for user in town.users}
            with psycopg.connect(url, options="-c search_path=dragoman") as database:
                assert database.execute("SELECT n FROM totals WHERE name = 'outbox_uncertain'").fetchall() == []
        finally:
            for bot in bots:
                await asyncio.to_thread(bot.stop)
