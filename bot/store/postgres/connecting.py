"""How connections are made: what the address says, and what every connection must have."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import Int8BinaryDumper
from psycopg.types.string import StrDumperUnknown

from bot.errors import ConfigError, StoreError

CONNECT_S: Final = 5
SCHEMA: Final = "dragoman"
SESSION: Final = {
    "search_path": SCHEMA,
    "timezone": "UTC",
    "jit": "off",  # every query is short
    "statement_timeout": "30s",  # a sweep of a large table at most
    "lock_timeout": "5s",  # as long as SQLite waits
    "idle_in_transaction_session_timeout": "30s",  # a process that stands still must not hold a contact for ever
    "tcp_keepalives_idle": "5",  # nor one whose machine is gone, nor what it leads
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


class _Whole(Int8BinaryDumper):
    """All whole numbers are BIGINT, so that a query is prepared once and not once for each size of number."""


class _Text(StrDumperUnknown):
    """PostgreSQL's text can not hold a zero character."""

    def dump(self, obj: str) -> bytes | bytearray | memoryview | None:
        return super().dump(obj.replace("\0", "\ufffd"))


def address_of(url: str) -> str:
    """Return what to connect with. Raises ConfigError, which does not quote the address: there is a password in it."""
    try:
        given = conninfo_to_dict(url)
        ours = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
        options = f"{ours} {given.pop('options', '')}".strip()
        known = {"connect_timeout": str(CONNECT_S), "application_name": "dragoman"} | {key: str(value) for key, value in given.items()}
        return make_conninfo("", **known | {"options": options})
    except psycopg.Error:
        raise ConfigError("DATABASE_URL is malformed: it must read postgresql://user:password@host:port/name") from None


def connect(address: str) -> psycopg.Connection[tuple[object, ...]]:
    """Open a connection; a transaction is begun by whoever wants one. Raises psycopg.Error."""
    connection = psycopg.connect(address, autocommit=True, cursor_factory=psycopg.RawCursor)
    connection.prepare_threshold, connection.prepared_max = 0, 1000
    for kind in (int, bool):
        connection.adapters.register_dumper(kind, _Whole)
    connection.adapters.register_dumper(str, _Text)
    return connection


def refusal(error: psycopg.Error) -> StoreError:
    """Wrap what the driver raised, without the values it may quote."""
    name = type(error).__name__
    # Without a state no statement was at fault: the connection is.
    said = f"{name} ({error.sqlstate})" if error.sqlstate else f"{name}: {str(error).partition(chr(10))[0]}"
    wrapped = StoreError(f"the database refused: {said}")
    wrapped.__cause__ = error
    return wrapped
