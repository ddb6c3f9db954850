"""What the bot knows at the moment, and how it comes to know it: read and learnt in a process of its own, kept on disk in parts.

A part (the entries of a city, the model learnt from their questions, the crisis words) is kept under a fingerprint of all it was made
from: a start finds every part ready, and a changed file costs only what it touches. Parts are pickled, like compiled Python; they are read
only from a folder that is ours and that nobody else may write to."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

import bot
from bot.errors import KnowledgeError
from bot.knowledge.faults import read_fault
from bot.knowledge.load import load_knowledge
from bot.matching import Matcher
from bot.matching.matcher import Part
from bot.model import City, Knowledge

MANIFESTS = 8  # states of knowledge folders that are kept, the newest...
KEEP_S = 3600  # ...and whatever is younger than so many seconds: another process may be about to read it
WORKER_S = 300  # seconds a build may take
MAX_BYTES = 4 << 30  # of address space it may take
LARGE_PAGES = "glibc.malloc.hugetlb=1"  # large matrices in large pages: one part in twenty less time, where glibc is 2.35 or later
COMMON = "common"  # the part that holds what all cities share

Parts = Mapping[str, str]  # name of a part -> file it is kept in


@dataclass(frozen=True, slots=True)
class Brain:
    """Knowledge and the matcher built from it: replaced as a whole when a file changes.

    `parts` are the pieces it was put together from, by the file each is kept in, so that the next one can take over what did not change."""

    knowledge: Knowledge
    matcher: Matcher
    parts: Mapping[str, object] = field(default_factory=dict)


EMPTY = Knowledge(topics={}, cities={}, safety={}, lookalikes={}, smalltalk={})


def nothing_known() -> Brain:
    """Return what a bot knows before it has learnt anything."""
    return Brain(EMPTY, Matcher(EMPTY))


# ---------------------------------------------------------------- fingerprints


@cache
def _code_version() -> str:
    """Fingerprint the code that makes parts: those of another version are not used."""
    home = Path(bot.__file__).parent
    sources = sorted([*home.glob("knowledge/*.py"), *home.glob("matching/*.py"), home / "model.py", home / "cases.py", home / "brain.py"])
    digest = hashlib.sha256(f"{sys.version} {np.__version__}".encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def fingerprint(*made_from: bytes) -> str:
    """Fingerprint what a part is made from, code included."""
    digest = hashlib.sha256(_code_version().encode())
    for piece in made_from:
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.hexdigest()[:32]


def folder_state(folder: Path) -> str:
    """Fingerprint a knowledge folder: names and contents of the files that are read; raises KnowledgeError where it cannot be."""
    try:
        return fingerprint(*_contents(folder))
    except OSError as error:
        raise KnowledgeError(f"folder cannot be read: {error.strerror}") from error


def _contents(folder: Path) -> Iterator[bytes]:
    """Yield the names of all files and folders, and what the files hold that are read."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not any(part.startswith(".") for part in name.parts):
            yield f"{name} {path.is_symlink()} {path.is_dir()}".encode()
            if path.suffix in (".yaml", ".yml") and path.is_file():
                yield path.read_bytes()


# ---------------------------------------------------------------- the shelf: parts on disk


class Shelf:
    """A folder with parts and with lists of those that make up one state of a knowledge folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def is_ours(self) -> bool:
        """Make the folder where it is missing; say whether it belongs to us and nobody else may write to it."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = self.folder.stat()
            return kept.st_uid == os.getuid() and not kept.st_mode & 0o022 and os.access(self.folder, os.W_OK)
        except OSError:
            return False

    def last(self, folder: Path) -> Parts | None:
        """Return the parts of the last good state of a knowledge folder."""
        return self.find(_last_of(folder))

    def find(self, state: str) -> Parts | None:
        """Return the parts that make up a state of the knowledge folder; None where they are not all here."""
        try:
            parts = json.loads((self.folder / f"{state}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return parts if all(map(self.has, parts.values())) else None

    def has(self, file: str) -> bool:
        """Say whether a part is here."""
        return (self.folder / file).exists()

    def keep_part(self, file: str, part: object) -> None:
        """Keep a part, where it is not here yet."""
        if not self.has(file):
            self.keep(file, pickle.dumps(part, pickle.HIGHEST_PROTOCOL))

    def keep(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all."""
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", delete=False) as file:
            file.write(content)
        Path(file.name).replace(self.folder / name)

    def list_parts(self, folder: Path, state: str, parts: Parts) -> None:
        """Write down which parts make up a state of a folder, and throw away what no recent state needs."""
        for name in (_last_of(folder), state):
            self.keep(f"{name}.json", json.dumps(dict(parts)).encode())
        lists = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        needed: set[str] = set()
        for path in lists[:MANIFESTS]:
            needed |= {path.name, *json.loads(path.read_bytes()).values()}
        recent = lists[0].stat().st_mtime - KEEP_S
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and path.name not in needed and path.stat().st_mtime < recent:
                    path.unlink()

    def read(self, file: str) -> object:
        """Read a part."""
        return pickle.loads((self.folder / file).read_bytes())  # noqa: S301  # our own folder: is_ours()


def _last_of(folder: Path) -> str:
    return f"last-{fingerprint(str(folder.resolve()).encode())}"


# ---------------------------------------------------------------- reading a brain


def ready_brain(folder: Path, shelf: Shelf) -> Brain:
    """Load and check the knowledge, from the shelf where it is there; raises KnowledgeError naming file and line."""
    with quick_allocation():
        if shelf.is_ours():
            return kept_brain(folder, shelf) or _from_shelf(_build_aside(folder, shelf), shelf)
        knowledge = load_knowledge(folder)
        matcher = Matcher(knowledge)
    give_back()
    return Brain(knowledge, matcher)


def kept_brain(folder: Path, shelf: Shelf) -> Brain | None:
    """Load the knowledge if the shelf has it ready; None where it has to be built first."""
    return _kept(shelf.find(folder_state(folder)), shelf) if shelf.is_ours() else None


def last_brain(folder: Path, shelf: Shelf) -> Brain | None:
    """Load the last good state of the knowledge, which answers while the present one is learnt; None where there is none."""
    return _kept(shelf.last(folder), shelf) if shelf.is_ours() else None


def _kept(parts: Parts | None, shelf: Shelf) -> Brain | None:
    brain = None
    with quick_allocation(), contextlib.suppress(FileNotFoundError):  # cleared away a moment ago: as if it had never been there
        brain = _from_shelf(parts, shelf) if parts else None
    give_back()
    return brain


def _from_shelf(parts: Parts, shelf: Shelf) -> Brain:
    return _assemble(parts, {name: shelf.read(file) for name, file in parts.items()})


async def learn(folder: Path, shelf: Shelf, earlier: Brain) -> AsyncIterator[Brain]:
    """Build aside and yield what is known as soon as it is: first the changed words, then what was learnt from them.

    Nothing here holds up the loop for longer than it takes to read one part. Raises KnowledgeError."""
    parts: dict[str, str] = {}
    known = dict(earlier.parts)
    async for found in _built_aside(folder, shelf):
        parts |= found
        with quick_allocation():
            for file in found.values():
                if file not in known:
                    known[file] = shelf.read(file)
                    await asyncio.sleep(0)  # others may have the processor in between
            brain = _assemble(parts, {name: known[file] for name, file in parts.items()}, earlier.matcher)
        if brain.matcher is not earlier.matcher or earlier.parts:  # never words alone, with nothing that hears a cry for help
            yield brain


def _assemble(parts: Parts, loaded: Mapping[str, object], matcher: Matcher | None = None) -> Brain:
    """Put knowledge and matcher together; while the parts of the matcher are not there yet, the earlier one goes on."""
    common = loaded[COMMON]
    assert isinstance(common, Knowledge)  # noqa: S101  # we wrote it
    cities = [city for name, city in loaded.items() if name.startswith("city/") and isinstance(city, City)]
    knowledge = replace(common, cities={city.slug: city for city in cities})
    learnt: dict[str, Part] = {name.removeprefix("matcher/"): part for name, part in loaded.items() if name.startswith("matcher/")}
    by_file = {parts[name]: part for name, part in loaded.items()}
    return Brain(knowledge, Matcher(knowledge, learnt) if learnt or matcher is None else matcher, by_file)


@contextlib.contextmanager
def quick_allocation() -> Iterator[None]:
    """Keep the garbage collector away from a million small objects that all stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def give_back() -> None:
    """Return the memory that was taken for a moment to the system, where glibc can; it takes too long to do while answering."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


# ---------------------------------------------------------------- building aside


def _command(folder: Path, shelf: Shelf) -> list[str]:
    learning = [sys.executable, "-m", "bot.learning", str(folder.resolve()), str(shelf.folder.resolve()), str(WORKER_S), str(MAX_BYTES)]
    return ["env", f"GLIBC_TUNABLES={LARGE_PAGES}", *learning]


def _home() -> Path:
    return Path(bot.__file__).parent.parent  # where this very package is, installed or not


def _build_aside(folder: Path, shelf: Shelf) -> Parts:
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and module
            _command(folder, shelf), cwd=_home(), stdin=subprocess.DEVNULL, capture_output=True, timeout=WORKER_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise KnowledgeError(f"building took longer than {WORKER_S} s and was stopped") from None
    lines = done.stdout.splitlines()
    if done.returncode:
        raise read_fault(lines[-1] if lines else b"", done.returncode)
    return {name: file for line in lines for name, file in json.loads(line).items()}


async def _built_aside(folder: Path, shelf: Shelf) -> AsyncIterator[Parts]:
    worker = await asyncio.create_subprocess_exec(
        *_command(folder, shelf), cwd=_home(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, limit=1 << 20
    )
    assert worker.stdout is not None  # noqa: S101  # a pipe was asked for
    last = b""
    try:
        async with asyncio.timeout(WORKER_S):
            async for line in worker.stdout:
                last = line
                found = json.loads(line)
                if "message" not in found:
                    yield found
            code = await worker.wait()
    except TimeoutError:
        raise KnowledgeError(f"building took longer than {WORKER_S} s and was stopped") from None
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if code:
        raise read_fault(last, code)


def knowledge_parts(knowledge: Knowledge) -> Iterator[tuple[str, object]]:
    """Take the knowledge apart: every city by itself, and the rest, without what only learning needs."""
    topics = {slug: replace(topic, questions={}) for slug, topic in knowledge.uncovered.items()}
    yield COMMON, replace(knowledge, cities={}, lexicon={}, cries={}, uncovered=topics)
    for city in knowledge.cities.values():
        yield f"city/{city.slug}", city


def file_of(name: str, made_from: bytes) -> str:
    """Name the file of a part."""
    return f"{name.replace('/', '-')}-{fingerprint(made_from)}.part"
