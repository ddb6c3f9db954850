"""Frozen data that the other modules speak in: events, conversation, effects, messages, and what a city knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from bot.cases import Attachment, Case, CaseKind, Helped, MediaKind, Priority, Role

# ---------------------------------------------------------------- who and where

RTL_LANGUAGES = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "ur", "yi"})
Direction = Literal["ltr", "rtl"]


def direction_of(locale: str) -> Direction:
    """Tell which way a language is written."""
    return "rtl" if locale.partition("-")[0] in RTL_LANGUAGES else "ltr"


@dataclass(frozen=True, slots=True)
class ContactRef:
    """One person on one channel; `address` is the channel's own (a chat id, a hashed session)."""

    channel: str
    address: str


# ---------------------------------------------------------------- what a text means

Outcome = Literal["answer", "suggest", "none", "emergency", "smalltalk"]


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that may answer an utterance; `score` is a calibrated probability, 0-1."""

    entry_id: str
    score: float


Aspect = Literal["where", "cost", "time", "documents", "contact", "online", "steps"]


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text means, computed from text and knowledge alone, for one city and locale (None: not chosen yet).

    `matches` come best first: under "emergency" they are entries that fit as well. `safety` is a kind of safety.yaml,
    `smalltalk` a kind of smalltalk.yaml. `language` is the locale the text is written in, where that is clear. Under "none"
    `uncovered` is the topic that the city has nothing on. `aspects` is what a short question may ask about the answer just given,
    `goes_on` that it begins so ("and ..."). `also` are the entries of further questions in the same message. `perhaps` is the kind of
    crisis that a text may speak of that is answered as something else."""

    outcome: Outcome
    matches: tuple[Match, ...] = ()
    safety: str | None = None
    smalltalk: str | None = None
    language: str | None = None
    city: str | None = None
    locale: str | None = None
    uncovered: str | None = None
    aspects: tuple[Aspect, ...] = ()
    goes_on: bool = False
    also: tuple[str, ...] = ()
    perhaps: str | None = None


# ---------------------------------------------------------------- events: what happened


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived:
    """A contact wrote something; at most MAX_TEXT characters, the rest was cut off by the channel.

    `source_id`: the platform's id of the message, so that a later edit of it is recognised. `translated`: the same in the language of the
    desk, made by a machine; the service adds it where a person will read the text. `attachment`: the file whose caption the text is."""

    text: str
    at: datetime
    locale_hint: str | None = None
    edited: bool = False
    source_id: str = ""
    understood: Understanding | None = None
    translated: str | None = None
    translated_to: str = ""
    attachment: Attachment | None = None
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReceived:
    """A contact gave a command (without the slash, lower case): one of COMMANDS."""

    name: str
    at: datetime
    argument: str = ""
    locale_hint: str | None = None
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed:
    """A contact pressed a button; the service turns it into OptionChosen or OptionExpired."""

    token: str
    index: int
    at: datetime
    locale_hint: str | None = None
    kind: Literal["button"] = "button"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionChosen:
    """A contact chose an option we had offered."""

    option_id: str
    at: datetime
    locale_hint: str | None = None
    kind: Literal["option"] = "option"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionExpired:
    """A contact pressed a button that is no longer known, or not theirs."""

    at: datetime
    locale_hint: str | None = None
    kind: Literal["expired"] = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationShared:
    """A contact shared a place; degrees, WGS 84."""

    latitude: float
    longitude: float
    at: datetime
    locale_hint: str | None = None
    kind: Literal["location"] = "location"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReceived:
    """A contact sent something that is neither text nor place; only where a person looks at it the attachment is passed on.

    `attachment` is None for what cannot be fetched again; `too_large`: it is bigger than we can pass on. `album`: the platform's id of the
    pictures that were sent together, each an event of its own."""

    media: MediaKind
    at: datetime
    attachment: Attachment | None = None
    caption: str = ""
    too_large: bool = False
    source_id: str = ""
    album: str = ""
    locale_hint: str | None = None
    kind: Literal["media"] = "media"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLeft:
    """A contact blocked us or closed the channel for good."""

    at: datetime
    locale_hint: str | None = None
    kind: Literal["left"] = "left"


# ---------------------------------------------------------------- events: what the desk did, stored in the transaction of the deed

CaseStep = Literal[
    "opened",  # it stands in the queue
    "claimed",  # somebody took it
    "returned",  # nobody answered in time, or the advisor went away: it waits again
    "passed",  # it waits for another topic, colleague or organisation
    "consent",  # may it go to another organisation? (`name`: which, `text`: why)
    "closed",  # `text`: the outcome
    "reopened",
    "no-answer",  # everybody who could take it was told and nobody has; it still waits
    "found",  # pool: somebody accepts; does the contact agree?
    "agreed",  # pool: both said yes; to both sides
    "not-found",  # pool: nobody is free; it stays open
    "tomorrow",  # pool: the appointment is the next day
    "soon",  # pool: it is in an hour
    "offered",  # to a helper: would you take this?
    "lost",  # to a helper: somebody else was first, or the contact said no
    "unavailable",  # to a helper: what they answered is no longer there
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNews:
    """Something happened to a case of this contact, or (the last steps of CaseStep) to one this helper was asked about.

    `case` as it stands after it. `name`: display name of who did it. `reachable`: somebody fitting is on duty."""

    step: CaseStep
    case: Case
    at: datetime
    name: str = ""
    text: str = ""
    reachable: bool = True
    locale_hint: str | None = None
    kind: Literal["case"] = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWrote:
    """A person of the desk, a helper, or (to a helper) the contact of a pool case wrote through us.

    `line` is the id of the case line. `edits`: it replaces what was sent with that line. `translated` is in the reader's language."""

    number: int
    line: int
    name: str
    at: datetime
    text: str = ""
    locale: str = ""
    translated: str | None = None
    attachment: Attachment | None = None
    place: tuple[float, float] | None = None
    entry_id: str = ""
    edits: bool = False
    locale_hint: str | None = None
    kind: Literal["person"] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWithdrew:
    """A person of the desk took back what they had sent with a case line."""

    number: int
    line: int
    at: datetime
    locale_hint: str | None = None
    kind: Literal["withdrew"] = "withdrew"


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUsed:
    """What became of an invite code the contact gave. `name` and `role` are empty where it was refused."""

    at: datetime
    name: str = ""
    role: str = ""
    city: str = ""
    login_code: str = ""
    locale_hint: str | None = None
    kind: Literal["invite"] = "invite"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveMade:
    """A code is ready with which the contact can go on on another device; it works once, for so many minutes."""

    code: str
    minutes: int
    at: datetime
    locale_hint: str | None = None
    kind: Literal["move"] = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of such a code the contact gave. `own`: they made it themselves, here; it is still good.

    `data` is what the dialogue remembers there beyond the history, `locale`, `city` and `area` are those of that conversation."""

    at: datetime
    outcome: Literal["moved", "own", "refused"] = "refused"
    locale: str | None = None
    city: str | None = None
    area: str | None = None
    data: Mapping[str, str | bool | int | None] = field(default_factory=dict)
    locale_hint: str | None = None
    kind: Literal["arrived"] = "arrived"


# ---------------------------------------------------------------- events of a desk group (never of a contact)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSaid:
    """A member of a linked group wrote in a topic. `topic`: its id, None in General; `sender` None: anonymous.

    `post`: the platform's id of the message; `reply_to`: the id of the one it answers."""

    topic: int | None
    sender: int | None
    post: int
    at: datetime
    text: str = ""
    attachment: Attachment | None = None
    place: tuple[float, float] | None = None
    reply_to: int | None = None
    edited: bool = False
    too_large: bool = False
    locale_hint: str | None = None
    kind: Literal["group"] = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPressed:
    """A member of a group pressed a button under one of our posts. `action`: such as "claim:214"."""

    topic: int | None
    sender: int
    action: str
    query: str
    at: datetime
    locale_hint: str | None = None
    kind: Literal["pressed"] = "pressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLinking:
    """Somebody gave a link code in a group. `is_forum`: it has topics; `may_manage`: we may make them, as far as we know."""

    code: str
    sender: int | None
    is_forum: bool
    may_manage: bool = True
    at: datetime
    locale_hint: str | None = None
    kind: Literal["linking"] = "linking"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMoved:
    """A group became a supergroup with another id, or we were removed from it (`to` None)."""

    to: int | None
    at: datetime
    locale_hint: str | None = None
    kind: Literal["moved"] = "moved"


ContactEvent = TextReceived | CommandReceived | ButtonPressed | OptionChosen | OptionExpired | LocationShared | MediaReceived | ContactLeft
DeskEvent = CaseNews | PersonWrote | PersonWithdrew | InviteUsed | MoveMade | Moved  # what the store leaves in an inbox
GroupEvent = GroupSaid | GroupPressed | GroupLinking | GroupMoved
Event = ContactEvent | DeskEvent | GroupEvent

MAX_TEXT = 4000  # characters of one message that are read; Telegram's own limit is 4096
COMMANDS = (
    "start",
    "menu",
    "language",
    "city",
    "human",
    "help",
    "stop",
    "continue",
    "cancel",
    "end",
    "mydata",
    "delete",
    "withdraw",
    "desk",
    "review",
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a channel hands over: `external_id` is unique in the channel and the same when the platform repeats itself."""

    contact: ContactRef
    external_id: str
    event: Event


# ---------------------------------------------------------------- messages: what a contact sees

Author = Literal["contact", "bot", "person", "translation"]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text. `isolate`: a number, phone, address or foreign name that keeps its own direction.

    `locale`: the language of a stretch in another one than its message, such as a phrase to show at a desk."""

    text: str
    bold: bool = False
    url: str | None = None
    isolate: bool = False
    locale: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    runs: Runs
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: Runs
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Listing:
    """Items with a bullet, with a number, or (`boxes`) with a box to tick on paper."""

    items: tuple[Runs, ...]
    ordered: bool = False
    boxes: bool = False
    kind: Literal["list"] = "list"


@dataclass(frozen=True, slots=True)
class FactTable:
    """Label and value, row by row ("Cost": "free")."""

    rows: tuple[tuple[str, Runs], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Note:
    """Small print: source, confirmation, machine wording."""

    runs: Runs
    kind: Literal["note"] = "note"


Block = Heading | Paragraph | Listing | FactTable | Note


Style = Literal["plain", "main", "answer", "vote", "person", "quiet"]


@dataclass(frozen=True, slots=True)
class Option:
    """A choice. `url` makes it a link that needs no answer; `id` is ours alone and never leaves the store.

    `style` says what a choice is for, so that a channel can give it its place: "main" is the next thing to do, "answer" leads to another
    answer, "vote" tells whether this one helped, "person" and "quiet" (the menu, the way back) are always there and come last."""

    id: str
    label: str
    style: Style = "plain"
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Venue:
    """A place with coordinates, for channels that show a map."""

    name: str
    address: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Document:
    """A small file for the contact, such as the data we hold about them."""

    name: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """An intent that every channel renders as well as it can.

    `device`: the contact said whether this device is only theirs ("own") or not ("shared"); the web channel keeps or drops its cookie.
    `ask_location`: offer to share a place, where the platform has a button for it. `original` is not empty: the blocks are a machine
    translation (into `locale`, the reader's) of what the author wrote (`original`, in `original_locale`); so for both directions, in the
    lines of a case too. `author` "translation" instead of "person" says so to a contact; `author_name` is who wrote the original.
    `attachment`: a file of the other side. `line`: the case line it carries; with `edits` it takes
    the place of what was sent earlier with that line, with `withdraws` that is removed and nothing else is said.
    `thread`: in a desk group, the case whose topic it belongs to (0: General). `subject`: of an e-mail. `files`: from now on a person sees
    what files the contact sends (True), or no longer (False)."""

    locale: str
    blocks: tuple[Block, ...] = ()
    options: tuple[Option, ...] = ()
    venues: tuple[Venue, ...] = ()
    document: Document | None = None
    author: Author = "bot"
    author_name: str = ""
    alert: bool = False
    ask_location: bool = False
    device: Literal["own", "shared"] | None = None
    original: str = ""
    original_locale: str = ""
    attachment: Attachment | None = None
    line: int = 0
    edits: bool = False
    withdraws: bool = False
    thread: int = 0
    subject: str = ""
    files: bool | None = None

    @property
    def direction(self) -> Direction:
        """Say which way the text runs."""
        return direction_of(self.locale)


# ---------------------------------------------------------------- conversation and turn

Owner = Literal["bot", "queue", "advisor"]


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What somebody of the staff may confirm in their chat: the answers of a city ("": of every city), in their languages (none: all).

    `name` and `role` are what can stand beside a confirmation."""

    city: str
    languages: tuple[str, ...]
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Conversation:
    """All we remember about where one contact stands.

    `data` and `recent` belong to the dialogue (JSON values, encrypted at rest); `recent` is forgotten together with the history.
    `options` are the ids and labels last offered, so that a typed number or label works on every channel; they go with the history too.
    `version` counts turns. Only read, never kept by the dialogue: `owner` (the store derives it from the cases), `cases` (open ones and
    those closed within REOPEN_DAYS, newest first), `staffed` (the city has a desk with people), `pools` (it has such helpers) and
    `reviews` (what this contact, as somebody of the staff, may confirm)."""

    contact_id: str
    channel: str
    owner: Owner = "bot"
    state: str = "new"
    locale: str | None = None
    city: str | None = None
    area: str | None = None
    data: Mapping[str, str | bool | int | None] = field(default_factory=dict)
    recent: Mapping[str, str | bool | int | None] = field(default_factory=dict)
    options: tuple[tuple[str, str], ...] = ()
    version: int = 0
    cases: tuple[Case, ...] = ()
    staffed: bool = False
    pools: tuple[CaseKind, ...] = ()
    reviews: Reviewing | None = None


@dataclass(frozen=True, slots=True)
class SendMessage:
    message: Message


@dataclass(frozen=True, slots=True)
class Count:
    """Add one to a counter: which entry, in which language, with what result. Nothing about the contact."""

    city: str
    entry_id: str
    locale: str
    result: str


@dataclass(frozen=True, slots=True)
class SendData:
    """Send the contact everything we hold about them; the service fills in what only the store knows."""

    locale: str


@dataclass(frozen=True, slots=True)
class EraseContact:
    """Forget everything about the contact as soon as the messages of this turn are out."""


# ---------------------------------------------------------------- effects on cases: the store does them in the transaction of the turn


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Ask for a person; an open case of the same kind is left as it is. The store answers with CaseNews "opened".

    `share`: which of the last messages go along. `language`, `when`: what an interpreter is asked for."""

    kind: CaseKind
    topic: str
    desk: str = ""
    organisation: str | None = None
    priority: Priority = "ordinary"
    facts: tuple[tuple[str, str], ...] = ()
    entry_id: str = ""
    language: str = ""
    when: datetime | None = None
    share: Literal["all", "last", "none"] = "all"


@dataclass(frozen=True, slots=True)
class AddToCase:
    """Pass on what the contact said; `translated` in the language `translated_to`. In a pool case the helper gets it, once both agreed."""

    number: int
    text: str = ""
    translated: str | None = None
    translated_to: str = ""
    attachment: Attachment | None = None
    place: tuple[float, float] | None = None
    edited: bool = False
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawFromCase:
    """Take back what the contact passed on last (`source_id`: that very message)."""

    number: int
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class RaiseCase:
    """Give an open case high priority (a safety phrase, a deadline)."""

    number: int
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EndCase:
    """The contact ends a case. The store answers with CaseNews "closed" to whoever else is concerned, not to the contact."""

    number: int


@dataclass(frozen=True, slots=True)
class ReopenCase:
    """The contact takes up a case closed within REOPEN_DAYS; the store answers with CaseNews "reopened"."""

    number: int


@dataclass(frozen=True, slots=True)
class RateCase:
    """The contact says after the end whether it helped."""

    number: int
    helped: Helped


@dataclass(frozen=True, slots=True)
class ConsentToPass:
    """The contact says whether a case may go to the organisation it was to be passed to."""

    number: int
    agrees: bool


@dataclass(frozen=True, slots=True)
class AgreeToHelper:
    """The contact says yes or no to the helper who was found."""

    number: int
    agrees: bool


@dataclass(frozen=True, slots=True)
class AnswerOffer:
    """A helper accepts, declines or gives back a request; the store checks that this contact is a helper who was asked."""

    number: int
    accepts: bool


@dataclass(frozen=True, slots=True)
class WriteAsHelper:
    """A helper writes to the contact of a pool case both agreed on."""

    number: int
    text: str
    translated: str | None = None


@dataclass(frozen=True, slots=True)
class UseInvite:
    """The contact gave an invite code ("": somebody who is staff asks for a login link). The store answers with InviteUsed."""

    code: str


@dataclass(frozen=True, slots=True)
class MakeMove:
    """The contact wants to go on on another device. The store answers with MoveMade; an earlier code is no longer good."""


@dataclass(frozen=True, slots=True)
class UseMove:
    """The contact gave a code made on another device. The store answers with Moved."""

    code: str


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """The contact says that an answer is wrong; the admins get to see which entry in which language.

    `why` is what somebody who reviews writes; the store checks that this contact may. `about`: the answer is wrong, or was until something
    `changed`, or only its `wording` in this language is not right."""

    city: str
    entry_id: str
    locale: str
    why: str = ""
    about: Literal["answer", "changed", "wording"] = "answer"


@dataclass(frozen=True, slots=True)
class Confirm:
    """Somebody who reviews says that an answer is right; the store checks that this contact may, and writes down who it was.

    `locale`: of the wording, "" for the facts. `hash`: of what they were shown; it holds while that stays the same. `on`: the day in the
    city. `is_named`: under their name, else under their role."""

    city: str
    entry_id: str
    locale: str
    hash: str
    on: date
    is_named: bool


GapReason = Literal["none", "not-helpful"]


@dataclass(frozen=True, slots=True)
class KeepQuestion:
    """The contact lets us keep a question, masked, so that the answers get better; nothing says whose it was.

    `why`: nothing fitted, or the answer `entry_id` did not help."""

    city: str
    locale: str
    text: str
    why: GapReason
    entry_id: str = ""


CaseEffect = (
    OpenCase
    | AddToCase
    | WithdrawFromCase
    | RaiseCase
    | EndCase
    | ReopenCase
    | RateCase
    | ConsentToPass
    | AgreeToHelper
    | AnswerOffer
    | WriteAsHelper
    | UseInvite
    | MakeMove
    | UseMove
    | ReportAnswer
    | Confirm
    | KeepQuestion
)
Effect = SendMessage | Count | SendData | EraseContact | CaseEffect


@dataclass(frozen=True, slots=True)
class Turn:
    """The result of one step."""

    conversation: Conversation
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of the last hours as the store keeps it; `id` grows, `token` names its buttons."""

    id: int
    token: str
    at: datetime
    message: Message


# ---------------------------------------------------------------- knowledge

FactKind = Literal[
    "money",
    "phone",
    "short",
    "hours_open",
    "age",
    "url",
    "email",
    "date",
    "minutes",
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "percent",
    "number",
    "text",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """A typed value as written in the file (always text); rendered in the reader's locale by knowledge.render."""

    kind: FactKind
    value: str
    currency: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read. `seen` is the day we read a copy: never shown as a check."""

    url: str | None
    title: str | None
    seen: date
    kind: Literal["official", "secondary"]
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Who wrote the words: `of` is the locale they were translated from, `hash` that text's fingerprint at the time."""

    by: Literal["machine", "person"]
    of: str | None
    hash: str | None
    checked_by: str | None


@dataclass(frozen=True, slots=True)
class StepWords:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """One entry in one language. `answer` and step texts are small Markdown with {placeholders} of facts."""

    title: str
    questions: tuple[str, ...]
    keywords: tuple[str, ...]
    answer: str
    documents: tuple[str, ...]
    steps: Mapping[str, StepWords]
    wording: Wording


@dataclass(frozen=True, slots=True)
class Entry:
    """A knowledge entry: facts once, words per locale. `id` is "<topic>.<slug>"."""

    id: str
    topic: str
    status: Literal["draft", "published", "archived"]
    audience: tuple[str, ...]
    owner: str | None
    checked: Confirmation | None
    review_by: date | None
    scope: Literal["city", "country"]
    facts: Mapping[str, Fact]
    steps: tuple[str, ...]
    needs: tuple[str, ...]
    places: tuple[str, ...]
    related: tuple[str, ...]
    sources: tuple[Source, ...]
    unverified: tuple[str, ...]
    words: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Place:
    """An office or organisation, stored once.

    `hours` is OpenStreetMap opening_hours syntax, `phone` international, `short` dialled as it is."""

    slug: str
    name: str
    kind: str
    area: str | None
    address: str | None
    phone: str | None
    short: str | None
    email: str | None
    url: str | None
    hours: str | None
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    for_whom: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    speaks_to_people: bool
    sources: tuple[Source, ...]
    checked: Confirmation | None


@dataclass(frozen=True, slots=True)
class Area:
    """A town or district inside a city's reach."""

    slug: str
    names: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Organisation:
    slug: str
    name: str
    kind: str
    url: str | None


@dataclass(frozen=True, slots=True)
class DeskRule:
    """How one desk of a city works.

    `hours`: OpenStreetMap opening hours in the city's time, dated exceptions included ("Mo-Fr 09:00-14:00; 2026-12-24 off"); None: nobody
    has said. Public holidays are closed days unless the hours name them (PH). `intake`: what is asked before a case is opened."""

    slug: str
    topics: tuple[str, ...]
    hours: str | None
    intake: tuple[str, ...]
    organisation: str | None
    kinds: tuple[CaseKind, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """A temporary notice above some entries, or above all of the city's; both days included."""

    entries: tuple[str, ...]
    start: date
    end: date
    text: Mapping[str, str]
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class City:
    """Everything the bot knows about one city. `languages` in order, the host language first.

    `region`: ISO 3166-2 part after the dash ("MD"), whose public holidays count. `covers`: uncovered topics that entries of this city
    do answer."""

    slug: str
    names: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    country: str
    time_zone: str
    currency: str
    host_language: str
    languages: tuple[str, ...]
    controller: str | None
    on_call: str | None
    latitude: float | None
    longitude: float | None
    radius_km: float | None
    emergency: Mapping[str, Fact]
    areas: Mapping[str, Area]
    organisations: Mapping[str, Organisation]
    first_steps: tuple[str, ...]
    entries: Mapping[str, Entry]
    places: Mapping[str, Place]
    alerts: tuple[Alert, ...]
    desks: Mapping[str, DeskRule] = field(default_factory=dict)
    region: str | None = None
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    slug: str
    icon: str
    order: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SafetyKind:
    """A kind of crisis: phrases per language, and the entry that helps in each city."""

    slug: str
    entries: Mapping[str, str]
    phrases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SmalltalkKind:
    slug: str
    phrases: Mapping[str, tuple[str, ...]]
    reply: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UncoveredTopic:
    """A real matter that entries say nothing about, by name; `questions`: how people ask about it."""

    slug: str
    names: Mapping[str, str]
    questions: Mapping[str, tuple[str, ...]]


Situation = Literal["doctor", "registry", "landlord", "school", "work", "anywhere"]


@dataclass(frozen=True, slots=True)
class PhraseCard:
    """A sentence to show at a desk: `host` in the language of the city, what it means and how it is said in those of contacts.

    "{language}" in `host` and `words` stands for the contact's language."""

    slug: str
    situation: Situation
    host: str
    words: Mapping[str, str]
    reading: Mapping[str, str]


CALM = "calm"  # beside the kinds of crises in cries/<language>.yaml: what is no cry for help though it sounds like one


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All files together, checked; replaced as a whole when a file changes. `lookalikes` must never set off a safety kind.

    `cards`: phrase cards by host language. `lexicon`: per language the words for each concept. `uncovered`: see UncoveredTopic.
    `cries`: per language, examples of cries for help by kind of crisis, and under "calm" of what is none though it sounds like one."""

    topics: Mapping[str, Topic]
    cities: Mapping[str, City]
    safety: Mapping[str, SafetyKind]
    lookalikes: Mapping[str, tuple[str, ...]]
    smalltalk: Mapping[str, SmalltalkKind]
    cards: Mapping[str, Mapping[str, PhraseCard]] = field(default_factory=dict)
    lexicon: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    uncovered: Mapping[str, UncoveredTopic] = field(default_factory=dict)
    cries: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
