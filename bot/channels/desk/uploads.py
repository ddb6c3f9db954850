"""Files that staff send: what they are, told by their content, and as what they are sent."""

from __future__ import annotations

from typing import Final

from bot.cases import MediaKind
from bot.channels.desk.guard import Wrong
from bot.channels.files import FileType, type_of

# What browsers call contents that we know by another name.
SAME_TYPES: Final = {
    "audio/mp4": {"audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac"},
    "audio/mpeg": {"audio/mpeg", "audio/mp3"},
    "audio/ogg": {"audio/ogg", "application/ogg", "audio/opus"},
    "image/jpeg": {"image/jpeg", "image/jpg", "image/pjpeg"},
}
UNTOLD: Final = {"", "application/octet-stream"}
VOICE_IN_MP4: Final = FileType("voice", "audio/mp4", ".m4a", inline=True)
CHOICES: Final[dict[str, MediaKind]] = {"voice": "voice", "audio": "audio", "document": "document"}


def type_sent(content: bytes, declared: str) -> FileType:
    """Tell what a file is by its content, which must not contradict what it is called; raises Wrong."""
    found, declared = type_of(content), declared.partition(";")[0].strip().lower()
    if found is not None and found.media_type == "video/mp4" and declared in SAME_TYPES["audio/mp4"]:
        return VOICE_IN_MP4
    if found is None or declared not in SAME_TYPES.get(found.media_type, {found.media_type}) | UNTOLD:
        raise Wrong(415, "type")
    return found


def kind_sent(wanted: str, found: FileType) -> MediaKind:
    """Return what a file is sent as: a recording may be a voice note or a piece of music, and everything a document."""
    choice = CHOICES.get(wanted)
    return choice if choice is not None and (choice == "document" or found.kind in ("voice", "audio")) else found.kind
