"""Where a victim can be told to die: named functions of the path of a message, each before or after one of its calls.

Nothing of this is in the product: the victim wraps the functions from outside, so a renamed function fails the suite instead of passing
it unseen. A function that one engine alone has is named with that engine, and so are those of sweeping, since nobody can put forward the
clock of PostgreSQL."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.chaos.control import Control


@dataclass(frozen=True)
class Point:
    """One place to die. `story`: the part of a contact's life that leads there, see test_points.py; `engine` "": every one has it.

    `counts(given, result)` tells whether a call is one of those meant; before a call there is no result yet."""

    name: str
    target: str
    when: Literal["before", "after"]
    story: str
    engine: str = ""
    counts: Callable[[tuple[Any, ...], Any], bool] = lambda given, result: True

    @property
    def is_frequent(self) -> bool:
        """Tell whether its story comes by several times."""
        return self.story == "ask" and self.counts is Point.counts


def _is_new_key(given: tuple[Any, ...], result: Any) -> bool:
    """Tell whether a key is remembered that was just made, not one that was looked up."""
    ring, contact_id, _ = given
    return any(changed == contact_id for changed, *_ in ring._changes)


def _holds(given: tuple[Any, ...], result: Any) -> bool:
    """Tell whether a transaction holds a contact: the loops begin others every other second."""
    return given[0]._asked is not None


def _held(given: tuple[Any, ...], result: Any) -> bool:
    """Tell whether a transaction held a contact."""
    return _holds(given[1:], result)


def _found_some(given: tuple[Any, ...], result: Any) -> bool:
    """Tell whether something was found to be done."""
    return bool(result)


_changes = 0


def _has_rows(given: tuple[Any, ...], result: Any) -> bool:
    """Tell whether a commit has anything to commit: the loops commit nothing every other second."""
    global _changes
    before, _changes = _changes, given[0].connection.total_changes
    return before != _changes


POINTS = (
    Point("updates are there and not kept", "bot.channels.telegram.poller:Poller._take", "before", "ask"),
    Point("events are in an open transaction", "bot.store.inbox:accept", "after", "ask"),
    Point("keys are safe, their data are not", "bot.store.keys:KeyRing._remember", "before", "ask", "sqlite", _is_new_key),
    Point("a commit is about to be made", "bot.store.database:SqliteDatabase.commit", "before", "ask", "sqlite", _has_rows),
    Point("a commit is made and nobody told", "bot.store.database:SqliteDatabase.commit", "after", "ask", "sqlite", _has_rows),
    Point(
        "all is written and no commit sent", "bot.store.postgres.database:PostgresDatabase.do_last", "after", "ask", "postgresql", _holds
    ),
    Point(
        "a commit is asked for and not answered",
        "bot.store.postgres.database:PostgresDatabase.commit",
        "after",
        "ask",
        "postgresql",
        _holds,
    ),
    Point("a transaction is over and nobody told", "bot.store.postgres.pool:_Transaction.run", "after", "ask", "postgresql", _held),
    Point("events are kept and not acknowledged", "bot.channels.telegram.poller:Poller._take", "after", "ask"),
    Point("a text is about to be understood", "bot.service:_Handling.understand_ahead", "before", "ask"),
    Point("a turn is decided", "bot.service:_Handling.decide", "after", "ask"),
    Point("events are marked done", "bot.store.turns:_finish_events", "after", "ask"),
    Point("answers are in the outbox", "bot.store.turns:_say", "after", "ask"),
    Point("a turn is written and not committed", "bot.store.turns:handle", "after", "ask"),
    Point("a turn is committed and nothing sent", "bot.service:ConversationService._turns", "after", "ask"),
    Point("a message is leased", "bot.service:ConversationService._send", "before", "ask"),
    Point("a message is about to go", "bot.channels.telegram.sender:_send_text", "before", "ask"),
    Point("the platform has a message, nobody noted it", "bot.channels.telegram.sender:_send_text", "after", "ask"),
    Point("a message is sent and not settled", "bot.service:ConversationService._send", "after", "ask"),
    Point("a delivery is about to be settled", "bot.store.lanes:settle", "before", "ask"),
    Point("a delivery is settled and not committed", "bot.store.lanes:settle", "after", "ask"),
    Point("a lane is about to be claimed", "bot.store.lanes:claim", "before", "retry"),
    Point("a lane is claimed and not committed", "bot.store.lanes:claim", "after", "retry", counts=_found_some),
    Point("a message is put back", "bot.store.lanes:_wait", "after", "retry"),
    Point("a message is given up", "bot.store.lanes:_bury", "after", "refused"),
    Point("a case is written", "bot.store.opening:open_case", "after", "case"),
    Point("what a turn does to cases is done", "bot.store.casework:apply", "after", "case"),
    Point("the words of a contact are a line", "bot.store.casework:_add", "after", "case"),
    Point("an advisor's deed is about to be done", "bot.desk.deskservice:DeskService.act", "before", "case"),
    Point("an advisor's deed is written", "bot.store.deeds:do", "after", "case"),
    Point("an advisor's deed is committed and nobody told", "bot.desk.deskservice:DeskService.act", "after", "case"),
    Point("an advisor's words are on their way", "bot.store.replies:reply", "after", "case"),
    Point("the wish to be forgotten is written", "bot.store.turns:_start_erasing", "after", "erase"),
    Point("the wish to be forgotten is committed", "bot.store.erase:finish", "before", "erase"),
    Point("a contact is erased and not committed", "bot.store.erase:contact", "after", "erase"),
    Point("the logs still show who was erased", "bot.store.database:SqliteDatabase.empty_logs", "before", "erase", "sqlite"),
    Point("the logs are emptied", "bot.store.database:SqliteDatabase.empty_logs", "after", "erase", "sqlite"),
    Point("histories are swept and not committed", "bot.store.erase:drop_histories", "after", "sweep", "sqlite", _found_some),
    Point("cases are swept and not committed", "bot.store.erase:drop_cases", "after", "sweep", "sqlite", _found_some),
    Point("keys and data are made to agree", "bot.store.erase:reconcile", "after", "start"),
    Point("the leases of the dead are void", "bot.store.lanes:resume", "after", "start", "sqlite"),
    Point("changed knowledge is read", "bot.brain:Shelf.read", "before", "reload"),
    Point("changed knowledge is taken up", "bot.app:Thinker.learn", "after", "reload"),
)


def install(control: Control) -> None:
    """Wrap every point of this process. Only one is armed at a time, by its place in the table counted from 1."""
    for number, point in enumerate(POINTS, 1):
        owner, name = _place(point.target)
        setattr(owner, name, _wrapped(getattr(owner, name), number, point, control))


def _place(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    return owner, name


def _wrapped(function: Callable[..., Any], number: int, point: Point, control: Control) -> Callable[..., Any]:
    def maybe_die(when: str, given: tuple[Any, ...], result: Any = None) -> None:
        if point.when == when and control["point"] == number and point.counts(given, result):
            control["calls"] -= 1
            if control["calls"] <= 0:
                control["point"] = 0
                os.kill(os.getpid(), signal.SIGKILL)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def waiting(*given: Any, **named: Any) -> Any:
            maybe_die("before", given)
            result = await function(*given, **named)
            maybe_die("after", given, result)
            return result

        return waiting

    @functools.wraps(function)
    def plain(*given: Any, **named: Any) -> Any:
        maybe_die("before", given)
        result = function(*given, **named)
        maybe_die("after", given, result)
        return result

    return plain
