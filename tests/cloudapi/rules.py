"""What the Cloud API takes (developers.facebook.com/documentation/business-messaging/whatsapp, read November 2026), checked by itself and
not by our own constants."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

PARAMETER = 100
MEDIA_TYPES = {
    "image": {"image/jpeg", "image/png"},
    "audio": {"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"},
    "video": {"video/mp4", "video/3gp"},
    "document": {"text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel"},
    "sticker": {"image/webp"},
}
LARGEST = {"image": 5 << 20, "audio": 16 << 20, "video": 16 << 20, "document": 100 << 20, "sticker": 500 << 10}


class Refused(Exception):
    """An error answer."""

    def __init__(self, code: int, status: int = 400, details: str = "") -> None:
        super().__init__(details)
        self.code, self.status, self.details = code, status, details


def check(body: Json) -> None:
    """Refuse a message that the API would not take."""
    _need(body.get("messaging_product") == "whatsapp", "messaging_product")
    _need(body.get("recipient_type") in (None, "individual"), "recipient_type")
    _need(bool(body.get("to")) or bool(body.get("recipient")), "to")
    if body.get("to"):
        _need(re.fullmatch(r"\+?[0-9]{5,20}", str(body["to"])) is not None, "to is no number")
    elif body.get("recipient"):
        _need(re.fullmatch(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", str(body["recipient"])) is not None, "recipient")
    kind = body.get("type")
    match kind:
        case "text":
            _length(body["text"]["body"], 4096, "text")
        case "interactive":
            _interactive(body["interactive"])
        case "location":
            place = body["location"]
            _need(abs(float(place["latitude"])) <= 90 and abs(float(place["longitude"])) <= 180, "location")
        case "template":
            _need(bool(body["template"]["name"]) and bool(body["template"]["language"]["code"]), "template")
        case "image" | "audio" | "video" | "document" | "sticker":
            part = body[kind]
            _need(bool(part.get("id")), "media id")
            _need("caption" not in part or kind in ("image", "video", "document"), "caption")
            if "caption" in part:
                _length(part["caption"], 1024, "caption")
        case _:
            raise Refused(131051, details="unsupported message type")


def _interactive(interactive: Json) -> None:
    action = interactive["action"]
    match interactive.get("type"):
        case "button":
            _length(interactive["body"]["text"], 1024, "body")
            replies = [button["reply"] for button in action["buttons"]]
            _need(1 <= len(replies) <= 3, "buttons")
            for reply in replies:
                _length(reply["title"], 20, "button title")
                _length(reply["id"], 256, "button id")
            _distinct([reply["title"] for reply in replies], "button titles")
            _distinct([reply["id"] for reply in replies], "button ids")
        case "list":
            _length(interactive["body"]["text"], 4096, "body")
            _length(action["button"], 20, "list button")
            rows = [row for section in action["sections"] for row in section["rows"]]
            _need(1 <= len(rows) <= 10, "rows")
            for row in rows:
                _length(row["title"], 24, "row title")
                _length(row["id"], 200, "row id")
                if "description" in row:
                    _length(row["description"], 72, "row description")
            _distinct([row["id"] for row in rows], "row ids")
        case "location_request_message":
            _length(interactive["body"]["text"], 1024, "body")
            _need(action == {"name": "send_location"}, "action")
        case _:
            raise Refused(PARAMETER, details="interactive type")


def _length(text: object, most: int, what: str) -> None:
    _need(isinstance(text, str) and 1 <= len(text) <= most and bool(text.strip()), what)


def _distinct(values: list[str], what: str) -> None:
    _need(len({*values}) == len(values), what)


def _need(is_right: bool, what: str) -> None:
    if not is_right:
        raise Refused(PARAMETER, details=what)
