"""A living bot whose database is in trouble says so, loses nothing, and goes on by itself when the trouble ends."""

from __future__ import annotations

import contextlib
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.botapi import TOKEN
from tests.chaos.deployment import SQLITE, Books, victims_of
from tests.chaos.harness import Api, telling_titles, wait_until
from tests.running import Bot, knowledge_of

LONG = "hola, " * 500  # of these few fit into what is left of a page


class Patient:
    """One bot with one contact, on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.api = Api(folder)
        knowledge = knowledge_of("madrid", folder)
        self.titles = telling_titles(knowledge)
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": self.api.url, "KNOWLEDGE_DIR": str(knowledge), "LOG_LEVEL": "WARNING"}
        (self.bot,), self.control = victims_of(SQLITE, folder, {"LIMITS": "1"}, **settings)
        self.books = Books(SQLITE, folder)
        self.user, self.told_before = 6001, 0

    def four_more(self) -> list[str]:
        """Return the four titles that nobody has asked for or that were asked for longest ago; `answers` looks at what is told from now."""
        self.told_before = len(self.sent())
        four, self.titles = self.titles[:4], self.titles[4:] + self.titles[:4]
        return four

    def sent(self) -> list[str]:
        """Return the first lines of all that the contact was told."""
        return [str(message["text"]).partition("\n")[0] for message in self.api.tell(f"sent?user={self.user}")]  # type: ignore[index]

    def __enter__(self) -> Patient:
        self.api.process.start()
        self.bot.start(40)
        self.api.act("say", [{"user": self.user, "text": text, "language": "es"} for text in ("/start", "español", "madrid")])
        self.quiet()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.api.process.stop()
        self.bot.stop()

    def quiet(self, timeout_s: float = 40) -> None:
        """Wait until nothing is left to be done."""
        wait_until(lambda: not self.api.pending and not self.books.waiting(), timeout_s, "the bot does not recover")

    def ask(self, title: str) -> None:
        """Let the contact ask for an entry by its title."""
        self.api.act("say", {"user": self.user, "text": title})

    def answers(self, wanted: list[str]) -> list[str]:
        """Return those of the wanted titles the contact was shown since, each once where it came twice in a row, as after a doubt."""
        titles = [text for text in self.sent()[self.told_before :] if text in wanted]
        return [title for title, before in zip(titles, [None, *titles], strict=False) if title != before]

    def told(self) -> str:
        """Return what the bot has logged."""
        return self.bot.log.read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        """Tell whether the bot itself finds that all is well."""
        try:
            with urllib.request.urlopen(f"{self.bot.url}/health/ready", timeout=10) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False


@pytest.fixture(scope="module")
def patient() -> Iterator[Patient]:
    with tempfile.TemporaryDirectory() as folder, Patient(Path(folder)) as made:
        yield made


# ---------------------------------------------------------------- troubles


@contextlib.contextmanager
def no_room(patient: Patient) -> Iterator[None]:
    """Let the database have no page more than it has."""
    patient.control["max_pages"] = 1
    try:
        yield
    finally:
        patient.control["max_pages"] = 0


@contextlib.contextmanager
def read_only(patient: Patient) -> Iterator[None]:
    """Let the database be read and not written."""
    patient.control["query_only"] = 1
    try:
        yield
    finally:
        patient.control["query_only"] = 0


@contextlib.contextmanager
def failing_writes(patient: Patient) -> Iterator[None]:
    """Let the system refuse what is written beyond some bytes of a file."""
    _, hard = resource.prlimit(patient.bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(patient.bot.pid, resource.RLIMIT_FSIZE, (patient.bot.log.stat().st_size + 5_000, hard))
    try:
        yield
    finally:
        resource.prlimit(patient.bot.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextlib.contextmanager
def taken(patient: Patient, name: str) -> Iterator[Path]:
    """Take a file away while it is open and put it back over whatever stands there then; gives where it is meanwhile."""
    file = patient.bot.data / name
    kept = file.rename(patient.folder / "moved")
    try:
        yield kept
    finally:
        kept.replace(file)


def moved_away(patient: Patient) -> AbstractContextManager[object]:
    """Take the file of the database away."""
    return taken(patient, "dragoman.db")


@contextlib.contextmanager
def replaced(patient: Patient) -> Iterator[None]:
    """Put another database in its place."""
    with taken(patient, "dragoman.db") as kept:
        shutil.copy(kept, patient.bot.data / "dragoman.db")
        yield


def log_taken(patient: Patient) -> AbstractContextManager[object]:
    """Take the write-ahead log away."""
    return taken(patient, "dragoman.db-wal")


@contextlib.contextmanager
def locked(patient: Patient) -> Iterator[None]:
    """Hold the lock of the database for ten seconds."""
    other = sqlite3.connect(patient.bot.data / "dragoman.db", isolation_level=None, timeout=20)
    other.execute("BEGIN IMMEDIATE")
    begin = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, 10 - (time.monotonic() - begin)))
        other.execute("ROLLBACK")
        other.close()


Trouble = Callable[[Patient], AbstractContextManager[object]]
TROUBLES = [
    pytest.param(no_room, "SQLITE_FULL", id="no room"),
    pytest.param(read_only, "SQLITE_READONLY", id="read-only"),
    pytest.param(moved_away, "dragoman.db was moved", id="moved away"),
    pytest.param(failing_writes, " SQLITE_", id="failing writes", marks=pytest.mark.long),
    pytest.param(replaced, "dragoman.db was moved, deleted or replaced", id="replaced", marks=pytest.mark.long),
    pytest.param(log_taken, "dragoman.db-wal was moved", id="log taken", marks=pytest.mark.long),
    pytest.param(locked, "SQLITE_BUSY", id="locked for ten seconds", marks=pytest.mark.long),
]


@pytest.mark.chaos
@pytest.mark.parametrize(("trouble", "named"), TROUBLES)
def test_trouble_is_named_and_nothing_is_lost(patient: Patient, trouble: Trouble, named: str) -> None:
    wanted = patient.four_more()
    told = len(patient.told())
    patient.ask(wanted[0])
    patient.quiet()
    with trouble(patient):
        patient.ask(wanted[1])
        for _ in range(4):
            patient.ask(LONG)
        patient.ask(wanted[2])
        wait_until(lambda: named in patient.told()[told:], 20, "nothing is said about it")
        assert patient.bot.is_alive
    patient.ask(wanted[3])
    patient.quiet()
    assert patient.answers(wanted) == wanted
    assert patient.is_ready()
    assert "Traceback" not in patient.told()[told:]


@pytest.mark.chaos
def test_health_says_when_the_database_is_gone(patient: Patient) -> None:
    with moved_away(patient):
        wait_until(lambda: not patient.is_ready(), 10, "health says that all is well")
    wait_until(patient.is_ready, 10, "health does not recover")


# ---------------------------------------------------------------- a disk that is full, files that are somebody else's


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[None]:
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("nobody may mount a file system here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.long
def test_a_disk_that_is_full_and_has_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data"), Patient(tmp_path) as patient:
        wanted = patient.titles[:3]
        patient.ask(wanted[0])
        patient.quiet()
        filler = tmp_path / "data" / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        for _ in range(10):
            patient.ask(LONG)
        patient.ask(wanted[1])
        wait_until(lambda: "SQLITE_FULL" in patient.told(), 20, "nothing is said about it")
        assert patient.bot.is_alive
        filler.unlink()
        patient.ask(wanted[2])
        patient.quiet()
        assert patient.answers(wanted) == wanted


@pytest.mark.long
def test_a_disk_that_may_not_be_written_to_is_refused_in_one_line(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data"):
        bot = Bot(tmp_path / "data")
        bot.start(40)
        bot.stop()
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "data")], check=True)
        told = bot.log.stat().st_size
        with pytest.raises(RuntimeError, match="did not start"):
            bot.start()
        lines = bot.log.read_text(encoding="utf-8")[told:].strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("dragoman: ")


# ---------------------------------------------------------------- lost files at the start


@pytest.mark.chaos
def test_keys_without_their_data_are_not_thrown_away(tmp_path: Path) -> None:
    with Patient(tmp_path) as patient:
        patient.ask(patient.titles[0])
        patient.quiet()
        patient.bot.stop()
        data = patient.bot.data / "dragoman.db"
        kept = data.rename(tmp_path / "kept.db")
        with pytest.raises(RuntimeError, match=r"dragoman\.db is missing or empty"):
            patient.bot.start()
        kept.replace(data)
        patient.bot.start(40)
        patient.ask(patient.titles[1])
        patient.quiet()
        assert patient.answers(patient.titles[:2]) == patient.titles[:2]
