"""The master key can be changed while the bot runs: all data keys or none are wrapped anew, and the earlier one opens nothing new."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import StoreError, WrongKey
from bot.model import ContactRef
from bot.store import Sent, Store, masters, open_store
from bot.store.crypto import Sealer, Secrets, derive
from bot.store.keys import all_meta
from tests.store.cases import AMINA, BORIS, SECRET, Clock, meet, open_folder, snapshot_of, text_of, told

NEW, NEXT = bytes(range(1, 33)), bytes(range(2, 34))
ROOT = Path(__file__).parents[2]


async def opened(folder: Path, secret: bytes, *previous: bytes, exclusive: bool = True) -> Store:
    url = f"sqlite:///{folder / 'dragoman.db'}"
    return await open_store(url, data_dir=folder, secret=secret, clock=Clock(), previous=previous, exclusive=exclusive)


async def filled(folder: Path) -> tuple[str, str]:
    store = await opened(folder, SECRET)
    amina, delivery = await told(store, AMINA, "for Amina", external_id="1")
    await store.settle(delivery, Sent())
    boris = await meet(store, BORIS, "2")
    await store.close()
    return amina, boris


def wrapped(folder: Path) -> dict[str, bytes]:
    raw = sqlite3.connect(folder / "keys.db")
    rows = dict(raw.execute("SELECT contact_id, wrapped FROM keys"))
    raw.close()
    return rows


def meta(folder: Path) -> dict[str, bytes]:
    raw = sqlite3.connect(folder / "keys.db")
    rows = all_meta(raw)
    raw.close()
    return rows


async def reads(store: Store, contact_id: str) -> bool:
    return [text_of(kept.message) for kept in await store.history(contact_id)] == ["for Amina"]


async def test_the_next_start_changes_it_and_nothing_is_lost(tmp_path: Path) -> None:
    amina, boris = await filled(tmp_path)
    before = wrapped(tmp_path)
    store = await opened(tmp_path, NEW, SECRET)
    assert await reads(store, amina)
    assert (await store.find(AMINA), await store.waiting(9)) == (amina, (boris,))
    await store.close()
    assert wrapped(tmp_path).keys() == before.keys()
    assert not set(wrapped(tmp_path).values()) & set(before.values())
    store = await opened(tmp_path, NEW)  # the earlier one is not needed any more
    assert await reads(store, amina)
    assert await store.accept([]) == ()
    await store.close()
    with pytest.raises(WrongKey, match="DRAGOMAN_SECRET_KEY_PREVIOUS"):
        await opened(tmp_path, SECRET)


async def test_an_earlier_key_and_a_copy_of_the_earlier_key_file_open_nothing_new(tmp_path: Path) -> None:
    await filled(tmp_path)
    earlier = masters.unlock(meta(tmp_path), SECRET)
    assert earlier is not None
    before = wrapped(tmp_path)
    await (await opened(tmp_path, NEW, SECRET)).close()
    assert masters.unlock(meta(tmp_path), SECRET) is None
    with pytest.raises(StoreError):
        masters.taken_over(meta(tmp_path), earlier.wrapping)
    for key_id, sealed in wrapped(tmp_path).items():
        with pytest.raises(StoreError):
            Sealer(earlier.wrapping).open(sealed, key_id.encode())
    content = b"".join(path.read_bytes() for path in tmp_path.glob("keys.db*"))
    assert [sealed for sealed in before.values() if sealed in content] == []


async def test_it_changes_beneath_a_bot_that_serves(tmp_path: Path) -> None:
    amina, _ = await filled(tmp_path)
    serving = await opened(tmp_path, SECRET)
    assert await serving.find(AMINA)
    admin = await opened(tmp_path, NEW, SECRET, exclusive=False)
    assert await admin.change_master(NEW) == len(wrapped(tmp_path))
    with pytest.raises(StoreError, match="five minutes"):
        await admin.change_master(NEXT)
    await admin.close()
    assert await reads(serving, amina)  # a key that it has not held in memory yet
    after, delivery = await told(serving, ContactRef("web", "new"), "after", external_id="3")
    assert text_of(delivery.message) == "after"
    await serving.sweep()
    assert masters.HANDOVER not in meta(tmp_path)
    second = await opened(tmp_path, NEXT, NEW, exclusive=False)
    await second.change_master(NEXT)
    await second.close()
    assert await serving.history(after)
    await serving.close()
    again = await opened(tmp_path, NEXT)
    assert await reads(again, amina)
    assert await again.history(after)
    assert masters.HANDOVER not in meta(tmp_path)
    await again.close()


async def test_who_was_not_handed_the_key_writes_nothing(tmp_path: Path) -> None:
    await filled(tmp_path)
    beside = await opened(tmp_path, SECRET, exclusive=False)
    await (await opened(tmp_path, NEW, SECRET)).close()  # a start: nobody serves
    count = len(wrapped(tmp_path))
    with pytest.raises(StoreError, match="changed meanwhile"):
        await meet(beside, ContactRef("web", "late"), "late")
    await beside.close()
    assert len(wrapped(tmp_path)) == count
    store = await opened(tmp_path, NEW)
    assert await store.find(ContactRef("web", "late")) is None
    await store.close()


DIE = """
import asyncio, os, sqlite3, sys
from pathlib import Path
from bot.store import keys
from bot.store.crypto import Sealer
from tests.store.test_masters import NEW, opened
from tests.store.cases import SECRET
left, step = [int(sys.argv[2])], sys.argv[3]
seal = Sealer.seal
def dying(self, plain, place):
    left[0] -= 1
    if step == "seal" and left[0] == 0:
        os._exit(9)
    return seal(self, plain, place)
Sealer.seal = dying
checkpoint = keys.checkpoint
def die(connection):
    if step == "checkpoint":
        os._exit(9)
    return checkpoint(connection)
keys.checkpoint = die
asyncio.run(opened(Path(sys.argv[1]), NEW, SECRET))
"""


@pytest.mark.parametrize(("at", "step", "fits"), [(1, "seal", SECRET), (2, "seal", SECRET), (4, "seal", SECRET), (0, "checkpoint", NEW)])
async def test_a_crash_in_the_middle_leaves_all_readable(tmp_path: Path, at: int, step: str, fits: bytes) -> None:
    amina, boris = await filled(tmp_path)
    died = subprocess.run([sys.executable, "-c", DIE, str(tmp_path), str(at), step], cwd=ROOT)
    assert died.returncode == 9
    assert masters.unlock(meta(tmp_path), fits) is not None
    shutil.copytree(tmp_path, tmp_path / "copy")
    for folder, secrets in ((tmp_path, (fits,)), (tmp_path / "copy", (NEW, SECRET))):  # as it is; and going on with the change
        store = await opened(folder, *secrets)
        assert await reads(store, amina)
        assert await store.waiting(9) == (boris,)
        await store.close()


async def test_an_installation_from_before_goes_on_as_it_is(tmp_path: Path) -> None:
    """Then the master secret itself was behind every hash, and wrapped the keys."""
    amina, _ = await filled(tmp_path)
    raw = sqlite3.connect(tmp_path / "keys.db")
    known = masters.unlock(all_meta(raw), SECRET)
    assert known is not None
    opener, sealer = Sealer(known.wrapping), Sealer(derive(SECRET, "key wrapping"))
    with raw:
        for key_id, sealed in raw.execute("SELECT contact_id, wrapped FROM keys").fetchall():
            anew = sealer.seal(opener.open(sealed, key_id.encode()), key_id.encode())
            raw.execute("UPDATE keys SET wrapped = ? WHERE contact_id = ?", (anew, key_id))
        raw.execute("DELETE FROM meta WHERE name NOT IN ('check', 'pair')")
        raw.execute("DROP TABLE tombstones")
        raw.execute("PRAGMA user_version = 1")
    raw.close()
    data = sqlite3.connect(tmp_path / "dragoman.db")
    with data:
        data.execute("UPDATE contacts SET address_hash = ? WHERE id = ?", (Secrets(SECRET).address_hash(AMINA), amina))
        data.execute("DELETE FROM meta WHERE name IN ('audit', 'keys_age')")
    data.close()
    store = await open_folder(tmp_path, Clock())
    assert await store.find(AMINA) == amina
    assert await reads(store, amina)
    assert store.root == SECRET
    await store.close()
    store = await opened(tmp_path, NEW, SECRET)
    assert await store.find(AMINA) == amina
    assert (await snapshot_of(store, amina)).contact == AMINA
    await store.close()
