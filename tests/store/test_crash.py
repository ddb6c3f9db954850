"""A process that dies at any point leaves a store that goes on as if it had not, except that what may have arrived is flagged."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from bot.store import Sent, Store
from tests.store.cases import AMINA, Clock, open_folder, saying, text_of, wrote
from tests.store.dying import CONTACTS, COUNT, EVENTS

ROOT = Path(__file__).parents[2]
KILLS = 8


def _run(folder: Path, what: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.store.dying", str(folder), what], stdout=subprocess.PIPE, cwd=ROOT)


async def _after(folder: Path, point: str) -> Store:
    with _run(folder, point) as process:
        process.communicate(timeout=60)
    assert process.returncode == 9, "it did not reach the point where it should have died"
    return await open_folder(folder, Clock())


def _keys(folder: Path) -> int:
    raw = sqlite3.connect(folder / "keys.db")
    (count,) = raw.execute("SELECT count(*) FROM keys").fetchone()
    raw.close()
    return int(count)


@pytest.mark.parametrize("step", ["before", "keys"])
async def test_dying_in_accept_leaves_nothing(tmp_path: Path, step: str) -> None:
    store = await _after(tmp_path, f"accept:{step}")
    assert (await store.find(AMINA), await store.waiting(10), _keys(tmp_path)) == (None, (), 0)
    assert len(await store.accept([wrote(AMINA, "1")])) == 1
    await store.close()


async def test_dying_after_accept_loses_nothing(tmp_path: Path) -> None:
    store = await _after(tmp_path, "accept:after")
    assert await store.waiting(10) == (await store.find(AMINA),)
    assert await store.accept([wrote(AMINA, "1")]) == ()
    await store.close()


@pytest.mark.parametrize("step", ["before", "keys"])
async def test_dying_in_a_turn_leaves_the_event_waiting(tmp_path: Path, step: str) -> None:
    store = await _after(tmp_path, f"handle:{step}")
    (contact_id,) = await store.waiting(10)
    assert (await store.claim(10), await store.history(contact_id)) == ((), ())
    (delivery,) = (await store.handle(contact_id, saying("hi"))).deliveries
    assert not delivery.uncertain
    await store.close()


@pytest.mark.parametrize("point", ["handle:after", "settle:before"])
async def test_dying_while_sending_flags_the_message(tmp_path: Path, point: str) -> None:
    store = await _after(tmp_path, point)
    assert await store.waiting(10) == ()
    (delivery,) = await store.claim(10)
    assert (text_of(delivery.message), delivery.uncertain) == ("hi", True)
    assert await store.settle(delivery, Sent()) is None
    assert (await store.figures())["outbox_uncertain"] == 1
    await store.close()


async def test_dying_after_settling_sends_nothing_twice(tmp_path: Path) -> None:
    store = await _after(tmp_path, "settle:after")
    assert (await store.claim(10), (await store.figures())["outbox_uncertain"]) == ((), 0)
    await store.close()


@pytest.mark.parametrize("step", ["before", "keys", "after"])
async def test_dying_while_erasing_erases_all_the_same(tmp_path: Path, step: str) -> None:
    store = await _after(tmp_path, f"erase:{step}")
    assert ((await store.figures())["contacts"], await store.find(AMINA), _keys(tmp_path)) == (0, None, 0)
    assert await store.accept([wrote(AMINA, "1")]) == ()
    await store.close()


def _kill_while_writing(folder: Path, pause_s: float) -> bool:
    """Start the writer and kill it some time after it began to serve; tells whether it was still at work."""
    with _run(folder, "write") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"serving\n"
        time.sleep(pause_s)
        was_alive = process.poll() is None
        process.kill()
    return was_alive


@pytest.mark.chaos
async def test_killing_a_busy_process_again_and_again_loses_nothing(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    assert sum(_kill_while_writing(tmp_path, dice.uniform(0.02, 0.35)) for _ in range(KILLS)) >= KILLS // 2
    with _run(tmp_path, "write") as process:
        process.communicate(timeout=120)
    assert process.returncode == 0
    _check_log((tmp_path / "platform.log").read_text().splitlines())
    store = await open_folder(tmp_path, Clock())
    figures = await store.figures()
    assert (figures["inbox_waiting"], figures["outbox_waiting"], figures["outbox_dead"]) == (0, 0, 0)
    assert await store.counters() == {COUNT: CONTACTS * EVENTS}
    await store.close()


def _check_log(lines: list[str]) -> None:
    """Each event was answered, in order, and whatever was sent twice was flagged the second time."""
    sent: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        match line.split():
            case ["sent", address, text, "sure"]:
                assert int(text) not in sent[address], "sent twice without a flag"
                sent[address].append(int(text))
            case ["sent", address, text, "doubt"] if int(text) not in sent[address]:
                sent[address].append(int(text))
            case ["sent", address, text, "doubt"]:
                assert sent[address][-1] == int(text), "a repetition out of order"
    assert sent == {str(number): list(range(EVENTS)) for number in range(CONTACTS)}
