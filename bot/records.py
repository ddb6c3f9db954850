"""What desks show and keep records of: lines of cases, logins, reports on answers, figures, the audit. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.model import GapReason, Message

LineAuthor = Literal["contact", "bot", "person", "note", "system"]
Reporter = Literal["contact", "advisor", "lead", "reviewer"]
About = Literal["answer", "changed", "wording"]
Use = Literal["questions", "draft", "dismissed"]


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line of a case. `event`: of a system line, what happened ("claimed", "passed" ...), of a knowledge entry that somebody sent
    "entry:<id>"; `name`: display name of the staff member.

    `message` is None when it was withdrawn. `changed_at` grows when it is edited or withdrawn."""

    id: int
    number: int
    author: LineAuthor
    at: datetime
    changed_at: datetime
    message: Message | None
    staff_id: str | None = None
    name: str = ""
    event: str = ""
    is_edited: bool = False
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A login. `id` may be shown, the token never again."""

    id: str
    staff_id: str
    device: str
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody says that an answer is wrong, or was until something `changed`, or only its `wording` is not right; open until `resolve`."""

    id: int
    city: str
    entry_id: str
    locale: str
    by_whom: Reporter
    at: datetime
    why: str = ""
    about: About = "answer"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody has found an answer right: its facts, or (`locale`) its wording. `by`: the name or role they chose; ids grow."""

    id: int
    city: str
    entry_id: str
    locale: str
    hash: str
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A masked question a contact let us keep; the id tells nothing, not even the order within the day (UTC)."""

    id: int
    city: str
    locale: str
    text: str
    why: GapReason
    entry_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Gap:
    """Kept questions that say much the same, the most typical first; `number` counts from 1 in each city, the biggest group first.

    `entry_id`: the nearest entry by the matcher, "" where there is none."""

    number: int
    city: str
    locale: str
    ids: tuple[int, ...]
    texts: tuple[str, ...]
    entry_id: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what. `actor`: a staff id, "contact" or "system"; never what was said."""

    id: int
    at: datetime
    actor: str
    deed: str
    number: int
    detail: str


@dataclass(frozen=True, slots=True)
class CaseFigure:
    """How often something happened and the seconds it took in all: opened, answered, closed, helped-yes, helped-not-yet, returned."""

    city: str
    locale: str
    topic: str
    name: str
    n: int
    seconds: int


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """A knowledge entry an advisor may send. `mine` in the advisor's language, `theirs` in the contact's (None: it does not exist in it).

    `confirmed`: the day a person of the city confirmed it. `is_machine`: a machine wrote the words the contact gets."""

    entry_id: str
    title: str
    mine: Message
    theirs: Message | None
    confirmed: date | None
    is_machine: bool


@dataclass(frozen=True, slots=True)
class CasesWaiting:
    """How many cases of a city nobody has taken yet, and the seconds the oldest of them has waited."""

    n: int
    age_s: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """What waits, and the seconds the oldest of it has waited (0 where nothing does).

    Since the first start: `failed`: turns that raised; `dead`: messages given up; `uncertain`: messages that may have gone out twice."""

    inbox_waiting: int
    inbox_age_s: float
    outbox_waiting: int
    outbox_age_s: float
    failed: int
    dead: int
    uncertain: int
    cases: Mapping[str, CasesWaiting]


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a look through everything that is stored found: how many sealed values of each kind, how many of them do not open, and the
    first line of the audit that does not follow from the one before (None: all is well)."""

    counts: Mapping[str, int]
    unreadable: int
    broken_audit: int | None

    @property
    def is_well(self) -> bool:
        """Tell whether everything opened and the audit is whole."""
        return self.unreadable == 0 and self.broken_audit is None
