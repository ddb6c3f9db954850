"""Files that people send through our own pages: what is taken, told by the content and not by what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bot.cases import MediaKind

MAX_FILE: Final = 10 * 1024 * 1024  # bytes; a photo of a letter has 2-5 MB, a minute of voice 0.5 MB
MAX_NAME: Final = 120  # characters

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]")


@dataclass(frozen=True, slots=True)
class FileType:
    """What a content is. `inline`: a browser may show it within our page."""

    kind: MediaKind
    media_type: str
    extension: str
    inline: bool


_PDF = FileType("document", "application/pdf", ".pdf", inline=False)
_PNG = FileType("photo", "image/png", ".png", inline=True)
_JPEG = FileType("photo", "image/jpeg", ".jpg", inline=True)
_GIF = FileType("photo", "image/gif", ".gif", inline=True)
_WEBP = FileType("photo", "image/webp", ".webp", inline=True)
_OGG = FileType("voice", "audio/ogg", ".ogg", inline=True)
_MP3 = FileType("audio", "audio/mpeg", ".mp3", inline=True)
_M4A = FileType("audio", "audio/mp4", ".m4a", inline=True)
_WEBM = FileType("voice", "audio/webm", ".webm", inline=True)
_MP4 = FileType("video", "video/mp4", ".mp4", inline=False)

_SIGNS: Final[tuple[tuple[bytes, FileType], ...]] = (
    (b"%PDF-", _PDF),
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"\xff\xd8\xff", _JPEG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"OggS", _OGG),
    (b"ID3", _MP3),
    (b"\xff\xfb", _MP3),
    (b"\xff\xf3", _MP3),
    (b"\x1a\x45\xdf\xa3", _WEBM),
)


def type_of(content: bytes) -> FileType | None:
    """Tell what a file is from its first bytes; None for what we do not pass on."""
    for sign, found in _SIGNS:
        if content.startswith(sign):
            return found
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _WEBP
    if content[4:8] == b"ftyp":
        return _M4A if content[8:11] == b"M4A" else _MP4
    return None


def safe_name(name: str, found: FileType) -> str:
    """Return a name that is safe to show and to save: no path, no marks that turn the text around, the extension of the content."""
    stem = _UNSAFE.sub("", name).strip(" .")[:MAX_NAME]
    stem = stem[: -len(found.extension)] if stem.lower().endswith(found.extension) else stem
    return f"{stem.rstrip(' .') or found.kind}{found.extension}"


def headers_of(media_type: str, name: str) -> dict[str, str]:
    """Return how a file of somebody is sent to a browser: shown only where that is harmless, saved otherwise, never run."""
    inline = any(found.media_type == media_type and found.inline for _sign, found in _SIGNS) or media_type in ("image/webp", "audio/mp4")
    shown = "inline" if inline else "attachment"
    return {
        "Content-Type": media_type if inline else "application/octet-stream",
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
