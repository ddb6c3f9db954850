"""What processes that share one database tell each other: wake-ups, and who does what only one may do. Nothing here carries a text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Literal, Protocol

Kind = Literal["desk", "inbox", "message", "anew"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something new, and where to look.

    `desk`: cases, staff or reports changed. `inbox`: a contact (`key`: the id) has events only the leader handles.
    `message`: message `number` of a contact of the web chat (`key`: a keyed hash of the address) was sent.
    `anew`: notices may have been missed; look at everything."""

    kind: Kind
    key: str = ""
    number: int = 0


class Replicas(Protocol):
    """The other processes on the same database."""

    @property
    def leads(self) -> bool:
        """Tell whether this process does what one process alone may do: poll, sweep, and speak for the desk in groups."""

    async def changes(self, leads: bool) -> None:
        """Wait until `leads` is another than given."""

    def resign(self) -> None:
        """Lead no more: this process is about to end, and another one need not wait for that."""

    def tell(self, notice: Notice) -> None:
        """Tell the other processes, soon; a notice that is lost is made good by their next look at the tables."""

    def listen(self, hear: Callable[[Notice], None]) -> None:
        """Hear what others tell from now on."""


class Alone:
    """One process: it does everything, and there is nobody to tell."""

    leads = True

    async def changes(self, leads: bool) -> None:
        """Wait for a change that never comes."""
        if leads:
            await asyncio.get_running_loop().create_future()

    def resign(self) -> None:
        """Do nothing: there is nobody else."""

    def tell(self, notice: Notice) -> None:
        """Tell nobody."""

    def listen(self, hear: Callable[[Notice], None]) -> None:
        """Hear nobody."""


Send = Callable[[str], Awaitable[None]]
MAX_TOGETHER = 80  # notices in one payload, of which PostgreSQL takes 8000 bytes


def written(notices: Iterable[Notice], sender: str) -> str:
    """Write notices as a payload; `sender` names the process, which need not hear itself."""
    return json.dumps({"from": sender, "notices": [asdict(notice) for notice in notices]}, separators=(",", ":"))


def understood(payload: str, own: str) -> tuple[Notice, ...]:
    """Read a payload; nothing for one's own, and for what is none of ours."""
    try:
        found = json.loads(payload)
        if found.get("kind") == "desk":  # written by the database itself
            return (Notice("desk"),)
        return () if found["from"] == own else tuple(Notice(**notice) for notice in found["notices"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
