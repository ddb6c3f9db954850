"""A backup is made while the bot runs, brings everything back, and brings nobody back who was erased."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cases import Claim, Reply
from bot.errors import ConfigError, StoreError, WrongKey
from bot.model import ContactRef, OpenCase
from bot.store import BACKUP_DAYS, Retry, Store, backup, masters, open_store
from bot.store.backup import Place, restore, write, write_keys
from bot.store.crypto import Sealer, Secrets
from bot.store.database import unlock
from bot.store.keys import all_meta, tombstone
from tests.store.cases import AMINA, BORIS, SECRET, START, Clock, open_folder, snapshot_of, told
from tests.store.desks import do, join, turn

CANARY = "canary-4711-text"


def place(folder: Path) -> Place:
    return Place(folder / "dragoman.db", folder / "keys.db")


def written(folder: Path, where: Path, at: float = 0, days: int = BACKUP_DAYS) -> Path:
    return write(place(folder), where, (SECRET,), START + timedelta(days=at), days).file


async def busy(store: Store, contact: ContactRef = AMINA) -> int:
    """Leave every kind of trace of a contact; returns the number of their case."""
    staff = (await store.desk.team() or [await join(store)])[0]
    contact_id = await turn(store, contact, OpenCase("advice", "housing", facts=(("letter", CANARY),)), text=CANARY)
    await turn(store, contact)
    (case,) = (await snapshot_of(store, contact_id)).conversation.cases
    await do(store, staff, case.number, Claim())
    await do(store, staff, case.number, Reply(f"answer to {CANARY}"))
    await store.desk.add_file(case.number, CANARY.encode())
    return case.number


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "backup"


async def test_everything_comes_back(tmp_path: Path, where: Path) -> None:
    store = await open_folder(tmp_path / "data", Clock())
    number = await busy(store)
    _, delivery = await told(store, BORIS, "waits", external_id="1")
    await store.settle(delivery, Retry(60))
    file = written(tmp_path / "data", where)
    before = await store.look_through()
    lines = await store.desk.lines(number)
    await store.close()

    assert file.name == "data-20300501T120000Z.db"
    assert {path.name for path in where.iterdir()} == {file.name, "keys.db", "erased.txt", ".backup.lock"}
    assert {path.stat().st_mode & 0o777 for path in where.iterdir()} == {0o600}
    shutil.rmtree(tmp_path / "data")
    assert restore(where, None, place(tmp_path / "data"), (SECRET,)) == (file, 0)
    store = await open_folder(tmp_path / "data", Clock())
    assert await store.look_through() == before
    assert before.is_well
    assert {name: count for name, count in before.counts.items() if count == 0} == {"recent": 0, "data": 0}
    assert await store.desk.lines(number) == lines
    assert (await store.figures())["outbox_waiting"] > 0
    await store.restored(file.name)
    assert (await store.figures())["outbox_uncertain"] == (await store.figures())["outbox_waiting"]
    assert (await store.desk.audit())[-1].deed == "restored"
    assert await store.desk.verify_audit() is None
    await store.close()


async def test_it_is_one_moment_of_a_bot_that_writes_on(tmp_path: Path, where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the copy, and what is written meanwhile is not half in it."""
    store = await open_folder(tmp_path / "data", Clock())
    for number in range(40):
        await told(store, ContactRef("web", str(number)), "x" * 20_000, external_id=str(number))
    begun, go_on = threading.Event(), threading.Event()

    def pause(_seconds: float) -> None:
        begun.set()
        go_on.wait(20)

    monkeypatch.setattr(backup.time, "sleep", pause)
    result: list[Path] = []
    copying = threading.Thread(target=lambda: result.append(written(tmp_path / "data", where)))
    copying.start()
    assert begun.wait(20)
    for number in range(40, 60):
        await told(store, ContactRef("web", str(number)), "y" * 20_000, external_id=str(number))
    assert not result
    go_on.set()
    copying.join(20)
    await store.close()
    raw = sqlite3.connect(result[0])
    assert raw.execute("SELECT count(*) FROM contacts UNION ALL SELECT count(*) FROM messages").fetchall() == [(40,), (40,)]
    raw.close()
    restore(where, None, place(tmp_path / "again"), (SECRET,))
    again = await open_folder(tmp_path / "again", Clock())
    assert (await again.look_through()).unreadable == 0
    assert (await again.figures())["contacts"] == 40
    await again.close()


async def test_old_copies_do_not_open_what_was_erased(tmp_path: Path, where: Path) -> None:
    """The old data file, the key file of the moment and the master key together: not a word of an erased conversation opens."""
    store = await open_folder(tmp_path / "data", Clock())
    await busy(store)
    await busy(store, BORIS)
    old = written(tmp_path / "data", where)
    sealed = _sealed(old)
    assert len(sealed) >= 12
    assert _opening(where, sealed) == len(sealed)
    of_amina = {key_id for key_id, owner in _owners(old).items() if owner == await store.find(AMINA)}
    assert len(of_amina) == 2  # the contact and the case
    await turn(store, AMINA, erase=True)
    write_keys(place(tmp_path / "data"), where, (SECRET,))
    left = [each for each in sealed if each[1] not in of_amina]
    assert 0 < len(left) < len(sealed)
    assert _opening(where, sealed) == _opening(where, left) == len(left)
    wrapped = _keys(where)
    assert not of_amina & wrapped.keys()
    raw = b"".join(path.read_bytes() for path in where.iterdir() if path.name != old.name)
    assert [key_id for key_id in of_amina if key_id.encode() in raw] == []
    await store.close()


def _owners(file: Path) -> dict[str, str]:
    raw = sqlite3.connect(file)
    rows = dict(raw.execute("SELECT key_id, contact_id FROM cases UNION SELECT id, id FROM contacts").fetchall())
    raw.close()
    return rows


def _sealed(file: Path) -> list[tuple[bytes, str, bytes]]:
    """Return (place, id of the key, sealed value) of everything that is sealed in a data file."""
    raw = sqlite3.connect(file)
    found: list[tuple[bytes, str, bytes]] = []
    for query in ("contacts", "messages", "facts", "case_lines", "staff"):
        rows = raw.execute(backup.SQL[f"sealed_{query}"]).fetchall()
        found += [(f"{query}:{key_id}".encode(), key_id, value) for key_id, value in rows]
    raw.close()
    return found


def _keys(where: Path) -> dict[str, bytes]:
    """Open every key of a key file with the master key."""
    raw = sqlite3.connect(where / "keys.db")
    wrapping = Sealer(unlock(all_meta(raw), (SECRET,)).wrapping)
    found = {key_id: wrapping.open(sealed, key_id.encode()) for key_id, sealed in raw.execute("SELECT contact_id, wrapped FROM keys")}
    raw.close()
    return found


def _opening(where: Path, sealed: list[tuple[bytes, str, bytes]]) -> int:
    """Count what opens: with its own key where it is there, else with any of the others."""
    keys = _keys(where)
    return sum(any(_opens(key, *each) for key in ([keys[each[1]]] if each[1] in keys else keys.values())) for each in sealed)


def _opens(key: bytes, at: bytes, _key_id: str, value: bytes) -> bool:
    try:
        Sealer(key).open(value, at)
    except StoreError:
        return False
    return True


@pytest.mark.parametrize("list_is_newer", [False, True])
async def test_who_was_erased_stays_erased(tmp_path: Path, where: Path, list_is_newer: bool) -> None:
    """By the key file of the moment; or, where an older key file was put back by mistake, by the list of tombstones beside it."""
    store = await open_folder(tmp_path / "data", Clock())
    number = await busy(store)
    other = await busy(store, BORIS)
    written(tmp_path / "data", where)
    earlier = (where / "keys.db").read_bytes()
    await turn(store, AMINA, erase=True)
    back = await turn(store, AMINA, text="here again")  # somebody new
    write_keys(place(tmp_path / "data"), where, (SECRET,))
    await store.close()
    if list_is_newer:
        (where / "keys.db").write_bytes(earlier)
    shutil.rmtree(tmp_path / "data")
    _, buried = restore(where, None, place(tmp_path / "data"), (SECRET,))
    assert buried == (2 if list_is_newer else 0)
    store = await open_folder(tmp_path / "data", Clock())
    assert (await store.find(AMINA), await store.desk.case(number)) == (None, None)
    assert await store.read(back) is None  # they came after the data file was written
    assert await store.desk.case(other) is not None
    assert (await store.look_through()).is_well
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert [value for value in _amina(where) if value in content] == []
    await store.close()


def _amina(where: Path) -> list[bytes]:
    """Return what an older data file holds of the contact who has the first case."""
    (old,) = backup.data_files(where)
    raw = sqlite3.connect(old)
    ((contact_id, key_id),) = raw.execute("SELECT contact_id, key_id FROM cases WHERE number = 1").fetchall()
    raw.close()
    values = [value for _, owner, value in _sealed(old) if owner in (contact_id, key_id)]
    assert len(values) >= 5
    return [*values, contact_id.encode(), key_id.encode()]


async def test_the_list_of_tombstones_tells_nobody_anything(tmp_path: Path, where: Path) -> None:
    store = await open_folder(tmp_path / "data", Clock())
    contact_id = await turn(store, AMINA)
    await turn(store, AMINA, erase=True)
    written(tmp_path / "data", where)
    (line,) = (where / "erased.txt").read_text().splitlines()
    mark, _, day = line.partition(" ")
    assert (len(bytes.fromhex(mark)), day) == (32, "2030-05-01")
    assert bytes.fromhex(mark) == tombstone(Secrets(store.root), contact_id)
    assert bytes.fromhex(mark) != tombstone(Secrets(SECRET), contact_id)
    assert contact_id not in line
    await store.close()


async def test_tombstones_and_data_files_end_with_the_days_of_backups(tmp_path: Path, where: Path) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'data' / 'dragoman.db'}"
    store = await open_store(url, data_dir=tmp_path / "data", secret=SECRET, clock=clock, backup_days=7)
    await turn(store, AMINA, erase=True)
    for day in range(7):
        written(tmp_path / "data", where, at=day, days=7)
    clock.forward(days=7)
    await store.sweep()
    assert written(tmp_path / "data", where, at=7, days=7).parent == where
    assert len(backup.data_files(where)) == 8
    assert (where / "erased.txt").read_text()  # the first data file is still there
    clock.forward(days=1)
    await store.sweep()
    written(tmp_path / "data", where, at=8, days=7)
    assert [path.name[5:13] for path in backup.data_files(where)] == [f"203005{day:02}" for day in range(2, 10)]
    assert (where / "erased.txt").read_text() == ""
    written(tmp_path / "data", where, at=100, days=7)
    assert len(backup.data_files(where)) == 1
    await store.close()


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("form", [SECRET, SECRET.hex().encode(), f"KEY={SECRET.hex().upper()}\n".encode()])
@pytest.mark.parametrize("name", ["secret.key", "deep/env.txt"])
async def test_a_master_key_in_the_folder_is_refused(tmp_path: Path, where: Path, form: bytes, name: str) -> None:
    await (await open_folder(tmp_path / "data", Clock())).close()
    (where / name).parent.mkdir(parents=True)
    (where / name).write_bytes(form)
    with pytest.raises(ConfigError, match="master key lies in the folder"):
        written(tmp_path / "data", where)
    assert backup.data_files(where) == []


@pytest.mark.parametrize(("to", "secret"), [("data", "data/secret.key"), ("data/backup", "data/secret.key"), (".", "data/secret.key")])
def test_a_folder_beside_the_master_key_is_refused(tmp_path: Path, to: str, secret: str) -> None:
    with pytest.raises(ConfigError, match="beside the master key"):
        backup.refuse_beside(tmp_path / to, tmp_path / secret)
    backup.refuse_beside(tmp_path / "backup", tmp_path / secret)


async def test_a_folder_with_data_in_it_is_not_overwritten(tmp_path: Path, where: Path) -> None:
    store = await open_folder(tmp_path / "data", Clock())
    written(tmp_path / "data", where)
    await store.close()
    before = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    with pytest.raises(ConfigError, match=r"there are data already \(dragoman\.db\)"):
        restore(where, None, place(tmp_path / "data"), (SECRET,))
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "keys.db-wal").touch()
    with pytest.raises(ConfigError, match=r"keys\.db-wal"):
        restore(where, None, place(tmp_path / "half"), (SECRET,))
    assert {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 3 + 100])


def _spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 6] = b"\xff" * 4096 * 4
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("name", ["data", "keys.db"])
@pytest.mark.parametrize("damage", [_cut, _spoil, lambda path: path.write_bytes(b"")])
async def test_a_damaged_copy_is_found_and_nothing_put_in_place(
    tmp_path: Path, where: Path, name: str, damage: Callable[[Path], object]
) -> None:
    store = await open_folder(tmp_path / "data", Clock())
    for number in range(30):
        await told(store, ContactRef("web", str(number)), "x" * 900, external_id=str(number))
    file = written(tmp_path / "data", where)
    await store.close()
    damage(file if name == "data" else where / name)
    with pytest.raises(StoreError, match="is damaged"):
        restore(where, None, place(tmp_path / "again"), (SECRET,))
    assert list((tmp_path / "again").iterdir()) == []


async def test_another_master_key_or_installation_is_refused(tmp_path: Path, where: Path) -> None:
    for name in ("one", "two"):
        await (await open_folder(tmp_path / name, Clock())).close()
    file = written(tmp_path / "one", where)
    with pytest.raises(WrongKey, match="does not open these data"):
        restore(where, None, place(tmp_path / "again"), (bytes(32),))
    other = written(tmp_path / "two", tmp_path / "other", at=1)
    with pytest.raises(StoreError, match="different installations"):
        restore(where, other, place(tmp_path / "again"), (SECRET,))
    (where / "keys.db").unlink()
    with pytest.raises(ConfigError, match=r"no keys\.db"):
        restore(where, file, place(tmp_path / "again"), (SECRET,))
    with pytest.raises(ConfigError, match="no backup of data"):
        restore(tmp_path / "nowhere", None, place(tmp_path / "again"), (SECRET,))
    assert not any((tmp_path / "again").iterdir())


async def test_a_copy_of_a_newer_program_is_refused(tmp_path: Path, where: Path) -> None:
    await (await open_folder(tmp_path / "data", Clock())).close()
    file = written(tmp_path / "data", where)
    raw = sqlite3.connect(file)
    raw.execute("PRAGMA user_version = 999")
    raw.close()
    with pytest.raises(StoreError, match="newer version"):
        restore(where, None, place(tmp_path / "again"), (SECRET,))


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.dates().map(str)), max_size=5), st.integers(0, 400))
def test_a_list_that_was_cut_off_is_read_as_far_as_it_goes(marks: list[tuple[bytes, str]], at: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        backup._write_tombstones(Path(folder), marks)
        path = Path(folder) / backup.TOMBSTONES_NAME
        assert list(backup._read_tombstones(path)) == marks
        path.write_bytes(path.read_bytes()[:at])
        found = list(backup._read_tombstones(path))
        assert found == marks[: len(found)]
        assert len(found) >= min(len(marks), at // 76)


async def test_what_a_crash_left_behind_goes_with_the_next_backup(tmp_path: Path, where: Path) -> None:
    await (await open_folder(tmp_path / "data", Clock())).close()
    where.mkdir()
    for name in (".data-20300101T000000Z.db.part", ".data-20300101T000000Z.db.part-journal", ".keys.db.part"):
        (where / name).write_bytes(b"half")
    file = written(tmp_path / "data", where)
    assert {path.name for path in where.iterdir()} == {file.name, "keys.db", "erased.txt", ".backup.lock"}


async def test_no_copy_leads_from_the_old_master_key_to_the_new(tmp_path: Path, where: Path) -> None:
    """While a bot that serves still takes the change over, its own key file does; the copy must not."""
    new = bytes(reversed(SECRET))
    serving = await open_folder(tmp_path / "data", Clock())
    admin = await open_folder(tmp_path / "data", Clock(), exclusive=False)
    await admin.change_master(new)
    await admin.close()
    raw = sqlite3.connect(tmp_path / "data" / "keys.db")
    assert masters.HANDOVER in all_meta(raw)
    raw.close()
    write(place(tmp_path / "data"), where, (new, SECRET), START, BACKUP_DAYS)
    raw = sqlite3.connect(where / "keys.db")
    kept = all_meta(raw)
    raw.close()
    assert masters.HANDOVER not in kept
    assert masters.unlock(kept, SECRET) is None
    assert masters.unlock(kept, new) is not None
    await serving.close()


async def test_the_key_file_is_overwritten_and_not_only_unlinked(tmp_path: Path, where: Path) -> None:
    store = await open_folder(tmp_path / "data", Clock())
    contact_id = await turn(store, AMINA)
    written(tmp_path / "data", where)
    with (where / "keys.db").open("rb") as before:
        assert contact_id.encode() in before.read()
        await turn(store, AMINA, erase=True)
        write_keys(place(tmp_path / "data"), where, (SECRET,))
        before.seek(0)
        assert not any(before.read())
    await store.close()
