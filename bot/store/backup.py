"""Copies of an installation for the day it is lost, made while the bot runs, and the way back.

A backup folder holds dated data files, which only keys open, and ONE key file, which is overwritten: throwing a data key away so reaches
every older copy of the data. The master secret is never there. Beside the key file stands a list of tombstones, which is no secret and
may be copied anywhere: who restores an older key file by mistake still brings nobody back.

Here is what all engines share, and SQLite; PostgreSQL's part is bot.store.postgres.copies. The key file is the same on both."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from bot.errors import ConfigError, StoreError
from bot.store import folder, masters, schema
from bot.store.crypto import Secrets
from bot.store.database import unlock
from bot.store.keys import all_meta, bury
from bot.store.queries import DATA_MIGRATIONS, KEY_MIGRATIONS, KEY_SQL, SQL

KEYS_NAME: Final = "keys.db"
TOMBSTONES_NAME: Final = "erased.txt"
TOMBSTONES_SINCE: Final = 2  # schema of the key file
LOCK_NAME: Final = ".backup.lock"
STAMP: Final = "%Y%m%dT%H%M%SZ"
_DATA_FILE: Final = re.compile(r"data-\d{8}T\d{6}Z\.(db|dump)")
PAGES, PAUSE_S = 256, 0.002  # of 4 KiB each; then the disk is left to others
SECRET_SIZE: Final = 64 * 1024  # bytes; a larger file is no master secret


class Installation(Protocol):
    """What is copied, on one engine."""

    @property
    def suffix(self) -> str:
        """Return how its data files end."""

    def copy_data(self, target: Path) -> None:
        """Copy what is sealed, as it is at this moment, into a file that is there and empty; raises StoreError."""

    def copy_keys(self, target: Path) -> None:
        """Copy the keys of the moment into a key file; raises StoreError."""

    def last_erased(self) -> int:
        """Return the number of the newest tombstone: as long as it is the same, the key file of a backup is not behind."""

    def bound_to(self, copy: Path) -> bytes | None:
        """Read a data file from beginning to end; returns what its key file is known by. Raises StoreError where it is damaged."""

    def fits(self, copy: Path) -> None:
        """Raise StoreError where a data file is newer than this program."""

    def refuse_occupied(self) -> None:
        """Make sure that nothing is overwritten; raises ConfigError."""

    def arriving(self) -> contextlib.AbstractContextManager[tuple[Path, Path]]:
        """Give two files to put data and keys into, which take their places when all went well."""


@dataclass(frozen=True, slots=True)
class Place:
    """An installation on SQLite: where it keeps its data and its keys."""

    data: Path
    keys: Path
    suffix: str = ".db"

    def copy_data(self, target: Path) -> None:
        """Copy the database while others write."""
        with _opened(self.data) as data:
            _copy(data, target)

    def copy_keys(self, target: Path) -> None:
        """Copy the key file, without what leads from one wrapping key to the next."""
        with _opened(self.keys) as keys:
            _copy(keys, target)
        with _opened(target) as copy:
            copy.execute("PRAGMA secure_delete = ON")
            copy.execute(KEY_SQL["drop_meta"], (masters.HANDOVER,))

    def last_erased(self) -> int:
        """Return the number of the newest tombstone."""
        with _opened(self.keys) as keys:
            return int(keys.execute(KEY_SQL["last_tombstone"]).fetchone()[0])

    def bound_to(self, copy: Path) -> bytes | None:
        """Return the pair the data are bound to."""
        _whole(copy)
        with _opened(copy) as data:
            row = data.execute(SQL["get_meta"], ("pair",)).fetchone()
        return None if row is None else bytes(row[0])

    def fits(self, copy: Path) -> None:
        """Compare its schema with ours."""
        _fits(copy, DATA_MIGRATIONS)

    def refuse_occupied(self) -> None:
        """Make sure that neither file is there."""
        for path in (self.data, self.keys):
            if taken := sorted(each.name for each in path.parent.glob(f"{path.name}*")):
                raise ConfigError(f"there are data already ({', '.join(taken)}): restore into an empty DRAGOMAN_DATA_DIR")

    @contextlib.contextmanager
    def arriving(self) -> Iterator[tuple[Path, Path]]:
        """Give both files under other names; the data come last, the keys are there then."""
        for path in {self.data.parent, self.keys.parent}:
            folder.prepare(path)
        with _part(self.data) as data, _part(self.keys) as keys:
            yield data, keys


@dataclass(frozen=True, slots=True)
class Written:
    """A backup that was written. `removed`: how many data files had outlived their days."""

    file: Path
    bytes: int
    removed: int


# ---------------------------------------------------------------- there


def write(place: Installation, where: Path, candidates: Sequence[bytes], now: datetime, days: int) -> Written:
    """Write a data file and the key file, look at both, and remove data files older than `days`; works while the bot runs.

    `candidates`: the master secrets that may open the keys; one of them in `where` is refused.
    Raises ConfigError, or StoreError with the earlier backup left as it was."""
    refuse_secrets(where, candidates)
    folder.prepare(where)
    with _locked(where):
        for part in where.glob(".*.part*"):
            part.unlink()  # of one that was cut off
        file = where / f"data-{now.strftime(STAMP)}{place.suffix}"
        with _part(file) as copied:
            place.copy_data(copied)
            bound = place.bound_to(copied)
            with _part(where / KEYS_NAME) as keys:  # after the data: no row may be without its key
                place.copy_keys(keys)
                _check_pair(bound, keys, candidates)
                tombstones = _tombstones(keys)
            _write_tombstones(where, tombstones)
        return Written(file, file.stat().st_size, _remove_old(where, file, now, days))


def write_keys(place: Installation, where: Path, candidates: Sequence[bytes]) -> None:
    """Overwrite the key file alone, so that what was erased is gone from every older backup as well; nothing where there is none yet."""
    if not (where / KEYS_NAME).exists():
        return
    refuse_secrets(where, candidates)
    with _locked(where), _part(where / KEYS_NAME) as keys:
        place.copy_keys(keys)
        _whole(keys)
        _write_tombstones(where, _tombstones(keys))


def refuse_secrets(where: Path, candidates: Sequence[bytes]) -> None:
    """Make sure that no master secret lies in a folder of backups; raises ConfigError."""
    for path in where.rglob("*") if where.is_dir() else ():
        if path.is_file() and path.stat().st_size <= SECRET_SIZE:
            content = path.read_bytes()
            if any(secret in content or secret.hex().encode() in content.lower() for secret in candidates):
                raise ConfigError(f"the master key lies in the folder of the backups ({path.name}): keep it in another place")


def refuse_beside(where: Path, secret_file: Path) -> None:
    """Make sure that who copies one folder does not take backups and the file of the master secret along; raises ConfigError."""
    there, home = where.resolve(), secret_file.resolve().parent
    if there.is_relative_to(home) or home.is_relative_to(there):
        raise ConfigError(
            f"backups must not lie beside the master key ({secret_file.name}): choose a folder elsewhere, best on another disk"
        )


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database as it is at this moment: whoever writes goes on, and is not in the copy."""
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on nothing changes for this connection
        with _opened(target) as copy:
            source.backup(copy, pages=PAGES, progress=lambda *_: time.sleep(PAUSE_S))
            copy.execute("PRAGMA journal_mode = DELETE")  # a copy is one file
    finally:
        source.execute("ROLLBACK")


def _whole(path: Path) -> None:
    """Read a copy from beginning to end; raises StoreError where it is damaged."""
    with _opened(path) as copy:
        try:
            found = copy.execute("PRAGMA integrity_check").fetchone()[0] if schema.version_of(copy) else "empty"
            strays = copy.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError:
            found, strays = "no database", None
    if found != "ok" or strays is not None:
        raise StoreError(f"the copy {path.name.lstrip('.')} is damaged")


def _check_pair(bound: bytes | None, keys: Path, candidates: Sequence[bytes]) -> masters.Unlocked:
    """Make sure that a whole key file belongs to the data and a secret opens it; raises StoreError or WrongKey."""
    _whole(keys)
    with _opened(keys) as ring:
        kept = all_meta(ring)
    if bound is None or bound != kept.get("pair"):
        raise StoreError("the data file and the key file belong to different installations")
    return unlock(kept, candidates)


def _tombstones(keys: Path) -> list[tuple[bytes, str]]:
    with _opened(keys) as copy:
        if schema.version_of(copy) < TOMBSTONES_SINCE:
            return []
        return [(bytes(mark), str(day)) for mark, day in copy.execute(KEY_SQL["tombstones"])]


def _write_tombstones(where: Path, tombstones: Sequence[tuple[bytes, str]]) -> None:
    with _part(where / TOMBSTONES_NAME) as part:
        part.write_text("".join(f"{mark.hex()} {day}\n" for mark, day in tombstones))


def _remove_old(where: Path, newest: Path, now: datetime, days: int) -> int:
    """Remove the data files that have outlived their days, but never the one just written."""
    oldest = f"data-{(now - timedelta(days=days)).strftime(STAMP)}"
    old = [path for path in data_files(where) if path.name < oldest and path != newest]
    for path in old:
        path.unlink()
    return len(old)


# ---------------------------------------------------------------- and back


def data_files(where: Path) -> list[Path]:
    """Return the data files of a folder, oldest first."""
    return sorted(path for path in where.glob("data-*") if _DATA_FILE.fullmatch(path.name))


def restore(where: Path, file: Path | None, place: Installation, candidates: Sequence[bytes]) -> tuple[Path, int]:
    """Put a data file (default the newest) and the key file into an empty place; returns the file, and how many keys tombstones took.

    Everything is looked at before anything is put there. Raises ConfigError, WrongKey or StoreError."""
    place.refuse_occupied()
    file = file or next((path for path in reversed(data_files(where)) if path.suffix == place.suffix), None)
    if file is None or not file.is_file():
        raise ConfigError(f"no backup of data in {where}")
    if not (where / KEYS_NAME).is_file():
        raise ConfigError(f"no {KEYS_NAME} in {where}: without it nothing in a backup opens")
    with place.arriving() as (data, keys):
        shutil.copyfile(file, data)
        shutil.copyfile(where / KEYS_NAME, keys)
        root = _check_pair(place.bound_to(data), keys, candidates).root
        place.fits(data)
        _fits(keys, KEY_MIGRATIONS)
        buried = _bury(keys, Secrets(root), where)
    return file, buried


def _fits(path: Path, migrations: Sequence[str]) -> None:
    with _opened(path) as copy:
        schema.is_current(copy, migrations)  # raises where it is newer than this program


def _bury(keys: Path, secrets: Secrets, where: Path) -> int:
    """Apply the tombstones of the key file and those that stand beside it."""
    with _opened(keys) as ring:
        ring.execute("PRAGMA secure_delete = ON")
        schema.migrate(ring, KEY_MIGRATIONS)
        return bury(ring, secrets, _read_tombstones(where / TOMBSTONES_NAME))


def _read_tombstones(path: Path) -> Iterator[tuple[bytes, str]]:
    """Read the list; a line that is none ends it, as it may have been cut off."""
    for line in path.read_text().splitlines() if path.is_file() else ():
        mark, _, day = line.partition(" ")
        if not re.fullmatch(r"[0-9a-f]{64} \d{4}-\d\d-\d\d", line):
            return
        yield bytes.fromhex(mark), day


# ---------------------------------------------------------------- files


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file that is there; raises StoreError when it is not to be had."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError(f"{path.name} cannot be opened: {error}") from error
    try:
        yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{path.name.lstrip('.')}: {error}") from error
    finally:
        connection.close()


@contextlib.contextmanager
def _part(path: Path) -> Iterator[Path]:
    """Give a private file to write to, which takes the place of `path` when all went well; what was there before is overwritten first."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        folder.make_private(part)
        yield part
        _sync(part)
        before = path.open("r+b") if path.exists() else None
        part.replace(path)
        if before is not None:
            with before:
                _blank(before.fileno())
        folder.sync(path.parent)
    except OSError as error:
        raise StoreError(f"{path.name} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _blank(file: int) -> None:
    """Overwrite what an earlier key file held, as far as the disk lets us: keys that are gone should not lie in freed blocks."""
    os.pwrite(file, bytes(os.fstat(file).st_size), 0)
    os.fsync(file)


@contextlib.contextmanager
def _locked(where: Path) -> Iterator[None]:
    """Wait until nobody else writes into a folder of backups."""
    folder.make_private(where / LOCK_NAME)
    file = os.open(where / LOCK_NAME, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
