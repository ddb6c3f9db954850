"""Units of work on files of cases, sealed with the key of their case."""

from __future__ import annotations

import os
from typing import cast

from bot.errors import StoreError
from bot.store.contacts import place
from bot.store.database import Database
from bot.store.desk import MAX_FILE

MAX_FILES = 50  # of one case


def add(db: Database, number: int, content: bytes) -> str:
    """Keep a file of a case; returns its id. Raises StoreError above MAX_FILE bytes or MAX_FILES files, or without such a case."""
    db.hold_case(number)
    row = db.row("case_files", number)
    if row is None:
        raise StoreError("no such case")
    if len(content) > MAX_FILE or cast(int, row[1]) >= MAX_FILES:
        raise StoreError(f"a case holds {MAX_FILES} files of {MAX_FILE} bytes at most")
    file_id = os.urandom(16).hex()
    db.run("add_file", file_id, number, db.keys.get(str(row[0])).seal(content, place("files", file_id)), db.now())
    return file_id


def find(db: Database, file_id: str) -> tuple[int, bytes] | None:
    """Return the case number and content of a file."""
    row = db.row("file", file_id)
    if row is None:
        return None
    number, payload, key_id = row
    return cast(int, number), db.keys.get(str(key_id)).open(cast(bytes, payload), place("files", file_id))
