"""Files on Telegram: what a message carries, and how it is named so that it can be fetched or sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram import Message

from bot.cases import Attachment, MediaKind

MAX_DOWNLOAD: Final = 20 * 1024 * 1024  # bytes a bot can fetch (core.telegram.org/bots/api#getfile, read November 2025)
PLACE: Final = "telegram"

# The first that is present names the kind; an animation comes with a document too.
_MEDIA: Final[tuple[tuple[str, MediaKind], ...]] = (
    ("photo", "photo"),
    ("voice", "voice"),
    ("audio", "audio"),
    ("animation", "video"),
    ("video", "video"),
    ("video_note", "video"),
    ("live_photo", "photo"),
    ("document", "document"),
    ("sticker", "sticker"),
    ("contact", "contact"),
    ("poll", "poll"),
)
_TYPES: Final = {"photo": "image/jpeg", "voice": "audio/ogg", "video_note": "video/mp4"}
_FETCHABLE: Final = frozenset({"photo", "voice", "audio", "animation", "video", "video_note", "document"})


@dataclass(frozen=True, slots=True)
class Carried:
    """What a message carries beside its words. `attachment` is None for what cannot be passed on, or is `too_large` for it."""

    kind: MediaKind
    attachment: Attachment | None = None
    too_large: bool = False


def carried(message: Message) -> Carried:
    """Tell what a message carries; the largest size of a photo."""
    name, kind = next(((name, kind) for name, kind in _MEDIA if getattr(message, name, None)), ("", "other"))
    if name not in _FETCHABLE:
        return Carried(kind)
    found = getattr(message, name)
    file = found[-1] if name == "photo" else found
    file_id, size = getattr(file, "file_id", None), getattr(file, "file_size", None)
    size = size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0
    if not isinstance(file_id, str) or not file_id:
        return Carried(kind)
    if size > MAX_DOWNLOAD:
        return Carried(kind, too_large=True)
    media_type = _text(getattr(file, "mime_type", None)) or _TYPES.get(name, "")
    return Carried(kind, Attachment(kind, f"{PLACE}:{file_id}", _text(getattr(file, "file_name", None)), media_type, size))


def _text(value: object) -> str:
    return value[:120].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
