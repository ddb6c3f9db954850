"""Templates and static files of the web pages, read once; the address of a static file carries a fingerprint of them all."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"
FINGERPRINT_LENGTH = 12  # hex digits
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent; `packed` is the same in gzip, for slow networks."""

    media_type: str
    content: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All static files by name, and their common fingerprint: a change of any of them changes every address."""

    fingerprint: str
    files: Mapping[str, StaticFile]

    def url(self, name: str) -> str:
        """Return the address of a file; raises KeyError when there is none of that name."""
        if name not in self.files:
            raise KeyError(name)
        return f"/static/{self.fingerprint}/{name}"


@cache
def static_files() -> StaticFiles:
    """Read every static file, once per process."""
    digest = hashlib.sha256()
    files: dict[str, StaticFile] = {}
    for path in sorted((FOLDER / "static").iterdir()):
        if path.suffix not in MEDIA_TYPES:
            continue
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + content + b"\0")
        files[path.name] = StaticFile(MEDIA_TYPES[path.suffix], content, gzip.compress(content, 9, mtime=0))
    return StaticFiles(digest.hexdigest()[:FINGERPRINT_LENGTH], files)
