"""Whoever changes, removes or adds a line of the audit behind our back is found out, at the line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.cases import Claim, Reply
from bot.store import Store
from tests.store.cases import AMINA, Clock, open_folder
from tests.store.desks import do, join, open_case, turn

LINES = 6


async def _filled(folder: Path) -> Store:
    store = await open_folder(folder, Clock())
    for number in range(1, LINES + 1):
        await store.desk.note("staff", "claimed", number, "detail")
    return store


def _tamper(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "dragoman.db") as raw:
        for statement in ("DROP TRIGGER audit_update", "DROP TRIGGER audit_delete", *statements):
            raw.execute(statement)
    raw.close()


@pytest.mark.parametrize("statement", ["UPDATE audit SET at = at", "UPDATE audit SET actor = 'else' WHERE id = 4", "DELETE FROM audit"])
async def test_it_is_only_added_to(tmp_path: Path, statement: str) -> None:
    store = await _filled(tmp_path)
    raw = sqlite3.connect(tmp_path / "dragoman.db")
    with raw, pytest.raises(sqlite3.IntegrityError, match="only added to"):
        raw.execute(statement)
    raw.close()
    assert await store.desk.verify_audit() is None
    assert len(await store.desk.audit()) == LINES
    await store.close()


async def test_whose_deeds_it_tells_may_be_erased_and_it_stays_whole(tmp_path: Path) -> None:
    """It holds ids by chance, and never what was said."""
    store = await open_folder(tmp_path, Clock())
    staff = await join(store)
    case = await open_case(store, AMINA, text="canary-4711-text")
    await do(store, staff, case.number, Claim())
    await do(store, staff, case.number, Reply("canary-4711-text"))
    await turn(store, AMINA, erase=True)
    await store.desk.remove_staff(staff.id)
    lines = await store.desk.audit()
    assert {"opened", "claimed", "answered", "erased"} <= {line.deed for line in lines}
    held = " ".join(f"{line.actor} {line.deed} {line.detail}" for line in lines)
    assert [name for name in ("canary", AMINA.address, staff.profile.name) if name in held] == []
    assert await store.desk.verify_audit() is None
    await store.close()


async def test_an_earlier_end_does_not_hide_what_was_taken_back(tmp_path: Path) -> None:
    """Whoever kept the end of an earlier day, which our own secret has sealed, can cut off all that came later; but the key file knows."""
    store = await _filled(tmp_path)
    await store.sweep()
    raw = sqlite3.connect(tmp_path / "dragoman.db")
    earlier = raw.execute("SELECT value FROM meta WHERE name = 'audit'").fetchone()[0]
    raw.close()
    for number in range(3):
        await store.desk.note("staff", "closed", number)
    cut = (f"DELETE FROM audit WHERE id > {LINES}", f"UPDATE meta SET value = x'{earlier.hex()}' WHERE name = 'audit'")
    await store.sweep()
    assert await store.desk.verify_audit() is None
    _tamper(tmp_path, *cut)
    assert await store.desk.verify_audit() == LINES + 1
    await store.desk.note("staff", "closed", 9)  # in the place of another
    assert await store.desk.verify_audit() == LINES + 2
    for number in range(3):
        await store.desk.note("staff", "closed", number)
    await store.sweep()  # what does not follow is not noted anew
    assert await store.desk.verify_audit() == LINES + 3
    await store.close()


async def test_an_older_copy_of_the_data_is_seen_until_it_is_restored_as_one(tmp_path: Path) -> None:
    store = await _filled(tmp_path)
    await store.close()
    older = (tmp_path / "dragoman.db").read_bytes()
    store = await open_folder(tmp_path, Clock())
    await store.desk.note("staff", "closed", 7)
    await store.sweep()
    await store.close()
    (tmp_path / "dragoman.db").write_bytes(older)
    store = await open_folder(tmp_path, Clock())
    assert await store.desk.verify_audit() == LINES + 1
    await store.restored("data-20300501T120000Z.db")
    assert await store.desk.verify_audit() is None
    await store.sweep()
    assert await store.desk.verify_audit() is None
    await store.close()


@pytest.mark.parametrize("number", range(1, LINES + 1))
async def test_every_single_line_that_is_missing_or_moved_is_found(tmp_path: Path, number: int) -> None:
    store = await _filled(tmp_path)
    _tamper(tmp_path, f"DELETE FROM audit WHERE id = {number}")
    found = await store.desk.verify_audit()
    assert found == (number if number == LINES else number + 1)
    await store.close()


EVERY_COLUMN = ["at = at + 1", "actor = 'else'", "deed = 'closed'", "number = 77", "detail = ''", "chain = zeroblob(32)", "chain = 'text'"]
LATER = "UPDATE audit SET id = -id WHERE id >= 3", "UPDATE audit SET id = 1 - id WHERE id < 0"
COPIED = "at, actor, deed, number, detail, chain"
FORGED = f"INSERT INTO audit (id, {COPIED}) SELECT {{id}}, {COPIED} FROM audit WHERE id = 2"


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        *(((f"UPDATE audit SET {change} WHERE id = 4",), 4) for change in EVERY_COLUMN),
        (("UPDATE audit SET detail = x'00' WHERE id = 4",), 4),
        (("UPDATE audit SET detail = 'x' WHERE id = 6",), 6),
        (("DELETE FROM audit WHERE id = 3",), 4),
        (("DELETE FROM audit WHERE id = 1",), 2),
        (("DELETE FROM audit WHERE id = 3", "UPDATE audit SET id = id - 1 WHERE id > 3"), 3),
        (("DELETE FROM audit WHERE id = 6",), 6),
        (("DELETE FROM audit WHERE id > 2",), 3),
        (("DELETE FROM audit",), 1),
        (("DELETE FROM meta WHERE name = 'audit'",), LINES + 1),
        (("UPDATE meta SET value = zeroblob(32) WHERE name = 'audit'",), LINES + 1),
        (("UPDATE meta SET value = 'text' WHERE name = 'audit'",), LINES + 1),
        (("DELETE FROM audit WHERE id > 4", "DELETE FROM meta WHERE name = 'audit'"), 5),
        ((FORGED.format(id=7),), 7),
        ((FORGED.format(id=-1),), -1),
        ((*LATER, FORGED.format(id=3)), 3),
        (("UPDATE audit SET id = 100 WHERE id = 2", "UPDATE audit SET id = 2 WHERE id = 3", "UPDATE audit SET id = 3 WHERE id = 100"), 2),
    ],
)
async def test_tampering_is_named_by_its_line(tmp_path: Path, statements: tuple[str, ...], found: int) -> None:
    store = await _filled(tmp_path)
    assert await store.desk.verify_audit() is None
    _tamper(tmp_path, *statements)
    assert await store.desk.verify_audit() == found
    await store.close()


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (("DELETE FROM audit WHERE id > 4",), 5),
        (("DELETE FROM audit WHERE id > 4", "DELETE FROM meta WHERE name = 'audit'"), 5),
        (("DELETE FROM audit",), 1),
        (("UPDATE audit SET actor = 'else' WHERE id = 6",), 6),
        (("UPDATE audit SET chain = 'text' WHERE id = 6",), 6),
    ],
)
async def test_going_on_does_not_hide_it(tmp_path: Path, statements: tuple[str, ...], found: int) -> None:
    store = await _filled(tmp_path)
    _tamper(tmp_path, *statements)
    for number in range(3):
        await store.desk.note("staff", "closed", number)
    assert await store.desk.verify_audit() == found
    await store.close()


async def test_another_secret_could_not_have_written_it(tmp_path: Path) -> None:
    store = await _filled(tmp_path / "one")
    other = await open_folder(tmp_path / "two", Clock(), secret=bytes(32))
    for number in range(1, LINES + 1):
        await other.desk.note("staff", "claimed", number, "detail")
    await other.close()
    _tamper(tmp_path / "one", "DELETE FROM audit")
    raw = sqlite3.connect(tmp_path / "one" / "dragoman.db")
    with raw:
        raw.execute("ATTACH ? AS other", (str(tmp_path / "two" / "dragoman.db"),))
        raw.execute("INSERT INTO audit SELECT * FROM other.audit")
        raw.execute("UPDATE meta SET value = (SELECT value FROM other.meta WHERE name = 'audit') WHERE name = 'audit'")
    raw.close()
    assert await store.desk.verify_audit() == 1
    await store.close()
