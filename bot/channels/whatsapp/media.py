"""Files: where they lie at WhatsApp, and how a content is sent so that it is shown as what it is."""

from __future__ import annotations

from typing import Any, Final

from bot.cases import Attachment
from bot.channels.files import MAX_FILE, safe_name, type_of
from bot.channels.layout import plain_name
from bot.channels.whatsapp.graph import Graph
from bot.model import Document

MAX_DOWNLOAD: Final = 20 * 1024 * 1024  # bytes: what our other channels pass on as well
# What may be sent as what, and how large (.../whatsapp/business-phone-numbers/media, read November 2026)
_WAYS: Final = {
    "image/jpeg": ("image", 5 * 1024 * 1024),
    "image/png": ("image", 5 * 1024 * 1024),
    "audio/mpeg": ("audio", 16 * 1024 * 1024),
    "audio/mp4": ("audio", 16 * 1024 * 1024),
    "audio/ogg": ("audio", 16 * 1024 * 1024),
    "video/mp4": ("video", 16 * 1024 * 1024),
}
_CAPTIONED: Final = frozenset({"image", "video", "document"})


def upload_way(media_type: str, size: int) -> str:
    """Name how a content is sent; what fits no other way goes as a document."""
    way, most = _WAYS.get(media_type, ("document", MAX_FILE))
    return way if size <= most else "document"


async def file_of(graph: Graph, attachment: Attachment, content: bytes, caption: str) -> tuple[dict[str, Any], str]:
    """Upload somebody's file; returns what is sent and the words that could not stand under it. Raises the ChannelError tree."""
    found = type_of(content)
    media_type = found.media_type if found else "application/octet-stream"
    name = safe_name(attachment.name, found) if found else plain_name(attachment.name) or attachment.kind
    return await _uploaded(graph, content, name, media_type, upload_way(media_type, len(content)), caption)


async def document_of(graph: Graph, document: Document) -> dict[str, Any]:
    """Upload a file of ours; WhatsApp knows no other text than plain one."""
    content = document.text.encode("utf-8", "replace")
    name = plain_name(document.name).replace("/", "_").replace("\\", "_") or "file.txt"
    sent, _words = await _uploaded(graph, content, name, "text/plain", "document", "")
    return sent


async def _uploaded(graph: Graph, content: bytes, name: str, media_type: str, way: str, caption: str) -> tuple[dict[str, Any], str]:
    part: dict[str, Any] = {"id": await graph.upload(content, name, media_type)}
    part |= {"filename": name} if way == "document" else {}
    has_room = way in _CAPTIONED
    part |= {"caption": caption} if caption and has_room else {}
    return {"type": way, way: part}, "" if has_room else caption
