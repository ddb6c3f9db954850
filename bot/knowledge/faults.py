"""How a process that builds tells the one that waits for it what is wrong with the knowledge."""

from __future__ import annotations

import json

from bot.errors import KnowledgeError

FAULT = 3  # exit code of a worker that found the knowledge wrong and says how


def encode_fault(error: KnowledgeError) -> bytes:
    """Write a fault as JSON for the parent process."""
    parts = {"message": error.message, "file": error.file, "line": error.line, "entry": error.entry, "locale": error.locale}
    return json.dumps(parts).encode()


def read_fault(raw: bytes, code: int) -> KnowledgeError:
    """Turn what a worker wrote before it ended with an exit code into the fault it met."""
    if code != FAULT:
        return KnowledgeError(f"the builder ended with exit code {code}: too large for its limits, or a bug; see `dragoman check`")
    parts = json.loads(raw)
    return KnowledgeError(parts["message"], file=parts["file"], line=parts["line"], entry=parts["entry"], locale=parts["locale"])
