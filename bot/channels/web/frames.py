"""What travels between page and server as JSON: frames of the page in, messages and answers out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from pydantic_core import from_json

from bot.cases import Attachment
from bot.model import (
    COMMANDS,
    MAX_TEXT,
    Block,
    ButtonPressed,
    CommandReceived,
    Event,
    FactTable,
    Listing,
    LocationShared,
    Message,
    Option,
    Run,
    Runs,
    StoredMessage,
    TextReceived,
    Venue,
    direction_of,
)

MAX_FRAME_BYTES = 512 * 1024
_COMMAND = re.compile(r"/([A-Za-z]{1,32})(?:\s+(.*))?", re.DOTALL)
FRAME_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
# Control characters mean nothing in a message, and PostgreSQL refuses NUL; tab and line feed stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Code = Literal["malformed", "too_large", "empty", "busy"]
Shape = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a frame was not taken; `retry_after_s` where the same frame is welcome later."""

    code: Code
    id: str | None = None
    retry_after_s: float | None = None


class _Frame(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    id: Shape
    locale: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,35}$")] | None = None


class TextFrame(_Frame):
    type: Literal["text"]
    text: str


class CommandFrame(_Frame):
    type: Literal["command"]
    name: Annotated[str, Field(pattern=f"^({'|'.join(COMMANDS)})$")]
    argument: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""


class ButtonFrame(_Frame):
    type: Literal["button"]
    token: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,64}$")]
    index: Annotated[int, Field(ge=0, le=999)]


class LocationFrame(_Frame):
    type: Literal["location"]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class PingFrame(BaseModel):
    """The page asks whether the connection lives."""

    type: Literal["ping"]


EventFrame = TextFrame | CommandFrame | ButtonFrame | LocationFrame
Frame = EventFrame | PingFrame
_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def read_frame(raw: str | bytes) -> Frame | Refusal:
    """Read what a page sent; what is not one of our frames is refused, with its id where it has one."""
    content = raw.encode(errors="replace") if isinstance(raw, str) else raw
    if len(content) > MAX_FRAME_BYTES:
        return Refusal("too_large")
    try:
        data: JsonValue = from_json(content)
    except ValueError:
        return Refusal("malformed")
    try:
        frame = _FRAME.validate_python(data)
    except ValidationError:
        return Refusal("malformed", _id_of(data))
    if isinstance(frame, TextFrame) and not clean(frame.text):
        return Refusal("empty", frame.id)
    return frame


def _id_of(data: JsonValue) -> str | None:
    candidate = data.get("id") if isinstance(data, dict) else None
    return candidate if isinstance(candidate, str) and FRAME_ID.fullmatch(candidate) else None


def clean(text: str) -> str:
    """Drop control characters and what is longer than a message may be."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MAX_TEXT].strip()


def to_event(frame: EventFrame, at: datetime, locale_hint: str | None) -> Event:
    """Translate a frame; a text that begins with one of our commands ("/city Madrid") is that command, as on every platform."""
    hint = frame.locale or locale_hint
    if isinstance(frame, ButtonFrame):
        return ButtonPressed(token=frame.token, index=frame.index, at=at, locale_hint=hint)
    if isinstance(frame, LocationFrame):
        return LocationShared(latitude=frame.latitude, longitude=frame.longitude, at=at, locale_hint=hint)
    if isinstance(frame, CommandFrame):
        return CommandReceived(name=frame.name, argument=frame.argument, at=at, locale_hint=hint)
    text = clean(frame.text)
    command = _COMMAND.fullmatch(text)
    if command and command[1].lower() in COMMANDS:
        return CommandReceived(name=command[1].lower(), argument=command[2] or "", at=at, locale_hint=hint)
    return TextReceived(text=text, at=at, locale_hint=hint)


# ---------------------------------------------------------------- out


def encode(frame: JsonValue) -> str:
    """Write a frame."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def refusal_frame(refusal: Refusal) -> JsonValue:
    """Tell the page what was not taken and why."""
    frame: dict[str, JsonValue] = {"type": "error", "code": refusal.code}
    if refusal.id is not None:
        frame["id"] = refusal.id
    if refusal.retry_after_s is not None:
        frame["retry_after_s"] = refusal.retry_after_s
    return frame


def stored_frame(stored: StoredMessage) -> JsonValue:
    """Write a message of the history."""
    return message_frame(stored.id, stored.token, stored.at, stored.message)


def message_frame(message_id: int, token: str, at: datetime, message: Message) -> dict[str, JsonValue]:
    """Write a message as the page draws it; option ids stay here."""
    frame: dict[str, JsonValue] = {
        "type": "message",
        "id": message_id,
        "at": at.isoformat(),
        "locale": message.locale,
        "dir": message.direction,
        "author": message.author,
        "author_name": message.author_name,
        "alert": message.alert,
        "blocks": [_block(block) for block in message.blocks],
        "options": [_option(option) for option in message.options],
        "token": token,
        "venues": [_venue(venue) for venue in message.venues],
    }
    if message.document is not None:
        document = message.document
        frame["document"] = {"name": document.name, "media_type": document.media_type, "text": document.text}
    if message.original:
        original = message.original_locale or message.locale
        frame["original"] = {"text": message.original, "locale": original, "dir": direction_of(original)}
    if message.attachment is not None:
        frame["attachment"] = attachment_json(message.attachment, f"/chat/file/{message_id}")
    if message.line:
        frame |= {"line": message.line, "edits": message.edits, "withdraws": message.withdraws}
    if message.files is not None:
        frame["files"] = message.files
    if message.ask_location:
        frame["ask_location"] = True
    if message.device is not None:
        frame["device"] = message.device
    return frame


def attachment_json(attachment: Attachment, url: str) -> dict[str, JsonValue]:
    """Write a file of somebody; what it is called on its platform stays here."""
    name, size = attachment.name, attachment.size
    return {"kind": attachment.kind, "name": name, "media_type": attachment.media_type, "size": size, "url": url}


def standing(messages: Sequence[StoredMessage]) -> tuple[StoredMessage, ...]:
    """Leave out what was edited or taken back later, so that a page that loads anew does not show it."""
    last = {stored.message.line: stored.id for stored in messages if stored.message.line and stored.message.author != "contact"}
    return tuple(stored for stored in messages if last.get(stored.message.line, stored.id) == stored.id)


def _block(block: Block) -> JsonValue:
    if isinstance(block, Listing):
        items: list[JsonValue] = [_runs(item) for item in block.items]
        return {"kind": block.kind, "ordered": block.ordered, "items": items, **({"boxes": True} if block.boxes else {})}
    if isinstance(block, FactTable):
        return {"kind": block.kind, "rows": [[label, _runs(value)] for label, value in block.rows]}
    return {"kind": block.kind, "runs": _runs(block.runs)}


def _runs(runs: Runs) -> list[JsonValue]:
    return [_run(run) for run in runs]


def _run(run: Run) -> JsonValue:
    piece: dict[str, JsonValue] = {"text": run.text}
    if run.bold:
        piece["bold"] = True
    if run.url:
        piece["url"] = run.url
    if run.isolate:
        piece["isolate"] = True
    if run.locale:
        piece["lang"], piece["dir"] = run.locale, direction_of(run.locale)
    return piece


def _option(option: Option) -> JsonValue:
    shown: dict[str, JsonValue] = {"label": option.label, "style": option.style}
    if option.url:
        shown["url"] = option.url
    return shown


def _venue(venue: Venue) -> JsonValue:
    return {"name": venue.name, "address": venue.address, "latitude": venue.latitude, "longitude": venue.longitude}
