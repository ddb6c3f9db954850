"""What looks after the bot: is it ready, what does it see in a real store, and who hears of what is wrong?"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import app
from bot.alarms import Kind, Notice
from bot.config import Settings
from bot.desk.notices import ALARMS
from bot.errors import StoreError
from bot.metrics import Metrics
from bot.store import Dead, Store
from bot.watch import MIB, UNANSWERED, Limits, Watch
from tests.desk.world import ADMIN, LEAD, World, profile, text_of, told
from tests.desk.world import desk_world as opened_world
from tests.smtpserver import mailing
from tests.store.cases import AMINA, Clock, open_folder, saying, wrote
from tests.store.desks import claim_all
from tests.whole import catalogues


@dataclass
class Guarded:
    """A watch over a store in a folder."""

    store: Store
    clock: Clock
    metrics: Metrics
    watch: Watch
    notices: list[Notice] = field(default_factory=list)
    has_knowledge: bool = True

    async def look(self, **later: float) -> list[tuple[Kind, bool]]:
        """Let time pass and look; returns what was told meanwhile."""
        self.clock.forward(**later)
        before = len(self.notices)
        await self.watch.look()
        return [(notice.kind, notice.is_over) for notice in self.notices[before:]]


@contextlib.asynccontextmanager
async def guarding(folder: Path, limits: Limits | None = None) -> AsyncIterator[Guarded]:
    clock, metrics = Clock(), Metrics()
    store = await open_folder(folder, clock)
    guarded: Guarded

    async def tell(notice: Notice) -> None:
        guarded.notices.append(notice)

    watch = Watch(store, metrics, clock, folder, has_knowledge=lambda: guarded.has_knowledge, limits=limits, tell=tell)
    guarded = Guarded(store, clock, metrics, watch)
    try:
        yield guarded
    finally:
        await store.close()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Guarded]:
    async with guarding(tmp_path, Limits(queue_s=60, outbox_s=600, disk_free=0)) as guarded:
        yield guarded


async def until(is_so: Callable[[], bool], timeout_s: float = 30.0) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


# ---------------------------------------------------------------- ready


async def test_ready_with_a_database_that_writes_and_knowledge_until_we_stop(guarded: Guarded) -> None:
    assert await guarded.watch.is_ready()
    guarded.has_knowledge = False
    assert not await guarded.watch.is_ready()
    guarded.has_knowledge = True
    guarded.watch.is_stopping = True
    assert not await guarded.watch.is_ready()
    assert (await guarded.watch.details())["stopping"] is True


async def test_not_ready_while_somebody_else_holds_the_database(guarded: Guarded, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "dragoman.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        answers = await asyncio.gather(*(guarded.watch.is_ready() for _ in range(20)))
        assert answers == [False] * 20
        assert time.monotonic() - begun < 4, "whoever asks is answered before their patience ends"
        other.execute("ROLLBACK")
    end = time.monotonic() + 15
    while not await guarded.watch.is_ready():
        assert time.monotonic() < end


async def test_not_ready_where_nothing_can_be_written(tmp_path: Path) -> None:
    async with guarding(tmp_path) as guarded:
        await guarded.store._worker.write(lambda db: db.connection.execute("PRAGMA query_only = ON"))  # type: ignore[attr-defined]
        assert not await guarded.watch.is_ready()
        await guarded.store._worker.read(lambda db: db.connection.execute("PRAGMA query_only = OFF"))  # type: ignore[attr-defined]


async def test_asking_often_costs_the_database_one_write(guarded: Guarded) -> None:
    probes = 0
    probe = guarded.store.probe

    async def counted() -> None:
        nonlocal probes
        probes += 1
        await probe()

    guarded.store.probe = counted  # type: ignore[method-assign]
    for _ in range(50):
        assert await guarded.watch.is_ready()
    assert probes == 1


# ---------------------------------------------------------------- what it sees


async def test_a_message_that_waits_too_long_is_an_alarm_until_it_is_answered(guarded: Guarded) -> None:
    await guarded.store.accept([wrote(AMINA, "1")])
    assert await guarded.look() == []
    assert await guarded.look(seconds=61) == [("queue", False)]
    assert guarded.notices[-1].figure == "61 s"
    assert "dragoman_inbox_waiting 1.0" in (await guarded.watch.text()).decode()
    contact_id = await guarded.store.find(AMINA)
    assert contact_id is not None
    await guarded.store.handle(contact_id, saying("answer"))
    assert await guarded.look(seconds=1) == [("queue", True)]
    assert await guarded.look(minutes=11) == [("outbox", False)], "and now the answer is not sent"
    assert 'dragoman_alarm{kind="outbox"} 1.0' in (await guarded.watch.text()).decode()


async def test_while_we_still_learn_waiting_is_no_alarm(guarded: Guarded) -> None:
    guarded.has_knowledge = False
    await guarded.store.accept([wrote(AMINA, "1")])
    assert await guarded.look(minutes=10) == []


async def test_given_up_messages_are_one_alarm_until_none_was_for_an_hour(guarded: Guarded) -> None:
    for _ in range(3):
        guarded.metrics.sent("telegram", 0.1, Dead("rejected"))
    assert await guarded.look() == [("dead", False)]
    assert guarded.notices[-1].figure == "3 ×"
    guarded.metrics.sent("telegram", 0.1, Dead("rejected"))
    assert await guarded.look(minutes=30) == []
    assert await guarded.look(minutes=31) == []
    assert await guarded.look(minutes=30) == [("dead", True)]


async def test_a_failed_sweep_and_refused_files(guarded: Guarded) -> None:
    guarded.metrics.swept(well=False)
    guarded.watch.has_refused = True
    assert await guarded.look() == [("reload", False), ("sweep", False)]
    guarded.metrics.swept(well=True)
    guarded.watch.has_refused = False
    assert await guarded.look() == [("reload", True), ("sweep", True)]


async def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    async with guarding(tmp_path, Limits(disk_free=2 * free)) as guarded:
        assert await guarded.look() == [("disk", False)]
        assert int(guarded.notices[-1].figure.removesuffix(" MB")) == pytest.approx(free / MIB, rel=0.2)


async def test_a_database_that_does_not_answer(guarded: Guarded) -> None:
    await guarded.store.close()
    for _ in range(UNANSWERED - 1):
        assert await guarded.look() == []
    assert await guarded.look() == [("database", False)]
    assert b"dragoman_build_info" in await guarded.watch.text(), "figures of the process are there all the same"


# ---------------------------------------------------------------- who hears of it


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with opened_world(tmp_path) as world:
        yield world


async def test_every_admin_hears_of_it_in_the_language_of_their_city_and_nobody_else(world: World) -> None:
    await world.hire(ADMIN, by="email")
    await world.hire(profile(ADMIN, name="Ana", city="madrid"), by="email")
    await world.hire(LEAD, by="email")
    notice = Notice("disk", is_over=False, figure="312 MB")
    for _ in range(2):  # two replicas, or a restart: told once
        await world.desk.alarmed(notice, by_email=True)
    sent = await claim_all(world.store)
    assert sorted(told(sent)) == ["ana@example.org", "root@example.org"]
    texts = {delivery.contact.address: text_of(delivery.message) for delivery in sent}
    assert "El disco está casi lleno" in texts["ana@example.org"]
    assert "The disk is nearly full" in texts["root@example.org"]
    assert all("312 MB" in text for text in texts.values())
    world.clock.forward(hours=1)
    await world.desk.alarmed(Notice("disk", is_over=True), by_email=True)
    over = {delivery.contact.address: text_of(delivery.message) for delivery in await claim_all(world.store)}
    assert over["ana@example.org"].startswith("Esto ya ha pasado: El disco está casi lleno")


@pytest.mark.parametrize("kind", ALARMS)
async def test_whoever_runs_us_is_mailed_without_the_database(tmp_path: Path, kind: Kind) -> None:
    async with opened_world(tmp_path) as world, mailing() as mail:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # a setting of pydantic itself
            data_dir=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=mail.port,
            smtp_from="bot@example.org",
            smtp_tls="none",
            alert_email="operator@example.org",
        )
        tell = app.teller(settings, world.desk, app.build_channels(settings, catalogues(), bytes(32)))
        await world.store.close()
        with contextlib.suppress(StoreError):
            await tell(Notice(kind, is_over=False, figure="5 min"))
        (found,) = mail.to("operator@example.org")
        assert found["Subject"] in {catalogues().translator(locale).gettext(ALARMS[kind]) for locale in ("en", "es")}
        assert "5 min" in found.get_content()
