"""Loads the knowledge in a process of its own with limits of time and memory, so that a hostile file cannot stall the bot."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import bot
from bot.errors import KnowledgeError
from bot.model import Knowledge

FAULT = 3  # exit code of a worker that found the knowledge wrong and says how
_KNOWLEDGE: TypeAdapter[Knowledge] = TypeAdapter(Knowledge)


def load_aside(folder: Path, timeout_s: float = 60, max_bytes: int = 1 << 30) -> Knowledge:
    """Read and check the folder in a worker process; blocks, so call it from a thread.

    Raises KnowledgeError where the knowledge has a fault, or the worker needs more than `timeout_s` or `max_bytes` of address space."""
    limits = (str(math.ceil(timeout_s)), str(max_bytes))
    command = [sys.executable, "-m", "bot.knowledge.worker", str(folder.resolve()), *limits]
    home = Path(bot.__file__).parent.parent  # where this very package is, installed or not
    try:
        done = subprocess.run(command, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False)  # noqa: S603 # our own interpreter and module
    except subprocess.TimeoutExpired:
        raise KnowledgeError(f"loading took longer than {timeout_s:g} s and was stopped") from None
    except OSError as error:
        raise KnowledgeError(f"the loader could not be started: {error.strerror}") from None
    if done.returncode == 0:
        return decode(done.stdout)
    raise read_fault(done.stdout, done.returncode)


def encode(knowledge: Knowledge) -> bytes:
    """Write knowledge as JSON for the parent process."""
    return _KNOWLEDGE.dump_json(knowledge)


def decode(raw: bytes) -> Knowledge:
    """Read what the worker wrote; raises KnowledgeError on damaged bytes."""
    try:
        return _KNOWLEDGE.validate_json(raw)
    except ValidationError as error:
        raise KnowledgeError(f"the loader's answer does not parse: {error.error_count()} faults") from None


def encode_fault(error: KnowledgeError) -> bytes:
    """Write a fault as JSON for the parent process."""
    parts = {"message": error.message, "file": error.file, "line": error.line, "entry": error.entry, "locale": error.locale}
    return json.dumps(parts).encode()


def read_fault(raw: bytes, code: int) -> KnowledgeError:
    """Turn what a worker wrote before it ended with an exit code into the fault it met."""
    if code != FAULT:
        return KnowledgeError(f"the loader ended with exit code {code}: too large for its limits, or a bug; see `dragoman check`")
    parts = json.loads(raw)
    return KnowledgeError(parts["message"], file=parts["file"], line=parts["line"], entry=parts["entry"], locale=parts["locale"])
