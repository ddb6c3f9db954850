"""The process load_aside starts: sets its own limits, loads, answers on standard output, ends."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from bot.errors import KnowledgeError
from bot.knowledge.aside import FAULT, encode, encode_fault
from bot.knowledge.load import load_knowledge


def main(folder: str, cpu_s: str, max_bytes: str) -> int:
    """Load the folder under the limits and return the exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s) + 1))
    resource.setrlimit(resource.RLIMIT_AS, (int(max_bytes), int(max_bytes)))
    try:
        sys.stdout.buffer.write(encode(load_knowledge(Path(folder))))
    except KnowledgeError as error:
        sys.stdout.buffer.write(encode_fault(error))
        return FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
