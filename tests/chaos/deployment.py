"""What is killed: how many bots, on which database, and how its tables are looked at from outside.

Another engine is one more Deployment; runs and tests take it as a parameter."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.chaos.control import Control
from tests.postgres import server
from tests.running import Bot, free_port


@dataclass(frozen=True)
class Deployment:
    """`victims`: bots side by side. `settings(folder)`: what each of them needs to find the store. `data(folder, number)`: its data folder.

    `connect(folder)` opens the tables for reading, as a DB-API connection with `execute`. `engine` names the store in points.py."""

    name: str
    engine: str
    victims: int
    settings: Callable[[Path], Mapping[str, str]]
    data: Callable[[Path, int], Path]
    connect: Callable[[Path], Any]


def _sqlite(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder / 'data' / 'dragoman.db'}?mode=ro", uri=True, timeout=5)


@functools.cache
def _address(folder: Path) -> str:
    """Make the database of a folder; it goes with the server of the tests."""
    return server().url(server().add())


def _postgresql(folder: Path) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(_address(folder), autocommit=True, options="-c search_path=dragoman")


SQLITE: Final = Deployment("sqlite", "sqlite", 1, lambda folder: {}, lambda folder, number: folder / "data", _sqlite)
POSTGRESQL: Final = Deployment(
    "postgresql",
    "postgresql",
    1,
    lambda folder: {"DATABASE_URL": _address(folder), "SECRET_KEY": "5e" * 32},
    lambda folder, number: folder / f"data{number}",
    _postgresql,
)
DEPLOYMENTS: Final = (SQLITE,)  # that are killed at any moment; for two processes on one PostgreSQL see tests/replicas/test_kills.py
DYING: Final = (SQLITE, POSTGRESQL)  # that die at named points


def victims_of(deployment: Deployment, folder: Path, torment: Mapping[str, str], **settings: str) -> tuple[list[Bot], Control]:
    """Make the bots of a deployment, which share a control file; `torment`: what victim.py reads, without its prefix."""
    control = Control(folder / "control")
    extra = {"CHAOS_CONTROL": str(control.path), **{f"CHAOS_{name}": value for name, value in torment.items()}}
    common = {**deployment.settings(folder), **settings}
    bots = [
        Bot(deployment.data(folder, number), module="tests.chaos.victim", extra=extra, **{"PORT": str(free_port()), **common})
        for number in range(deployment.victims)
    ]
    return bots, control


class Books:
    """What the tables say. Button tokens are noted with the rows they stand for, since the history is short."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self._connect = lambda: deployment.connect(folder)
        self.rows: dict[str, tuple[int, str]] = {}  # token -> (message, contact)

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """Return every row of a query."""
        with contextlib.closing(self._connect()) as database:
            return [tuple(row) for row in database.execute(query).fetchall()]

    def note(self) -> None:
        """Note the tokens of the moment."""
        for token, message, contact in self.all("SELECT token, id, contact_id FROM messages WHERE direction = 'out'"):
            self.rows[token] = (message, contact)

    def uncertain(self) -> set[int]:
        """Return the rows flagged as perhaps sent twice."""
        return {row for (row,) in self.all("SELECT message_id FROM outbox WHERE uncertain = 1")}

    def dead(self) -> dict[str, int]:
        """Return how many messages were given up, by contact."""
        return dict(self.all("SELECT contact_id, count(*) FROM outbox WHERE status = 'dead' GROUP BY contact_id"))  # type: ignore[arg-type]

    def waiting(self) -> int:
        """Return how many events are not handled and how many messages are not sent."""
        ((events,),) = self.all("SELECT count(*) FROM inbox WHERE status = 'new'")
        ((messages,),) = self.all("SELECT count(*) FROM outbox WHERE status IN ('waiting', 'sending')")
        return int(events) + int(messages)

    def turns(self) -> int:
        """Return how many turns all conversations have taken."""
        ((total,),) = self.all("SELECT coalesce(sum(version), 0) FROM conversations")
        return int(total)
