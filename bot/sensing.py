"""What the sentences of the knowledge mean (extra `semantic`): learnt in a process of its own after everything else, kept on disk.

That process takes minutes the first time. Vectors are kept by the hash of their sentence, so a changed sentence costs only itself;
until a city is done the light model answers alone, or what was learnt before where the entries are the same."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import logging
import os
import resource
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

import bot
from bot.brain import Shelf, file_of, fingerprint, folder_state
from bot.discretion import Word, describe
from bot.errors import KnowledgeError
from bot.knowledge.load import load_knowledge
from bot.matching.features import Floats
from bot.matching.finder import Sentence, beside_entries, sentences_of
from bot.matching.semantic import Likeness, Sense
from bot.semantic import Ear, Encoder, encoder_name, key_of, load_encoder

log = logging.getLogger(__name__)

NICE = 10  # steps by which everything else goes before this
CPU_S = 7200  # seconds it may take: the vectors of 400,000 sentences
MAX_BYTES = 4 << 30  # of address space it may take
_SAVE_EVERY = 256  # sentences, about five seconds: what is lost when it is stopped
Halves = NDArray[np.float16]
_LISTED: Final = "senses.json"


def shelf_of(folder: Path, shelf: Shelf) -> Shelf:
    """Return the place where the senses of a knowledge folder are kept."""
    return Shelf(shelf.folder / f"senses-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}")


class Senses:
    """What the cities' sentences mean at the moment, and the ear that listens; nothing where the extra is not installed."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        """Take up what is kept of a knowledge folder."""
        self._folder, self._parts = folder, shelf
        self._shelf = shelf_of(folder, shelf)
        self._of: dict[str, Sense] = {}
        self._ear: Ear | None = None
        self._task: asyncio.Task[None] | None = None

    def of(self, city: str) -> Sense | None:
        """Return what the sentences of a city mean."""
        return self._of.get(city)

    def load(self) -> bool:
        """Take up what is kept; say whether it is of the knowledge and encoder of now."""
        listed = _listed(self._shelf) if self._parts.is_ours() and self._shelf.is_ours() else {}
        if listed.get("made_by") != _made_by():
            return False
        files = listed.get("files")
        for slug, file in files.items() if isinstance(files, dict) else ():
            self._take(slug, file)
        return listed.get("state") == folder_state(self._folder)

    async def hear(self, text: str) -> None:
        """Listen to a text that is about to be understood."""
        if self._ear and self._of:
            await self._ear.hear(text)

    def likeness(self, text: str, city: str) -> Likeness | None:
        """Tell how alike in meaning a text that was heard is to the entries of a city."""
        sense = self._of.get(city)
        vector = self._ear.heard(text) if self._ear and sense else None
        return None if sense is None or vector is None else sense.likeness(vector)

    def likeness_now(self, text: str, city: str) -> Likeness | None:
        """Tell the same of any text, however long it takes."""
        sense = self._of.get(city)
        return sense.likeness(self._ear.hear_now(text)) if self._ear and sense else None

    def refresh(self) -> None:
        """Begin to learn what the knowledge of now means; what was begun earlier ends."""
        if self._task:
            self._task.cancel()
        self._task = asyncio.create_task(self._refresh())

    async def close(self) -> None:
        """Stop learning and listening."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._ear:
            self._ear.close()

    async def learn(self) -> AsyncIterator[str]:
        """Learn what the knowledge means, in a process of its own; yields each city as soon as it is ready."""
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.sensing", str(self._folder.resolve()), str(self._shelf.folder.resolve())),
            cwd=Path(bot.__file__).parent.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert worker.stdout is not None  # noqa: S101  # a pipe was asked for
        try:
            async for line in worker.stdout:
                slug, file = json.loads(line)
                await asyncio.to_thread(self._take, slug, file)
                yield slug
            if code := await worker.wait():
                log.warning("what sentences mean was not learnt to the end (exit code %d): the light model goes on", code)
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()

    async def _refresh(self) -> None:
        try:
            if await asyncio.to_thread(self.load) or not self._shelf.is_ours():
                return
            async for slug in self.learn():
                log.info("the sentences of %s are understood by meaning", Word(slug))
        except KnowledgeError:
            return  # whoever learns the words says so
        except OSError as error:
            log.warning("what sentences mean cannot be learnt, the light model goes on: %s", describe(error))

    def _take(self, slug: str, file: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            sense = self._shelf.read(file)
            encoder = load_encoder()
            if isinstance(sense, Sense) and encoder:
                self._ear = self._ear or Ear(encoder)
                self._of[slug] = sense


def _listed(shelf: Shelf) -> Mapping[str, object]:
    try:
        listed = json.loads((shelf.folder / _LISTED).read_bytes())
    except (OSError, ValueError):
        return {}
    return listed if isinstance(listed, dict) else {}


def _made_by() -> str:
    """Fingerprint the code and the encoder."""
    return fingerprint((encoder_name() or "").encode())


# ---------------------------------------------------------------- the process


def main(folder: str, shelf_folder: str) -> int:
    """Learn what the sentences mean and return the exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    os.nice(NICE)
    encoder = load_encoder()
    if encoder is None:
        return 1
    for slug, file in make(Path(folder), Shelf(Path(shelf_folder)), encoder):
        print(json.dumps([slug, file]), flush=True)
    return 0


def make(folder: Path, shelf: Shelf, encoder: Encoder) -> Iterator[tuple[str, str]]:
    """Make the sense of every city that is not kept yet, and list them; yields cities and the files they are in."""
    state, knowledge = folder_state(folder), load_knowledge(folder)
    beside, vectors, files = beside_entries(knowledge), Vectors(shelf, encoder), {}
    for slug, city in knowledge.cities.items():
        sentences = sentences_of(city, beside)
        if any(sentence.trust for sentence in sentences):
            files[slug] = file_of(f"sense-{slug}", repr((encoder.name, sentences)).encode())
            if not shelf.has(files[slug]):
                shelf.keep_part(files[slug], Sense(sentences, vectors.of(slug, sentences)))
            yield slug, files[slug]
    shelf.keep(_LISTED, json.dumps({"made_by": _made_by(), "state": state, "files": files}).encode())
    for path in shelf.folder.glob("sense-*.part"):
        if path.name not in files.values():
            path.unlink(missing_ok=True)


class Vectors:
    """Vectors of sentences by the hash of each, in a file for each city; what stands in one city's is known in all."""

    def __init__(self, shelf: Shelf, encoder: Encoder) -> None:
        self._shelf, self._encoder = shelf, encoder
        self._known: dict[bytes, Halves] = {}
        for file in shelf.folder.glob(f"*-{encoder.name}.npz"):
            with contextlib.suppress(OSError, ValueError, KeyError, EOFError, BadZipFile):
                kept = np.load(io.BytesIO(file.read_bytes()))
                self._known |= zip(map(bytes, kept["keys"]), kept["vectors"], strict=True)

    def of(self, name: str, sentences: Sequence[Sentence]) -> Floats:
        """Give a row for every sentence; unknown ones are looked at, and the file of that name holds these and no others."""
        texts = {key_of(sentence.text): sentence.text for sentence in sentences}
        missing = [key for key in texts if key not in self._known]
        for count, key in enumerate(missing, 1):
            self._known[key] = self._encoder.encode([texts[key]])[0].astype(np.float16)
            if count % _SAVE_EVERY == 0:
                self._save(name, [key for key in texts if key in self._known])
        self._save(name, list(texts))
        return np.stack([self._known[key_of(sentence.text)] for sentence in sentences]).astype(np.float32)

    def _save(self, name: str, keys: Sequence[bytes]) -> None:
        file = io.BytesIO()
        hashes = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1)
        np.savez(file, keys=hashes, vectors=np.stack([self._known[key] for key in keys]))
        self._shelf.keep(f"{name}-{self._encoder.name}.npz", file.getvalue())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
