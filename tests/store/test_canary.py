"""After many people were erased not one byte of theirs is left: in no file of the store, no log, nothing that a backup brings back."""

from __future__ import annotations

import logging
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.cases import AddNote, Claim, Close, Profile, Reply, Staff
from bot.logs import DiscreetFormatter
from bot.model import AddToCase, ContactRef, KeepQuestion, MakeMove, OpenCase
from bot.store import Retry, Store, backup
from bot.store.backup import Place, restore, write, write_keys
from bot.store.queries import SQL
from tests.store.cases import SECRET, START, Clock, message, open_folder, saying, snapshot_of, wrote
from tests.store.desks import GROUP, LUCIA, do, join, join_by_telegram, turn
from tests.store.test_backup import _keys

PEOPLE, STAY, SEED = 40, 10, 4711
CHANNELS = ("telegram", "web", "whatsapp")
WORDS = "canary words"


def who(number: int) -> ContactRef:
    return ContactRef(CHANNELS[number % 3], f"canary-address-{number:03}")


async def live(store: Store, number: int, staff: Staff, group: str, rng: random.Random) -> str:
    """Let somebody leave every kind of trace, some of them more than others; returns their id."""
    contact = who(number)
    contact_id = await turn(store, contact, text=f"{WORDS} {number} first")
    if number % 4:
        effects = [OpenCase("advice", "housing", facts=(("letter", f"{WORDS} {number} fact"),)), MakeMove()]
        await turn(store, contact, *effects, text=f"{WORDS} {number} asks")
        await turn(store, contact)
        (case,) = (await snapshot_of(store, contact_id)).conversation.cases
        await do(store, staff, case.number, Claim())
        for _ in range(rng.randint(1, 3)):
            await turn(store, contact, AddToCase(case.number, text=f"{WORDS} {number} adds"))
            await do(store, staff, case.number, Reply(f"{WORDS} {number} answer"))
        await do(store, staff, case.number, AddNote(f"{WORDS} {number} note"))
        await store.desk.add_file(case.number, f"{WORDS} {number} file".encode() * rng.randint(1, 400))
        await store.desk.post(group, case.number, 1, [message(f"{WORDS} {number} post")])
        if number % 8 == 1:
            await do(store, staff, case.number, Close("solved"))
    if number % 5 == 0:  # something that cannot be sent now
        await store.accept([wrote(contact, f"canary-event-{number}", WORDS)])
        for delivery in (await store.handle(contact_id, saying(f"{WORDS} {number} waits"))).deliveries:
            await store.settle(delivery, Retry(3600))
    if number % 3 == 0:  # something that was not looked at yet
        await store.accept([wrote(contact, f"canary-event-{number}-{n}", f"{WORDS} {number} unread") for n in range(3)])
    return contact_id


def traces(data: Path, keys: Path, contact_ids: Sequence[str]) -> list[bytes]:
    """Return everything stored of contacts that could be known again: sealed values, wrapped keys, hashes, tokens, ids."""
    raw, ring, found = sqlite3.connect(data), sqlite3.connect(keys), list[object](contact_ids)
    for contact_id in contact_ids:
        owned = [key_id for (key_id,) in raw.execute("SELECT key_id FROM cases WHERE contact_id = ?", (contact_id,))]
        found += owned
        for query in ("contacts", "data", "recent", "inbox", "messages", "facts", "case_lines"):
            rows = raw.execute(SQL[f"sealed_{query}"])
            found += [value for key_id, value in rows if key_id in (contact_id, *owned)]
        for query in (
            "SELECT address_hash FROM contacts WHERE id = ?",
            "SELECT token FROM messages WHERE contact_id = ?",
            "SELECT code_hash FROM moves WHERE contact_id = ?",
            "SELECT f.payload FROM files f JOIN cases k ON k.number = f.number WHERE k.contact_id = ?",
            "SELECT f.id FROM files f JOIN cases k ON k.number = f.number WHERE k.contact_id = ?",
            "SELECT m.payload FROM outbox o JOIN messages m ON m.id = o.message_id JOIN cases k USING (number) WHERE k.contact_id = ?",
        ):
            found += [row[0] for row in raw.execute(query, (contact_id,))]
        for key_id in (contact_id, *owned):
            found += [row[0] for row in ring.execute("SELECT wrapped FROM keys WHERE contact_id = ?", (key_id,))]
    raw.close()
    ring.close()
    values = [value if isinstance(value, bytes) else str(value).encode() for value in found if value is not None]
    return [piece for value in values for piece in pieces(value)]


def pieces(value: bytes) -> list[bytes]:
    """Cut a long value up: SQLite lays it over several pages."""
    return [value[at : at + 32] for at in range(0, len(value) - 31, 100)] if len(value) > 500 else [value]


def bytes_of(*folders: Path) -> bytes:
    return b"\0".join(path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())


def count(content: bytes, needles: Sequence[bytes]) -> int:
    """Return how many bytes of needles are found."""
    return sum(content.count(needle) * len(needle) for needle in needles)


async def test_erased_people_leave_no_byte(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    print("seed", SEED)
    caplog.set_level(logging.DEBUG)
    data, where, rng = tmp_path / "data", tmp_path / "backup", random.Random(SEED)
    files, place = Place(data / "dragoman.db", data / "keys.db"), Place(tmp_path / "back" / "dragoman.db", tmp_path / "back" / "keys.db")
    clock = Clock()
    store = await open_folder(data, clock)
    staff = await join(store)
    await join_by_telegram(store, LUCIA, Profile("Samir", "interpreter", "madrid", languages=("ar",)))
    await store.desk.link_group(GROUP, await store.desk.link_code("madrid"))
    (group,) = await store.desk.groups()
    people = [await live(store, number, staff, group.contact_id, rng) for number in range(PEOPLE)]
    old = write(files, where, (SECRET,), START, 30).file
    gone, left = people[STAY:], people[:STAY]
    needles, kept = traces(files.data, files.keys, gone), traces(files.data, files.keys, left)
    assert len(needles) > 1000
    for folder in (data, where):  # the search itself must find them, but for the few that lie over the end of a page
        content = bytes_of(folder)
        assert sum(needle in content for needle in needles) > 0.97 * len(needles)

    for number in rng.sample(range(STAY, PEOPLE), PEOPLE - STAY):
        await turn(store, who(number), erase=True)
    stuck = [number for number in range(STAY, PEOPLE) if number % 5 == 0]
    assert (await store.figures())["contacts"] >= len(left) + len(stuck)  # their last messages wait; all else is gone already
    clock.forward(hours=25)  # nobody waits longer than that
    await store.sweep()
    write_keys(files, where, (SECRET,))
    assert (count(bytes_of(data), needles), count(bytes_of(data), [b"canary"])) == (0, 0)
    assert (await store.look_through()).is_well
    await store.close()
    assert count(bytes_of(data), needles) == 0
    content = bytes_of(data)
    assert sum(needle in content for needle in kept) > 0.8 * len(kept)  # those who stay are there, without what was said a day ago

    # the old data file with the key file of the moment and the master key
    keys = _keys(where)
    assert not set(keys) & set(gone)
    assert set(keys) >= set(left)
    restore(where, old, place, (SECRET,))
    store = await open_folder(tmp_path / "back", Clock())
    assert (count(bytes_of(tmp_path / "back"), needles), count(bytes_of(tmp_path / "back"), [b"canary"])) == (0, 0)
    assert [await store.find(who(number)) is None for number in range(PEOPLE)] == [number >= STAY for number in range(PEOPLE)]
    await store.restored(old.name)
    assert (await store.look_through()).is_well
    await store.close()
    assert count(bytes_of(tmp_path / "back"), needles) == 0
    assert backup.data_files(where) == [old]

    written = "\n".join(DiscreetFormatter().format(record) for record in caplog.records).encode()
    assert count(written, [*needles, b"canary", SECRET, SECRET.hex().encode()]) == 0


async def test_a_question_kept_by_its_contact_outlives_them_and_leads_nowhere(tmp_path: Path) -> None:
    """It was let go of, masked, when they tapped for it: nothing in the files ties it to anybody, before or after."""
    store = await open_folder(tmp_path, Clock())
    contact_id = await turn(store, who(1), KeepQuestion("madrid", "ar", "where is the school", "none"), text=WORDS)
    (row,) = _rows(tmp_path, "SELECT * FROM kept_questions")
    assert contact_id not in row
    await turn(store, who(1), erase=True)
    assert [kept.text for kept in await store.desk.kept_questions()] == ["where is the school"]
    assert _rows(tmp_path, "SELECT * FROM kept_questions") == [row]
    await store.close()


def _rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    raw = sqlite3.connect(folder / "dragoman.db")
    rows = raw.execute(query).fetchall()
    raw.close()
    return rows
