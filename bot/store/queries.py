"""The named queries and numbered migrations in sql/, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_FOLDER = files("bot.store") / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def _named(file_name: str) -> Mapping[str, str]:
    """Read the queries of a file; a query is the text after its `-- name:` line."""
    _, *parts = _NAME.split((_FOLDER / file_name).read_text("utf-8"))
    return {name: text.strip().rstrip(";") for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _all_named(*file_names: str) -> Mapping[str, str]:
    """Read the queries of several files; raises ValueError when two have the same name."""
    found = [_named(file_name) for file_name in file_names]
    together = {name: text for named in found for name, text in named.items()}
    if len(together) != sum(map(len, found)):
        raise ValueError("two queries have the same name")
    return together


def _numbered(prefix: str) -> tuple[str, ...]:
    """Read the migrations of a database in order; raises ValueError when a number is missing or taken twice."""
    found = sorted(file.name for file in _FOLDER.iterdir() if re.fullmatch(rf"{prefix}_\d{{4}}_\w+\.sql", file.name))
    if [int(name.removeprefix(f"{prefix}_")[:4]) for name in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"the {prefix} migrations are not numbered 1, 2, 3 ...")
    return tuple((_FOLDER / name).read_text("utf-8") for name in found)


SQL = _all_named("queries.sql", "case_queries.sql", "people_queries.sql", "gap_queries.sql", "backup_queries.sql")
KEY_SQL = _named("key_queries.sql")
DATA_MIGRATIONS = _numbered("data")
KEY_MIGRATIONS = _numbered("keys")
