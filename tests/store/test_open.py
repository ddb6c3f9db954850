"""Opening: addresses, private files, the lock, and secrets, keys and data that belong together."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import ConfigError, StoreError, StoreLocked, WrongKey
from bot.store import Sent, open_store
from bot.store.database import configure, open_keys
from bot.store.queries import DATA_MIGRATIONS
from tests.store.cases import AMINA, BORIS, SECRET, Clock, meet, open_folder, saying, told, wrote


@pytest.mark.parametrize("url", ["", "sqlite", "sqlite://", "sqlite:///", "sqlite://data.db", "mysql://db/dragoman", "/data.db"])
async def test_another_address_is_refused_by_name(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///path/to/file"):
        await open_store(url, data_dir=tmp_path, secret=SECRET, clock=Clock())


async def test_a_wrong_length_of_the_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        await open_folder(tmp_path, Clock(), secret=b"short")


async def test_memory_leaves_no_file(tmp_path: Path) -> None:
    store = await open_store("sqlite://:memory:", data_dir=tmp_path / "data", secret=SECRET, clock=Clock())
    await told(store, AMINA, "hi")
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    store = await open_folder(folder, Clock())
    await meet(store, AMINA)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    await store.close()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {"dragoman.db", "dragoman.db-wal", "keys.db", "keys.db-wal", "serve.lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


async def test_a_relative_address_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = await open_store("sqlite:///data/dragoman.db", data_dir=Path("data"), secret=SECRET, clock=Clock())
    await store.close()
    assert (tmp_path / "data" / "dragoman.db").exists()


async def test_a_second_server_is_refused_and_admins_work_beside(tmp_path: Path) -> None:
    folder = tmp_path / "my-data"
    first = await open_folder(folder, Clock())
    with pytest.raises(StoreLocked, match=r"'my-data'.*serve\.lock.*DRAGOMAN_DATA_DIR"):
        await open_folder(folder, Clock())
    contact_id, delivery = await told(first, AMINA, "hi")
    admin = await open_folder(folder, Clock(), exclusive=False)
    assert (await admin.figures())["contacts"] == 1
    await admin.accept([wrote(BORIS, "from the side")])
    await admin.sweep()
    assert len(await first.waiting(10)) == 1
    await admin.close()
    assert await first.settle(delivery, Sent()) is None
    await first.close()
    again = await open_folder(folder, Clock())
    assert (await again.figures())["outbox_uncertain"] == 0
    assert await again.find(AMINA) == contact_id
    await again.close()


ROOT = Path(__file__).parents[2]
HOLD = """
import asyncio, sys
from pathlib import Path
from tests.store.cases import Clock, open_folder
async def main():
    await open_folder(Path(sys.argv[1]), Clock())
    print("serving", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert holder.stdout is not None
    with holder, holder.stdout:
        assert holder.stdout.readline() == b"serving\n"
        with pytest.raises(StoreLocked):
            await open_folder(tmp_path, Clock())
        holder.send_signal(signal.SIGKILL)
    store = await open_folder(tmp_path, Clock())
    await store.close()


async def test_another_secret_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    contact_id = await meet(store, AMINA)
    await store.close()
    with pytest.raises(WrongKey):
        await open_folder(tmp_path, Clock(), secret=bytes(32))
    store = await open_folder(tmp_path, Clock())
    assert await store.waiting(10) == (contact_id,)
    assert await store.read(contact_id) is not None
    await store.close()


async def test_a_missing_or_foreign_key_file_is_refused(tmp_path: Path) -> None:
    store = await open_folder(tmp_path / "one", Clock())
    contact_id = await meet(store, AMINA)
    await store.close()
    keys = tmp_path / "one" / "keys.db"
    kept = keys.rename(tmp_path / "kept.db")
    with pytest.raises(StoreError, match=r"keys\.db is missing"):
        await open_folder(tmp_path / "one", Clock())
    await (await open_folder(tmp_path / "two", Clock())).close()
    keys.write_bytes((tmp_path / "two" / "keys.db").read_bytes())
    with pytest.raises(StoreError, match=r"belongs to other data"):
        await open_folder(tmp_path / "one", Clock())
    kept.rename(keys)
    store = await open_folder(tmp_path / "one", Clock())
    assert await store.read(contact_id) is not None
    await store.close()


async def test_erased_people_stay_erased_after_a_restore(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    await told(store, BORIS, "hi", external_id="0")
    contact_id = await meet(store, AMINA)
    await store.close()
    backup = (tmp_path / "dragoman.db").read_bytes()
    store = await open_folder(tmp_path, clock)
    await store.handle(contact_id, saying(erase=True))
    await store.close()
    (tmp_path / "dragoman.db").write_bytes(backup)
    store = await open_folder(tmp_path, clock)
    assert (await store.find(AMINA), await store.read(contact_id), await store.waiting(10)) == (None, None, ())
    assert (await store.figures())["contacts"] == 1
    await store.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dragoman.db").write_bytes(b"this is no database at all " * 200)
    with pytest.raises(StoreError, match="not a database"):
        await open_folder(tmp_path, Clock())
    (tmp_path / "dragoman.db").unlink()
    await (await open_folder(tmp_path, Clock())).close()


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    await (await open_folder(tmp_path, Clock())).close()
    with sqlite3.connect(tmp_path / "dragoman.db") as raw:
        raw.execute(f"PRAGMA user_version = {len(DATA_MIGRATIONS) + 1}")
    raw.close()
    for exclusive in (True, False):
        with pytest.raises(StoreError, match="newer version"):
            await open_folder(tmp_path, Clock(), exclusive=exclusive)


async def test_an_admin_does_not_migrate_beneath_a_server(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    raw = sqlite3.connect(tmp_path / "dragoman.db")
    raw.execute("PRAGMA user_version = 0")
    raw.close()
    with pytest.raises(StoreLocked, match="older version"):
        await open_folder(tmp_path, Clock(), exclusive=False)
    await store.close()


async def test_every_connection_is_durable_and_forgets_for_real(tmp_path: Path) -> None:
    for connection in (open_keys(tmp_path / "a.db"), open_keys(None)):
        configure(connection)
        values = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "foreign_keys", "secure_delete")}
        assert values == {"synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
        connection.close()
