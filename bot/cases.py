"""What hand-off is made of: cases, the people who answer them, and the rules of who may do what. Frozen data and pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# ---------------------------------------------------------------- cases

CaseKind = Literal["advice", "legal", "interpreter", "companion", "mentor"]
CaseState = Literal["waiting", "claimed", "closed"]
Priority = Literal["ordinary", "high"]
CaseOutcome = Literal["solved", "referred", "unreachable", "ended", "other"]  # "ended": by the contact
Helped = Literal["yes", "not-yet"]

TALKING: tuple[CaseKind, ...] = ("advice", "legal")  # a person takes the conversation over
POOL: tuple[CaseKind, ...] = ("interpreter", "companion", "mentor")  # proposed to those who fit; the bot goes on talking
REOPEN_DAYS = 7  # writing again within these days reopens the same case

MediaKind = Literal["photo", "voice", "audio", "video", "document", "sticker", "contact", "poll", "other"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file somebody sent. `ref` is "<place>:<key>": "telegram:<file_id>" is fetched from Telegram, "store:<id>" lies in our store.

    `size` in bytes, 0 where the platform does not say."""

    kind: MediaKind
    ref: str
    name: str = ""
    media_type: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A request for a person. `place`: its place in line, from 1, while it waits (0: it does not wait).

    `facts`: what the contact was asked before, as (key, answer). `language`: the one an interpreter is asked for. `when`: the appointment.
    `advisor`: id of who has it, `advisor_name` what the contact may know of them. `agreed`: in a pool case both sides have said yes.
    `passing_to`: the organisation it is to go to once the contact agrees. `practice_for`: id of the advisor who practises on it.
    `contact_at`, `advisor_at`: when either side last wrote. `waiting_since`: when it last entered the queue. `version` grows with every
    change, that of a line too."""

    number: int
    contact_id: str
    kind: CaseKind
    state: CaseState
    city: str
    locale: str
    topic: str
    opened_at: datetime
    desk: str = ""
    organisation: str | None = None
    priority: Priority = "ordinary"
    pseudonym: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    entry_id: str = ""
    area: str = ""
    language: str = ""
    when: datetime | None = None
    advisor: str | None = None
    advisor_name: str = ""
    agreed: bool = False
    passing_to: str | None = None
    passing_why: str = ""
    place: int = 0
    claimed_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    contact_at: datetime | None = None
    advisor_at: datetime | None = None
    outcome: CaseOutcome | None = None
    helped: Helped | None = None
    reopened: int = 0
    practice_for: str | None = None
    version: int = 0
    waiting_since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to do something."""
        return self.state != "closed"

    @property
    def waits_for_advisor(self) -> bool:
        """Say whether the contact wrote last, or nobody has answered yet."""
        since = self.contact_at or self.opened_at
        return self.is_open and (self.advisor_at is None or self.advisor_at < since)


def queue_order(case: Case) -> tuple[bool, datetime, int]:
    """Sort waiting cases: high priority first, then the oldest."""
    return case.priority != "high", case.opened_at, case.number


# ---------------------------------------------------------------- staff

Role = Literal["advisor", "peer", "lead", "admin", "interpreter", "companion", "mentor", "reviewer"]
WakeBy = Literal["telegram", "email", "web"]
Gender = Literal["woman", "man"]
ROLES: tuple[Role, ...] = ("advisor", "peer", "lead", "admin", "interpreter", "companion", "mentor", "reviewer")
DESK_ROLES: tuple[Role, ...] = ("advisor", "peer", "lead", "admin")
REVIEWERS: tuple[Role, ...] = ("reviewer", "lead", "admin")  # confirm entries; who is only a reviewer sees no case and has no desk
ONLINE_S = 300  # seconds: a page that gave a sign of life within this time is open
NOT_FOR_PEERS = frozenset({"healthcare", "emergency", "support"})  # topics of health, danger, and rights


@dataclass(frozen=True, slots=True)
class Profile:
    """What an invite says about a person. No languages, no topics, no areas: all of them. `city` is "" for an admin of every city."""

    name: str
    role: Role
    city: str
    organisation: str | None = None
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    gender: Gender | None = None
    hours: str | None = None
    on_call: bool = False


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who answers. `has_telegram`, `has_email`: they can be reached that way.

    `is_available`: they are on duty; `away_until` overrules it. `substitute`: id of who stands in meanwhile. `seen_at`: last sign.
    `stands_in`: profiles of those who are away and have named this one: their topics and languages are this one's as well."""

    id: str
    profile: Profile
    is_available: bool = True
    away_until: datetime | None = None
    substitute: str | None = None
    wake_by: WakeBy = "web"
    has_telegram: bool = False
    has_email: bool = False
    seen_at: datetime | None = None
    stands_in: tuple[Profile, ...] = ()

    def is_away(self, now: datetime) -> bool:
        """Say whether they have said that they are not there."""
        return not self.is_available or (self.away_until is not None and self.away_until > now)

    def is_reachable(self) -> bool:
        """Say whether a wake-up finds them with every page closed."""
        return self.has_telegram or self.has_email

    def hears(self, now: datetime) -> bool:
        """Say whether they learn of a case now: by a wake-up, or at a page that was open within ONLINE_S."""
        is_online = self.seen_at is not None and (now - self.seen_at).total_seconds() <= ONLINE_S
        return not self.is_away(now) and (is_online or (self.wake_by != "web" and self.is_reachable()))


# ---------------------------------------------------------------- who may do what


def in_house(staff: Staff, case: Case) -> bool:
    """Say whether a case belongs to the city and the organisation of somebody."""
    profile = staff.profile
    if case.practice_for is not None:
        return case.practice_for == staff.id
    if profile.city and profile.city != case.city:
        return False
    return case.organisation is None or profile.organisation is None or profile.organisation == case.organisation


def is_fit(staff: Staff, case: Case) -> bool:
    """Say whether a role may ever have such a case."""
    role = staff.profile.role
    if case.kind in POOL:
        return role == case.kind or role in ("lead", "admin")
    if role == "peer":
        return case.kind == "advice" and case.topic not in NOT_FOR_PEERS and case.priority != "high"
    return role in DESK_ROLES


def _has_topic(staff: Staff, case: Case) -> bool:
    return any(_knows_topic(profile, case) for profile in (staff.profile, *staff.stands_in))


def _knows_topic(profile: Profile, case: Case) -> bool:
    return not profile.topics or case.topic in profile.topics or (case.kind == "legal" and "legal" in profile.topics)


def _has_language(staff: Staff, case: Case) -> bool:
    wanted = {case.language} if case.kind == "interpreter" and case.language else {case.locale.partition("-")[0], case.locale}
    return any(not profile.languages or wanted & set(profile.languages) for profile in (staff.profile, *staff.stands_in))


def _has_area(staff: Staff, case: Case) -> bool:
    return not staff.profile.areas or not case.area or case.area in staff.profile.areas


def may_see(staff: Staff, case: Case) -> bool:
    """Say whether somebody may open a case and read it: their own, or one that lies in their queue; a lead sees all of the house."""
    if not in_house(staff, case) or not is_fit(staff, case):
        return False
    if staff.profile.role in ("lead", "admin") or case.advisor == staff.id or case.practice_for == staff.id:
        return True
    return case.state == "waiting" and _has_topic(staff, case) and (case.kind not in POOL or _has_language(staff, case))


def may_claim(staff: Staff, case: Case) -> bool:
    """Say whether somebody may take a case that waits."""
    return case.state == "waiting" and may_see(staff, case)


def may_answer(staff: Staff, case: Case) -> bool:
    """Say whether somebody may write to the contact: only who has the case."""
    return case.state == "claimed" and case.advisor == staff.id and in_house(staff, case) and is_fit(staff, case)


def may_lead(staff: Staff, case: Case) -> bool:
    """Say whether somebody may give a case to another."""
    return staff.profile.role in ("lead", "admin") and in_house(staff, case)


def offered_to(case: Case, team: Iterable[Staff], now: datetime) -> tuple[Staff, ...]:
    """Return those a waiting case is offered to: the narrowest group of topic, language and area in which somebody is there.

    Who is away is replaced by their substitute. Nobody there at all: an empty tuple."""
    able = [staff for staff in team if in_house(staff, case) and is_fit(staff, case)]
    workers = [staff for staff in able if staff.profile.role not in ("lead", "admin")] or able
    topic = [staff for staff in workers if _has_topic(staff, case)]
    language = [staff for staff in topic if _has_language(staff, case)]
    if case.kind in POOL:
        groups: list[list[Staff]] = [[staff for staff in language if _has_area(staff, case)]]
    else:
        groups = [language, topic, [staff for staff in able if staff.profile.role in ("lead", "admin")]]
    for group in groups:
        found = _present(case, group, able, now)
        if found:
            return found
    return ()


def _present(case: Case, group: Sequence[Staff], able: Sequence[Staff], now: datetime) -> tuple[Staff, ...]:
    by_id = {staff.id: staff for staff in able}
    found: dict[str, Staff] = {}
    for staff in group:
        stand_in = by_id.get(staff.substitute or "") if staff.is_away(now) else staff
        if stand_in is not None and not stand_in.is_away(now) and (stand_in is staff or may_see(stand_in, case)):
            found[stand_in.id] = stand_in
    return tuple(found.values())


def leads_of(case: Case, team: Iterable[Staff]) -> tuple[Staff, ...]:
    """Return the leads a case concerns, or its admins where there is no lead."""
    house = [staff for staff in team if in_house(staff, case)]
    leads = tuple(staff for staff in house if staff.profile.role == "lead")
    return leads or tuple(staff for staff in house if staff.profile.role == "admin")


# ---------------------------------------------------------------- what staff do

Refusal = Literal["gone", "not-allowed", "taken", "closed", "needs-consent", "too-late", "empty", "too-long", "not-written"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Take a case that waits."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Write to the contact. `translated`: the same in the contact's language, made by a machine. `locale`: of `text`, where it is known."""

    text: str = ""
    attachment: Attachment | None = None
    place: tuple[float, float] | None = None  # degrees
    translated: str | None = None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class SendEntry:
    """Send a knowledge entry as an answer; the contact gets it in their own language."""

    entry_id: str


@dataclass(frozen=True, slots=True)
class AddNote:
    """Write something that only colleagues see."""

    text: str


@dataclass(frozen=True, slots=True)
class PassOn:
    """Give a case back to the queue of a topic, or to a colleague, or to another organisation (which the contact must agree to)."""

    reason: str
    topic: str | None = None
    staff: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """End a case."""

    outcome: CaseOutcome


@dataclass(frozen=True, slots=True)
class Reopen:
    """Take up again a case one had closed."""


@dataclass(frozen=True, slots=True)
class Correct:
    """Change what one has written to the contact; `line` is the id of the case line."""

    line: int
    text: str
    translated: str | None = None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back what one has written to the contact, on their side as well."""

    line: int


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """Say that an answer is wrong: an advisor's report warns above the entry, a lead's hides it until somebody has looked at it."""

    entry_id: str
    why: str


Deed = Claim | Reply | SendEntry | AddNote | PassOn | Close | Reopen | Correct | Withdraw | ReportEntry


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, safe on disk. `line`: id of the case line it made, 0 where it made none. `repeated`: it had been done before."""

    case: Case
    line: int = 0
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not done. `by`: display name of who has the case, where that is the reason."""

    reason: Refusal
    by: str = ""


# ---------------------------------------------------------------- pseudonyms

COLOURS = ("amber", "blue", "brown", "coral", "green", "grey", "lilac", "orange", "pink", "red", "turquoise", "white")
ANIMALS = (
    "badger", "bear", "beaver", "deer", "dolphin", "eagle", "falcon", "fox", "hare", "hedgehog", "heron", "horse", "lynx", "owl", "otter",
    "panda", "parrot", "penguin", "robin", "seal", "sparrow", "swan", "tiger", "turtle",
)  # fmt: skip


def pseudonym_of(seed: bytes, taken: Collection[str] = ()) -> str:
    """Choose a colour and an animal ("blue:heron") for a contact; `seed` has at least 8 random bytes; avoids those `taken` where it can."""
    number = int.from_bytes(seed[:8], "big")
    total = len(COLOURS) * len(ANIMALS)
    for turn in range(total):
        colour, animal = divmod((number + turn) % total, len(ANIMALS))
        name = f"{COLOURS[colour]}:{ANIMALS[animal]}"
        if name not in taken:
            return name
    return name
