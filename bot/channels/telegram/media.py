"""Files on Telegram: what a message carries, and how it is named so that it can be fetched or sent again. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
# Telegram refuses to send a file by its id as anything else than what it is ("can't use file of type VideoNote as Video"). These two are
# videos to everybody else, so their refs say what they are: "telegram:video_note/<file id>". No file id holds a stroke.
# The library takes a string for a path first, so what could be one never passes for an id.
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{10,250}", re.ASCII)
_OWN_WAY: Final = frozenset({"animation", "video_note"})
# What an upload may be for each way of sending it (core.telegram.org/bots/api#sendvoice and its neighbours, read November 2025).
_UPLOADS: Final[Mapping[str, frozenset[str]]] = {
    "photo": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "voice": frozenset({"audio/ogg", "audio/mpeg", "audio/mp4"}),
    "audio": frozenset({"audio/mpeg", "audio/mp4"}),
    "video": frozenset({"video/mp4"}),
}


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
    if not isinstance(file_id, str) or not _FILE_ID.fullmatch(file_id):
        return Carried(kind)
    if size > MAX_DOWNLOAD:
        return Carried(kind, too_large=True)
    key = f"{name}/{file_id}" if name in _OWN_WAY else file_id
    media_type = _text(getattr(file, "mime_type", None)) or _TYPES.get(name, "")
    return Carried(kind, Attachment(kind, f"{PLACE}:{key}", _text(getattr(file, "file_name", None)), media_type, size))


def file_id_of(key: str) -> str | None:
    """Return Telegram's id of a file from the key of its ref; None where there is none in it."""
    own, _, rest = key.partition("/")
    file_id = rest if own in _OWN_WAY else key
    return file_id if _FILE_ID.fullmatch(file_id) else None


def way_of(attachment: Attachment) -> str:
    """Name the way a file is sent by its id: that of its kind, or the one its ref names."""
    own = attachment.ref.partition(":")[2].partition("/")[0]
    return own if own in _OWN_WAY else attachment.kind


def upload_way(kind: MediaKind, media_type: str) -> str:
    """Name the way a content is sent so that Telegram shows it as what it is; anything can go as a document."""
    if media_type == "image/gif":
        return "animation"
    return kind if media_type in _UPLOADS.get(kind, ()) else "document"


def takes_caption(attachment: Attachment) -> bool:
    """Tell whether words can stand under a file; under a round video they cannot."""
    return way_of(attachment) != "video_note"


def _text(value: object) -> str:
    return value[:120].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
