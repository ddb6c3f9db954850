"""The stores of the contract suite: every engine, each with a clock to turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.store import Store, open_store
from tests.contracts.casework import Town
from tests.store.cases import SECRET, Clock, open_folder

ENGINES = ("sqlite", "memory")
DURABLE = ("sqlite",)


@dataclass
class Engine:
    """One kind of store; `reopen` closes it, or leaves it as a killed process would, and opens it anew."""

    name: str
    clock: Clock
    open: Callable[[], Awaitable[Store]]
    store: Store

    async def reopen(self) -> Store:
        await self.store.close()
        self.store = await self.open()
        return self.store


def _opener(name: str, folder: Path, clock: Clock) -> Callable[[], Awaitable[Store]]:
    if name == "memory":
        return lambda: open_store("sqlite://:memory:", data_dir=folder, secret=SECRET, clock=clock)
    return lambda: open_folder(folder, clock)


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    clock = Clock()
    opener = _opener(request.param, tmp_path, clock)
    engine = Engine(request.param, clock, opener, await opener())
    yield engine
    await engine.store.close()


@pytest.fixture
def store(engine: Engine) -> Store:
    return engine.store


@pytest.fixture
def clock(engine: Engine) -> Clock:
    return engine.clock


@pytest.fixture
def durable(engine: Engine) -> Engine:
    if engine.name not in DURABLE:
        pytest.skip("forgets when closed, as it should")
    return engine


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine.store, engine.clock)
