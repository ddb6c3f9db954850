"""The stores of the contract suite: every engine, each with a clock to turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bot.store import Store, open_store
from tests.contracts.casework import Town
from tests.postgres import server
from tests.store.cases import SECRET, Clock, open_folder

ENGINES = ("sqlite", "memory", "postgresql")
DURABLE = ("sqlite", "postgresql")


@dataclass
class Engine:
    """One kind of store; `reopen` closes it, or leaves it as a killed process would, and opens it anew."""

    name: str
    clock: Clock
    open: Callable[..., Awaitable[Store]]
    store: Store
    files: Path  # where what is stored lies

    def rounds(self, number: int) -> int:
        """Return how often something is tried: a fifth of it where each commit goes through a server."""
        return number // 5 if self.name == "postgresql" else number

    async def beside(self) -> Store:
        """Open what an admin command sees beside the one that serves."""
        return await self.open(exclusive=False)

    async def reopen(self) -> Store:
        await self.store.close()
        self.store = await self.open()
        return self.store


def _opener(name: str, folder: Path, clock: Clock) -> Callable[..., Awaitable[Store]]:
    if name == "sqlite":
        return partial(open_folder, folder, clock)
    url = "sqlite://:memory:" if name == "memory" else server().emptied()
    return partial(open_store, url, data_dir=folder, secret=SECRET, clock=clock)


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    clock = Clock()
    opener = _opener(request.param, tmp_path, clock)
    files = server().folder if request.param == "postgresql" else tmp_path
    engine = Engine(request.param, clock, opener, await opener(), files)
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
