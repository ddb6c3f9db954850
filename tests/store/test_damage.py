"""Damaged copies of a write-ahead log: what opens is a state that was once committed, or it is refused; never something in between."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store import Decision, FindButton, Said, Sent, Snapshot, Store
from tests.store.cases import AMINA, BORIS, Clock, message, open_folder, text_of, wrote

SEED = int(os.environ.get("CHAOS_SEED", "20261128"))
TURNS = 9  # as many as go into a log before it is emptied
State = tuple[object, ...]


def count(snapshot: Snapshot, find_button: FindButton) -> Decision:
    """Answer with the number of the turn, and remember it."""
    number = int(str(snapshot.conversation.data.get("n", 0))) + 1
    conversation = replace(snapshot.conversation, data={"n": number})
    said = (Said(message(f"heard {number}", author="contact")), Said(message(f"told {number}")))
    return Decision(conversation, tuple(item.id for item in snapshot.waiting), said=said)


async def state_of(store: Store) -> State:
    """Return all that matters of a store."""
    found: list[object] = []
    for contact in (AMINA, BORIS):
        contact_id = await store.find(contact)
        snapshot = await store.read(contact_id) if contact_id else None
        if contact_id and snapshot:
            history = tuple(text_of(said.message) for said in await store.history(contact_id))
            found.append((contact.address, dict(snapshot.conversation.data).get("n"), len(snapshot.waiting), history))
    figures = await store.figures()
    return (*found, figures["contacts"], figures["inbox_waiting"], figures["outbox_waiting"])


async def write(folder: Path, clock: Clock) -> tuple[list[State], Path]:
    """Make many commits; returns the state after each, and a copy of the files as a power cut would leave them."""
    store = await open_folder(folder, clock)
    states = [await state_of(store)]
    for turn in range(TURNS):
        for contact in (AMINA, BORIS):
            (contact_id,) = await store.accept([wrote(contact, f"{contact.address}{turn}")])
            states.append(await state_of(store))
            (delivery,) = (await store.handle(contact_id, count)).deliveries
            states.append(await state_of(store))
            await store.settle(delivery, Sent())
            states.append(await state_of(store))
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    await store.close()
    return states, copy


def damage(file: Path, chance: random.Random) -> str:
    """Cut a file short, flip a bit of it, or write over a piece of it."""
    content = bytearray(file.read_bytes())
    way, at = chance.choice(("cut", "flip", "overwrite", "zero")), chance.randrange(len(content))
    match way:
        case "cut":
            del content[at:]
        case "flip":
            content[at] ^= 1 << chance.randrange(8)
        case "overwrite":
            content[at : at + 512] = chance.randbytes(len(content[at : at + 512]))
        case _:
            content[at:] = bytes(len(content) - at)
    file.write_bytes(content)
    return f"{way} at {at}"


async def reopened(folder: Path, clock: Clock) -> State | None:
    """Open a copy; None where it is refused."""
    try:
        store = await open_folder(folder, clock)
    except StoreError:
        return None
    try:
        return await state_of(store)
    finally:
        await store.close()


async def _try_damaged(tmp_path: Path, copies: int, name: str) -> tuple[list[State], list[tuple[str, State | None]]]:
    clock, chance = Clock(), random.Random(f"{SEED}/{name}")
    print(f"seed {SEED}")
    states, copy = await write(tmp_path / "data", clock)
    assert await reopened(Path(shutil.copytree(copy, tmp_path / "whole")), clock) == states[-1]
    seen: list[tuple[str, State | None]] = []
    for number in range(copies):
        folder = Path(shutil.copytree(copy, tmp_path / f"{number}"))
        how = damage(folder / name, chance)
        seen.append((how, await reopened(folder, clock)))
        shutil.rmtree(folder)
    return states, seen


@pytest.mark.parametrize("copies", [40, pytest.param(500, marks=pytest.mark.long)])
async def test_a_damaged_log_gives_a_state_that_was_once_committed(tmp_path: Path, copies: int) -> None:
    states, seen = await _try_damaged(tmp_path, copies, "dragoman.db-wal")
    assert [(how, state) for how, state in seen if state is not None and state not in states] == []
    assert len({state for _, state in seen}) > copies // 10, "the damage had no effect"


@pytest.mark.parametrize("copies", [20, pytest.param(200, marks=pytest.mark.long)])
async def test_a_damaged_log_of_the_keys_forgets_nobody_silently(tmp_path: Path, copies: int) -> None:
    states, seen = await _try_damaged(tmp_path, copies, "keys.db-wal")
    assert [(how, state) for how, state in seen if state not in (None, states[-1])] == []
    assert any(state is None for _, state in seen), "the damage had no effect"
