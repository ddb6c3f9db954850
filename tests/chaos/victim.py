"""`dragoman serve` that can be tormented from outside: python -m tests.chaos.victim serve

CHAOS_CONTROL  the file of numbers it shares with its tormentor (see control.py): where to die, the clock, the room on its disk
CHAOS_POINTS   1: the functions of points.py are wrapped
CHAOS_CLOCK    1: the clock is shifted; CHAOS_LIMITS 1: the database has no more room than it is told, or is read-only
CHAOS_DNS      the share of look-ups of a name that fail, 0-1; CHAOS_SEED with it
CHAOS_MUTANT   the name of a broken variant of our own code (see mutants.py)"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot import app
from bot.cli import main
from bot.store import worker
from tests.chaos import mutants, points
from tests.chaos.control import Control


def _shift_clock(control: Control) -> None:
    app.utc_now = lambda: datetime.now(UTC) + timedelta(seconds=control["offset_s"])


def _limit_database(control: Control) -> None:
    """Hand on the limits to the connection, in the thread that owns it, before each group of its work."""
    run_group, held = worker.run_group, [0, 0]

    def limited(database: Any, jobs: Sequence[Any]) -> None:
        wanted = [control["max_pages"], control["query_only"]]
        if wanted != held:
            held[:] = wanted
            (pages,) = database.connection.execute("PRAGMA page_count").fetchone()
            room = pages + wanted[0] - 1 if wanted[0] else 1 << 30
            database.connection.execute(f"PRAGMA max_page_count = {room:d}")
            database.connection.execute(f"PRAGMA query_only = {wanted[1]:d}")
        run_group(database, jobs)

    worker.run_group = limited


def _fail_lookups(control: Control, share: float, seed: int) -> None:
    """Let some look-ups of a name fail, as they do while a resolver is away; those that succeed give IPv4 alone."""
    control["starts"] += 1
    chance = random.Random(f"{seed}/{control['starts']}")
    look_up = asyncio.base_events.BaseEventLoop.getaddrinfo

    async def failing(self: asyncio.base_events.BaseEventLoop, host: Any, port: Any, **named: Any) -> Any:
        if host == "localhost" and chance.random() < share:
            control["dns_failures"] += 1
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return await look_up(self, host, port, **{**named, "family": socket.AF_INET})

    asyncio.base_events.BaseEventLoop.getaddrinfo = failing  # type: ignore[assignment]


def prepare() -> None:
    """Do to this process what the environment says."""
    control = Control(Path(os.environ["CHAOS_CONTROL"]))
    if os.environ.get("CHAOS_CLOCK"):
        _shift_clock(control)
    if os.environ.get("CHAOS_POINTS"):
        points.install(control)
    if os.environ.get("CHAOS_LIMITS"):
        _limit_database(control)
    if share := float(os.environ.get("CHAOS_DNS", "0")):
        _fail_lookups(control, share, int(os.environ.get("CHAOS_SEED", "0")))
    if name := os.environ.get("CHAOS_MUTANT"):
        mutants.apply(name)


if __name__ == "__main__":
    prepare()
    sys.exit(main())
