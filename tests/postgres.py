"""A PostgreSQL of the tests' own: started once for all of them, on loopback, in a folder that goes with it."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.store.postgres.connecting import address_of, connect
from bot.store.postgres.setup import migrate
from tests.running import free_port

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
USERS = ("postgres", "nobody")  # the server refuses to run as root
SETTINGS = {"max_connections": "200", "shared_buffers": "64MB", "autovacuum": "off", "log_min_messages": "warning"}
FASTEST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # commits wait for no slow disk, kills lose nothing
TEMPLATE = "dragoman_template"

_numbers = itertools.count(1)


class Server:
    """Running, with a template that has the newest schema."""

    def __init__(self, programs: Path, *, on_disk: bool = False) -> None:
        self._programs, self.port = programs, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="dragoman-postgres-", dir=None if on_disk else FASTEST))
        self._user = next((pwd.getpwnam(name) for name in USERS if os.getuid() == 0 and _is_there(name)), None)
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._reused: psycopg.Connection[tuple[object, ...]] | None = None
        self._empty: list[str] = []
        self._call("initdb", "-D", "data", "-U", "dragoman", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self.start()
        self._make(TEMPLATE, "template1")
        with connect(address_of(self.url(TEMPLATE))) as connection:
            migrate(connection)

    def _as_user(self) -> dict[str, object]:
        user = self._user
        who = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return {"cwd": self.folder, **who}

    def _call(self, program: str, *arguments: str) -> None:
        subprocess.run([self._programs / program, *arguments], check=True, stdout=subprocess.DEVNULL, **self._as_user())  # type: ignore[call-overload]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        where = ["-k", str(self.folder), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                [self._programs / "postgres", "-D", "data", *where, *settings], stdout=log, stderr=log, **self._as_user()
            )
        for _ in range(300):
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://dragoman@127.0.0.1:{self.port}/{database}"

    def _make(self, name: str, template: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """Give a database of its own; returns its address."""
        name = self.add(template)
        try:
            yield self.url(name)
        finally:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def add(self, template: str = TEMPLATE) -> str:
        """Make a database that stays as long as the server; returns its name."""
        name = f"test_{next(_numbers)}"
        self._make(name, template)
        return name

    def emptied(self) -> str:
        """Return the address of a database as new, always the same one: emptying it takes a tenth of the time of making one."""
        if self._reused is None:
            self._make("test_reused", TEMPLATE)
            self._reused = psycopg.connect(self.url("test_reused"), autocommit=True)
            query = "SELECT format('DELETE FROM %I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'dragoman%'"
            tables = [str(row[0]) for row in self._reused.execute(query) if not row[0].endswith((".schema_versions", ".marks"))]
            numbers = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
            self._empty = ["SET session_replication_role = replica", *tables, "UPDATE dragoman.marks SET n = 0", numbers]
        self._reused.execute("; ".join(self._empty).encode())
        return self.url("test_reused")

    def stop(self) -> None:
        """End it at once; nothing of it is kept."""
        self.process.send_signal(signal.SIGINT)  # SIGTERM would wait for everybody to leave
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def remove(self) -> None:
        """End it and remove its folder."""
        if self._reused is not None:
            self._reused.close()
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _is_there(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@functools.cache
def server(*, on_disk: bool = False) -> Server:
    """Return the server of this run; where its programs are missing tests are skipped, under CI they fail."""
    if not PROGRAMS:
        reason = "PostgreSQL's programs are not installed (apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    started = Server(PROGRAMS[-1], on_disk=on_disk)
    atexit.register(started.remove)
    return started
