"""The data folder: private files, and the lock that lets one process serve from it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from bot.errors import FilesGone, StoreError, StoreLocked

LOCK_NAME = "serve.lock"


def prepare(folder: Path) -> None:
    """Make the folder, closed to others, where it is missing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the data folder cannot be made: {error.strerror}") from error


def make_private(path: Path) -> None:
    """Make an empty file only its owner may read, where it is missing; SQLite gives its side files the same mode."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(f"{path.name} cannot be made: {error.strerror}") from error


def sync(folder: Path) -> None:
    """Make a new name in a folder survive a power cut, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Files:
    """Database files that are open, with those SQLite keeps beside them: a file that is moved away takes what is written to it along."""

    def __init__(self, databases: Sequence[Path]) -> None:
        """Note which files these are; each must be open already."""
        paths = [path.with_name(path.name + suffix) for path in databases for suffix in ("", "-wal", "-shm")]
        self._known = {path: self._identity(path) for path in paths}

    def check(self) -> None:
        """Raise FilesGone when one of them has been moved, deleted or replaced."""
        for path, known in self._known.items():
            if self._identity(path) != known:
                raise FilesGone(
                    f"{path.name} was moved, deleted or replaced while in use: put it back, or start again on what is there now"
                )

    @staticmethod
    def _identity(path: Path) -> tuple[int, int] | None:
        try:
            found = path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


class ServeLock:
    """Held by the one process that serves; the system lets go of it however the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock; raises StoreLocked when another process holds it, StoreError when the folder is not to be written to."""
        make_private(folder / LOCK_NAME)
        try:
            self._file = os.open(folder / LOCK_NAME, os.O_RDWR)
        except OSError as error:
            raise StoreError(f"{LOCK_NAME} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreLocked(
                f"another dragoman already serves from the folder '{folder.resolve().name}' (it holds {LOCK_NAME} there): "
                "stop that one first, or give this one a folder of its own with DRAGOMAN_DATA_DIR"
            ) from error

    def release(self) -> None:
        """Let go of the lock; the file stays, because deleting it would let two processes each lock their own."""
        os.close(self._file)
