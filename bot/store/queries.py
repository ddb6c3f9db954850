"""The named queries and numbered migrations in sql/, read once.

A query is written once, in SQL that both engines take. Where PostgreSQL needs other words, a query of the same name in
sql/postgresql/queries.sql takes its place there: same values, same columns. What only one engine asks stands in own_queries.sql.
A migration is written twice, in files of the same name: sql/data_0006_x.sql and sql/postgresql/data_0006_x.sql
(INTEGER -> BIGINT, BLOB -> BYTEA, TEXT -> TEXT COLLATE "C"); tests/store/test_postgres_schema.py compares what they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import count

_FOLDER = files("bot.store") / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_NAMED_VALUE = re.compile(r"(?<!:):(\w+)")


def _named(file_name: str) -> Mapping[str, str]:
    """Read the queries of a file; a query is the text after its `-- name:` line."""
    _, *parts = _NAME.split(_FOLDER.joinpath(file_name).read_text("utf-8"))
    return {name: text.strip().rstrip(";") for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _all_named(*file_names: str) -> Mapping[str, str]:
    """Read the queries of several files; raises ValueError when two have the same name."""
    found = [_named(file_name) for file_name in file_names]
    together = {name: text for named in found for name, text in named.items()}
    if len(together) != sum(map(len, found)):
        raise ValueError("two queries have the same name")
    return together


def _numbered(prefix: str, where: str = "") -> tuple[str, ...]:
    """Read the migrations of a database in order; raises ValueError when a number is missing or taken twice."""
    folder = _FOLDER.joinpath(where)
    found = sorted(file.name for file in folder.iterdir() if re.fullmatch(rf"{prefix}_\d{{4}}_\w+\.sql", file.name))
    if [int(name.removeprefix(f"{prefix}_")[:4]) for name in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"the {prefix} migrations are not numbered 1, 2, 3 ...")
    return tuple(folder.joinpath(name).read_text("utf-8") for name in found)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A query in PostgreSQL's way of writing: `$1`, `$2` ...; `names` of its values in that order, empty where they have none."""

    text: str
    names: tuple[str, ...] = ()


def _with_numbers(text: str) -> Numbered:
    """Write the values of a query as numbers; raises ValueError where some have names and some have not."""
    bare = _COMMENT.sub("", text)
    names = tuple(dict.fromkeys(_NAMED_VALUE.findall(bare)))
    if names and "?" in bare:
        raise ValueError("values with and without names in one query")
    if names:
        return Numbered(_NAMED_VALUE.sub(lambda found: f"${names.index(found[1]) + 1}", bare), names)
    numbers = count(1)
    return Numbered(re.sub(r"\?", lambda _: f"${next(numbers)}", bare))


SQL = _all_named("queries.sql", "case_queries.sql", "people_queries.sql", "gap_queries.sql", "backup_queries.sql", "vitals_queries.sql")
KEY_SQL = _named("key_queries.sql")
DATA_MIGRATIONS = _numbered("data")
KEY_MIGRATIONS = _numbered("keys")

POSTGRESQL = {
    name: _with_numbers(text)
    for named in (SQL, _named("postgresql/queries.sql"), _all_named("postgresql/own_queries.sql", "postgresql/key_queries.sql"))
    for name, text in named.items()
}
POSTGRESQL_DATA_MIGRATIONS = _numbered("data", "postgresql")
POSTGRESQL_KEY_MIGRATIONS = _numbered("keys", "postgresql")
