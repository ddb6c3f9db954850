"""What the pages of the desk send, as JSON: checked strictly, so that nothing unknown gets further than here."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, TypeVar, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from bot.cases import (
    AddNote,
    Attachment,
    CaseKind,
    CaseOutcome,
    Claim,
    Close,
    Correct,
    Deed,
    Gender,
    MediaKind,
    PassOn,
    Reopen,
    Reply,
    ReportEntry,
    Role,
    SendEntry,
    WakeBy,
    Withdraw,
)
from bot.model import MAX_TEXT

MAX_BODY: Final = 64 * 1024  # bytes of JSON
MAX_FRAME: Final = 4 * 1024  # bytes of a frame of the socket
HIGHEST: Final = 2**53 - 1  # the largest number a browser writes exactly
MEDIA_KINDS: Final[tuple[str, ...]] = get_args(MediaKind)

# Control characters mean nothing in a message, and PostgreSQL refuses NUL; tab and line feed stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# In one line nothing may break it or turn it around.
_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_EMAIL = re.compile(r"[^@\s\"<>(),:;\\]{1,64}@(?:[^@\s\"<>(),:;\\.]{1,63}\.)+[^@\s\"<>(),:;\\.]{2,63}")


def cleaned(text: str) -> str:
    """Drop control characters and the space around; nothing is cut off, what is too long raises."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > MAX_TEXT:
        raise PydanticCustomError("too-long", "too long")
    return text


def one_line(text: str) -> str:
    """Make one line of a text, without marks that turn its direction."""
    return _BREAKING.sub("", text).strip()


def _filled(text: str) -> str:
    if not text:
        raise PydanticCustomError("empty", "empty")
    return text


def _email(text: str) -> str:
    text = text.strip()
    if text and not (len(text) <= 254 and text.isprintable() and _EMAIL.fullmatch(text)):
        raise PydanticCustomError("malformed", "no address")
    return text


Text = Annotated[str, AfterValidator(cleaned)]
FilledText = Annotated[str, AfterValidator(cleaned), AfterValidator(_filled)]
Line = Annotated[str, Field(max_length=400), AfterValidator(one_line)]
Name = Annotated[str, Field(max_length=60), AfterValidator(one_line), AfterValidator(_filled)]
Email = Annotated[str, Field(max_length=300), AfterValidator(_email)]
Number = Annotated[int, Field(ge=1, le=HIGHEST)]
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$")]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_ -]{1,200}$")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Body(BaseModel):
    """What a page sends: the right types, and no field we do not know."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Malformed(ValueError):
    """A body is not one of ours; `code` is what the page is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Kind = TypeVar("Kind", bound=Body)


def read(kind: type[Kind], raw: bytes) -> Kind:
    """Read a body; raises Malformed."""
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
        raise Malformed(found if found in ("too-long", "empty") else "malformed") from None


# ---------------------------------------------------------------- logging in, and oneself


class NothingBody(Body):
    """Nothing needs to be said."""


class JoinBody(Body):
    code: Code


class LoginBody(Body):
    email: Email


class DutyBody(Body):
    is_available: bool
    away_until: AwareDatetime | None = None
    substitute: Slug | None = None


class WakeBody(Body):
    wake_by: WakeBy
    email: Email | None = None


class EndBody(Body):
    end: Key


class PracticeBody(Body):
    kind: CaseKind
    locale: Tag


# ---------------------------------------------------------------- deeds


class ClaimBody(Body):
    type: Literal["claim"]

    def deed(self) -> Deed:
        return Claim()


class ReplyBody(Body):
    """`file`: the name an upload was given."""

    type: Literal["reply"]
    text: Text = ""
    file: Annotated[str, Field(max_length=2000)] | None = None
    place: tuple[Latitude, Longitude] | None = None

    def reply(self, attachment: Attachment | None) -> Deed:
        """Return the deed; the caller knows the file."""
        return Reply(self.text, attachment, self.place)


class EntryBody(Body):
    type: Literal["entry"]
    entry_id: Slug

    def deed(self) -> Deed:
        return SendEntry(self.entry_id)


class NoteBody(Body):
    type: Literal["note"]
    text: FilledText

    def deed(self) -> Deed:
        return AddNote(self.text)


class PassBody(Body):
    """Exactly one aim."""

    type: Literal["pass"]
    reason: Text
    topic: Slug | None = None
    staff: Slug | None = None
    organisation: Slug | None = None

    @model_validator(mode="after")
    def _one_aim(self) -> PassBody:
        if sum(aim is not None for aim in (self.topic, self.staff, self.organisation)) != 1:
            raise PydanticCustomError("malformed", "one aim")
        return self

    def deed(self) -> Deed:
        return PassOn(self.reason, topic=self.topic, staff=self.staff, organisation=self.organisation)


class CloseBody(Body):
    type: Literal["close"]
    outcome: CaseOutcome

    def deed(self) -> Deed:
        return Close(self.outcome)


class ReopenBody(Body):
    type: Literal["reopen"]

    def deed(self) -> Deed:
        return Reopen()


class CorrectBody(Body):
    type: Literal["correct"]
    line: Number
    text: FilledText

    def deed(self) -> Deed:
        return Correct(self.line, self.text)


class WithdrawBody(Body):
    type: Literal["withdraw"]
    line: Number

    def deed(self) -> Deed:
        return Withdraw(self.line)


class ReportBody(Body):
    type: Literal["report"]
    entry_id: Slug
    why: Text = ""

    def deed(self) -> Deed:
        return ReportEntry(self.entry_id, self.why)


PlainDeed = (
    ClaimBody | EntryBody | NoteBody | PassBody | CloseBody | ReopenBody | CorrectBody | WithdrawBody | ReportBody
)  # what needs nothing but itself
DeedBody = Annotated[PlainDeed | ReplyBody, Field(discriminator="type")]


class ActBody(Body):
    number: Number
    key: Key
    deed: DeedBody


class OfferBody(Body):
    number: Number
    accepts: bool


# ---------------------------------------------------------------- for leads and admins


class InviteBody(Body):
    name: Name
    role: Role
    city: Slug | None = None
    organisation: Slug | None = None
    languages: Annotated[tuple[Tag, ...], Field(max_length=60)] = ()
    topics: Annotated[tuple[Slug, ...], Field(max_length=60)] = ()
    areas: Annotated[tuple[Slug, ...], Field(max_length=200)] = ()
    gender: Gender | None = None
    hours: Annotated[str, Field(max_length=400), AfterValidator(one_line)] | None = None
    on_call: bool = False


class StaffBody(Body):
    id: Slug


class ResolveBody(Body):
    id: Number


GapIds = Annotated[tuple[Number, ...], Field(min_length=1, max_length=2000)]


class DismissBody(Body):
    ids: GapIds


class GrowBody(Body):
    ids: GapIds
    entry_id: Slug


# ---------------------------------------------------------------- frames of the socket


class OpenFrame(Body):
    type: Literal["open"]
    number: Number
    after: Annotated[int, Field(ge=0, le=HIGHEST)] = 0


class CloseFrame(Body):
    type: Literal["close"]
    number: Number


class PingFrame(Body):
    """`active`: the person did something since the last one."""

    type: Literal["ping"]
    active: bool = False


Frame = OpenFrame | CloseFrame | PingFrame
_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def read_frame(raw: str | None) -> Frame | None:
    """Read a frame of the socket, None when it is not one of ours."""
    if raw is None or len(raw.encode(errors="replace")) > MAX_FRAME:
        return None
    try:
        return _FRAME.validate_json(raw)
    except ValidationError:
        return None
