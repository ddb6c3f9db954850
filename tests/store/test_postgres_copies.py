"""Backups of a PostgreSQL: the keys are never in a dump, and nobody who was erased comes back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bot import app
from bot.config import Settings
from bot.errors import ConfigError, StoreError, WrongKey
from bot.model import ContactRef
from bot.store import Retry, Store, open_store
from bot.store.backup import restore, write, write_keys
from bot.store.postgres.copies import PostgresPlace, spare_database
from tests.postgres import server
from tests.store.cases import AMINA, BORIS, SECRET, START, Clock, open_folder, text_of, told
from tests.store.desks import turn
from tests.store.test_backup import CANARY, busy, place

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty() -> Iterator[str]:
    with server().database("template0") as url:
        yield url


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "backup"


async def opened(url: str, folder: Path, clock: Clock | None = None) -> Store:
    return await open_store(url, data_dir=folder, secret=SECRET, clock=clock or Clock())


def written(url: str, where: Path, at: float = 0) -> Path:
    return write(PostgresPlace(url), where, (SECRET,), START + timedelta(days=at), 30).file


async def test_everything_comes_back(tmp_path: Path, where: Path, url: str, empty: str) -> None:
    store = await opened(url, tmp_path)
    number = await busy(store)
    _, delivery = await told(store, BORIS, "waits", external_id="1")
    await store.settle(delivery, Retry(60))
    file = written(url, where)
    before, lines, audit, root = await store.look_through(), await store.desk.lines(number), await store.desk.audit(), store.root
    await store.close()
    assert file.name == "data-20300501T120000Z.dump"
    assert {path.name for path in where.iterdir()} == {file.name, "keys.db", "erased.txt", ".backup.lock"}
    assert {path.stat().st_mode & 0o777 for path in where.iterdir()} == {0o600}

    assert restore(where, None, PostgresPlace(empty), (SECRET,)) == (file, 0)
    store = await opened(empty, tmp_path)
    assert before.is_well
    assert (await store.look_through(), await store.desk.lines(number), await store.desk.audit()) == (before, lines, audit)
    assert store.root == root
    await store.restored(file.name)
    assert (await store.figures())["outbox_uncertain"] == (await store.figures())["outbox_waiting"] > 0
    assert (await store.desk.audit())[-1].deed == "restored"
    assert await store.desk.verify_audit() is None
    contact_id, _ = await told(store, ContactRef("web", "later"), "goes on", external_id="later")
    assert [text_of(kept.message) for kept in await store.history(contact_id)] == ["goes on"]
    assert await busy(store, ContactRef("web", "next")) == number + 1, "no number is given twice"
    await store.close()
    with psycopg.connect(empty) as raw, pytest.raises(psycopg.errors.RaiseException, match="only added to"):
        raw.execute("DELETE FROM dragoman.audit")


async def test_no_key_and_no_word_is_in_a_dump(tmp_path: Path, where: Path, url: str) -> None:
    store = await opened(url, tmp_path)
    await busy(store)
    file = written(url, where)
    await store.close()
    text = subprocess.run(["pg_restore", "--file=-", file], check=True, capture_output=True, text=True).stdout
    assert "COPY dragoman.contacts" in text
    assert [word for word in ("dragoman_keys", "wrapped", CANARY, SECRET.hex()) if word in text] == []
    keys = sqlite3.connect(where / "keys.db")
    wrapped = [bytes(row[0]).hex() for row in keys.execute("SELECT wrapped FROM keys")]
    keys.close()
    assert len(wrapped) == 3  # a contact, a case, somebody of the desk
    assert [each for each in wrapped if each in text] == []


@pytest.mark.parametrize("list_is_newer", [False, True])
async def test_who_was_erased_stays_erased(tmp_path: Path, where: Path, url: str, empty: str, list_is_newer: bool) -> None:
    store = await opened(url, tmp_path)
    number, other = await busy(store), await busy(store, BORIS)
    written(url, where)
    older = (where / "keys.db").read_bytes()
    last = PostgresPlace(url).last_erased()
    await turn(store, AMINA, erase=True)
    assert PostgresPlace(url).last_erased() > last
    write_keys(PostgresPlace(url), where, (SECRET,))
    await store.close()
    if list_is_newer:
        (where / "keys.db").write_bytes(older)
    _, buried = restore(where, None, PostgresPlace(empty), (SECRET,))
    assert buried == (2 if list_is_newer else 0)
    store = await opened(empty, tmp_path)
    assert await store.find(AMINA) is None
    assert await store.find(BORIS) is not None
    assert (await store.desk.case(number), (await store.look_through()).unreadable) == (None, 0)
    assert await store.desk.case(other) is not None
    await store.close()


async def test_what_does_not_fit_leaves_the_database_empty(tmp_path: Path, where: Path, url: str, empty: str) -> None:
    store = await opened(url, tmp_path)
    await busy(store)
    await store.close()
    file = written(url, where)
    with pytest.raises(WrongKey):
        restore(where, None, PostgresPlace(empty), (bytes(32),))
    content = file.read_bytes()
    cut = where / "data-20300601T120000Z.dump"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreError, match="pg_restore failed"):
        restore(where, None, PostgresPlace(empty), (SECRET,))
    cut.unlink()
    sqlite = await open_folder(tmp_path / "other", Clock())
    await sqlite.close()
    write(place(tmp_path / "other"), tmp_path / "others", (SECRET,), START, 30)
    (where / "keys.db").write_bytes((tmp_path / "others" / "keys.db").read_bytes())
    with pytest.raises(StoreError, match="different installations"):
        restore(where, None, PostgresPlace(empty), (SECRET,))
    with psycopg.connect(empty) as raw:
        assert raw.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'dragoman%'").fetchone() == (0,)
    with pytest.raises(ConfigError, match="there are data already"):
        restore(where, None, PostgresPlace(url), (SECRET,))
    with pytest.raises(StoreError, match="start this one once"):
        written(empty, where)


def test_programs_that_are_missing_are_named(url: str, where: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="pg_dump is not installed"):
        written(url, where)


async def test_a_password_is_on_no_command_line(url: str, where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs are called by others of their names, which write down how."""
    store = await opened(url, tmp_path)
    await store.close()
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (programs / name).write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/said\nenv >>{tmp_path}/told\nexec /usr/bin/{name} "$@"\n')
        (programs / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("DRAGOMAN_SECRET_KEY", SECRET.hex())
    written(url.replace("dragoman@", "dragoman:canary-4711@"), where)
    assert "canary-4711" not in (tmp_path / "said").read_text()
    told = (tmp_path / "told").read_text()
    assert "PGPASSWORD=canary-4711" in told
    assert SECRET.hex() not in told


def _command(settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin"} | {f"DRAGOMAN_{name}": value for name, value in settings.items()}
    return subprocess.run([sys.executable, "-m", "bot", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


async def test_the_commands(tmp_path: Path, where: Path, url: str, empty: str) -> None:
    store = await opened(url, tmp_path)
    await busy(store)
    settings = {"DATA_DIR": str(tmp_path / "data"), "SECRET_KEY": SECRET.hex(), "DATABASE_URL": url, "BACKUP_DIR": str(where)}
    for arguments in (("backup",), ("restore", "--drill"), ("audit", "verify")):
        done = _command(settings, *arguments)
        assert (done.returncode, "error" in done.stderr.lower()) == (0, False), done.stderr
    new = bytes(range(1, 33))
    changed = settings | {"SECRET_KEY": new.hex(), "SECRET_KEY_PREVIOUS": SECRET.hex()}
    done = _command(changed, "keys", "rotate")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 data keys" in done.stdout
    assert (await store.look_through()).is_well  # the one that serves goes on
    await store.close()
    assert "does not open these data" in _command(settings, "audit", "verify").stderr
    changed["DATABASE_URL"] = empty
    done = _command(changed, "restore")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(url) as raw:
        assert raw.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'dragoman_drill%'").fetchone() == (0,)


async def test_the_key_file_forgets_while_the_bot_serves(tmp_path: Path, where: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "KEYS_COPIED_S", 0.05)
    store = await opened(url, tmp_path)
    await busy(store)
    await busy(store, BORIS)
    written(url, where)
    settings = Settings(database_url=url, data_dir=tmp_path / "data", secret_key=SECRET.hex(), backup_dir=where)  # type: ignore[arg-type]

    def kept() -> int:
        raw = sqlite3.connect(where / "keys.db")
        count = int(raw.execute("SELECT count(*) FROM keys").fetchone()[0])
        raw.close()
        return count

    assert kept() == 5  # two contacts, their cases, somebody of the desk
    async with app.keys_copied(settings), asyncio.timeout(20):
        await turn(store, AMINA, erase=True)
        while kept() != 3:
            await asyncio.sleep(0.05)
    await store.close()


def test_a_drill_needs_the_right_to_make_databases(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("DROP ROLE IF EXISTS plain")
        raw.execute("CREATE ROLE plain LOGIN")
    with pytest.raises(ConfigError, match="CREATEDB"), spare_database(url.replace("dragoman@", "plain@")):
        pass
