"""Writes confirmations into the knowledge folder while others read it: a file is replaced as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from bot.errors import KnowledgeError
from bot.knowledge.reading import MAX_BYTES, read_bytes
from bot.knowledge.stamp import Stamp, stamped


def write_stamps(folder: Path, stamps: Iterable[Stamp]) -> tuple[tuple[Stamp, ...], tuple[KnowledgeError, ...]]:
    """Write confirmations into their files; returns those that are written, and why others are not, file by file."""
    written: list[Stamp] = []
    faults: list[KnowledgeError] = []
    ordered = sorted(stamps, key=lambda stamp: (stamp.file, stamp.entry_id))
    for file, group in groupby(ordered, key=lambda stamp: stamp.file):
        done, refused = _write_file(folder, file, tuple(group))
        written += done
        faults += refused
    return tuple(written), tuple(faults)


def _write_file(folder: Path, file: str, stamps: tuple[Stamp, ...]) -> tuple[list[Stamp], list[KnowledgeError]]:
    done: list[Stamp] = []
    faults: list[KnowledgeError] = []
    try:
        raw = read_bytes(folder, file)
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return [], [KnowledgeError("is not saved as UTF-8 text", file=file)]
    except KnowledgeError as error:
        return [], [error]
    for stamp in stamps:
        try:
            text = stamped(text, stamp)
            done.append(stamp)
        except KnowledgeError as error:
            faults.append(error)
    if done:
        try:
            replace_file(folder, file, raw, text.encode("utf-8"))
        except KnowledgeError as error:
            return [], [*faults, error]
        except OSError as error:
            return [], [*faults, KnowledgeError(f"cannot be written: {error.strerror}", file=file)]
    return done, faults


def replace_file(folder: Path, file: str, before: bytes, after: bytes) -> None:
    """Put a new file in the place of one, with its mode, safe on disk; raises KnowledgeError where it has changed since it was read.

    `before` is empty where the file is to be made: nothing, or an empty file, is there."""
    if len(after) > MAX_BYTES:
        raise KnowledgeError(f"would be larger than {MAX_BYTES // 1024} KB", file=file)
    path = folder / file
    if not before and not path.exists():
        path.touch(0o644)
    mode = stat.S_IMODE(path.lstat().st_mode)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        if read_bytes(folder, file) != before:
            raise KnowledgeError("was changed by somebody else at the same moment", file=file)
        aside.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
