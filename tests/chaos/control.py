"""A few numbers in a file that a victim and who torments it share: where to die, what the clock says, how much room the disk has."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Final

SLOTS: Final = ("point", "calls", "offset_s", "max_pages", "query_only", "dns_failures", "starts")
_NUMBER: Final = struct.Struct("<q")


class Control:
    """The numbers by name; whoever has the file open sees a change at once, and it outlives every kill."""

    def __init__(self, path: Path) -> None:
        size = len(SLOTS) * _NUMBER.size
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), size)
        self.path = path

    def __getitem__(self, name: str) -> int:
        (value,) = _NUMBER.unpack_from(self._shared, SLOTS.index(name) * _NUMBER.size)
        return int(value)

    def __setitem__(self, name: str, value: int) -> None:
        _NUMBER.pack_into(self._shared, SLOTS.index(name) * _NUMBER.size, value)
