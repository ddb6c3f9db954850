"""What the desk asks of a database, beside the Store contract: people, cases, files, groups, reports, audit. One suite for every engine.

Guarantees:
- `do` is one transaction: the right to do it is checked in it (bot.cases), and the case, its lines, the event for the contact, the
  conversation's owner and the audit change together or not at all. The same `key` again changes nothing and gives the same result.
- A claim has exactly one winner.
- Whatever a contact must hear is an event in their inbox, written in the same transaction: nothing is announced that did not happen.
- Practice cases are in no list, figure or wake-up but those of their advisor.
Methods that change what a contact should hear return the contact ids to wake, for ConversationService.wake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.cases import Case, Deed, Done, Profile, Refused, Staff, WakeBy
from bot.model import CaseStep, ContactRef, Message
from bot.records import AuditLine, CaseFigure, CaseLine, Confirmed, KeptQuestion, OpenSession, Report, Use

INVITE_HOURS = 48
LOGIN_MINUTES = 15  # a login link that somebody who is staff asked for
SESSION_IDLE_HOURS, SESSION_DAYS = 12, 7
MAX_FILE = 10 * 1024 * 1024  # bytes of one file that passes through our store


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of a deed, and whose conversations have something new."""

    result: Done | Refused
    wake: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A desk group on Telegram, linked to a city."""

    city: str
    contact_id: str
    contact: ContactRef


@dataclass(frozen=True, slots=True)
class GroupTopic:
    """How far a group knows a case. `upto`: microseconds of the last change given to it; `topic_id` None: not made yet."""

    number: int
    topic_id: int | None
    upto: int


class DeskStore(Protocol):
    """See the module docstring. All methods raise StoreError when the database refuses."""

    # ------------------------------------------------------------ people

    async def invite(self, profile: Profile) -> tuple[str, str]:
        """Prepare a staff member and return (code, staff id); the code works once, for INVITE_HOURS."""

    async def renew(self, staff_id: str, *, minutes: int = LOGIN_MINUTES) -> str | None:
        """Return a login code for somebody who is staff, None for anybody else."""

    async def staff_of_email(self, email: str) -> Staff | None:
        """Return the staff member with this e-mail address."""

    async def redeem(self, code: str) -> Staff | None:
        """Use a code up on the web: whose it is, or None when it is unknown, used or too old. The first use makes them staff."""

    async def team(self, city: str | None = None) -> tuple[Staff, ...]:
        """Return everybody who is staff now (of a city: those of every city as well)."""

    async def staff_member(self, staff_id: str) -> Staff | None:
        """Return somebody who is staff now."""

    async def staff_of(self, contact: ContactRef) -> Staff | None:
        """Return the staff member whose private chat this is."""

    async def set_duty(
        self, staff_id: str, *, is_available: bool, away_until: datetime | None = None, substitute: str | None = None
    ) -> None:
        """Note whether somebody is on duty."""

    async def set_wake(self, staff_id: str, wake_by: WakeBy, email: str | None = None) -> None:
        """Note how somebody is woken; an empty `email` forgets the address, None leaves it."""

    async def set_profile(self, staff_id: str, profile: Profile) -> None:
        """Change what somebody may do."""

    async def remove_staff(self, staff_id: str) -> tuple[str, ...]:
        """End somebody's work here: sessions and codes end, their cases go back to the queue."""

    async def seen(self, staff_id: str) -> None:
        """Note a sign of life (at most every 30 s is written)."""

    async def open_session(self, staff_id: str, device: str) -> str:
        """Begin a login; returns the token (256 random bits) that is kept only as a hash."""

    async def session(self, token: str) -> OpenSession | None:
        """Return the login of a token and note its use; None when it is idle for too long, too old, or ended."""

    async def sessions(self, staff_id: str) -> tuple[OpenSession, ...]:
        """Return somebody's logins, newest first."""

    async def end_session(self, staff_id: str, session_id: str) -> None:
        """End one of somebody's logins."""

    # ------------------------------------------------------------ cases

    async def open_cases(self) -> tuple[Case, ...]:
        """Return every case that is waiting or claimed, practice included, in the order of the queue; `place` is filled in."""

    async def closed_cases(self, staff_id: str, limit: int = 50) -> tuple[Case, ...]:
        """Return the cases somebody closed, newest first."""

    async def case(self, number: int) -> Case | None:
        """Return a case."""

    async def mark(self) -> int:
        """Return a number that differs after every change of cases, their lines, staff, offers or reports, by whatever process.

        Quick (asked every 2 s): nothing is decrypted for it."""

    async def lines(self, number: int, after: int = 0, *, reader: str | None = None, since: datetime | None = None) -> tuple[CaseLine, ...]:
        """Return a case's lines with an id above `after` (or changed after `since`), oldest first.

        `reader`: the staff id for the audit ("read", once per reader, case and hour); the caller has checked that they may."""

    async def do(self, staff_id: str, number: int, deed: Deed, *, key: str) -> Acted:
        """Do what a staff member wants with a case; `key` names the request. Claim and all other rules are enforced here."""

    async def give_back(self, number: int, why: Literal["no-answer", "away"]) -> tuple[str, ...]:
        """Return a claimed case to the queue (the contact hears "returned"); nothing happens when it is not claimed any more."""

    async def answer_offer(self, staff_id: str, number: int, *, accepts: bool) -> Acted:
        """Accept, decline or give back a pool case as the web desk does; the same rules as the effect AnswerOffer, the audit notes it."""

    async def announce(self, number: int, step: CaseStep, *, once: str) -> tuple[str, ...]:
        """Tell the contact (and for "tomorrow" and "soon" the helper) of a step, once per `once` and round of waiting."""

    async def offer(self, number: int, staff_ids: Sequence[str]) -> tuple[str, ...]:
        """Ask helpers by their private chat whether they take a pool case; each is asked once."""

    async def offers(self, staff_id: str) -> tuple[Case, ...]:
        """Return the pool cases somebody is asked about and has not answered."""

    async def start_practice(self, staff_id: str, case: Case, opening: Sequence[Message]) -> int:
        """Make a practice case (`case` gives kind, city, locale, topic, priority, facts) with the simulated contact's first lines."""

    async def add_practice_line(self, number: int, message: Message) -> None:
        """Let the simulated contact say something."""

    async def export(self, number: int, staff_id: str) -> tuple[CaseLine, ...]:
        """Return all lines for a transcript; the audit notes it."""

    # ------------------------------------------------------------ waking

    async def wake(self, number: int, staff_id: str, stage: str, message: Message) -> bool:
        """Send a staff member a message by the way they chose, once per stage and round of waiting; False when that was done before.

        Where the chosen way is "web" it is only noted (the pages show it); a way that is not there falls back on one that is."""

    async def woken(self, number: int) -> Mapping[tuple[str, str], datetime]:
        """Return who was told in which stage of this round, and when."""

    async def woken_now(self) -> Mapping[int, frozenset[str]]:
        """Return, by open case, who was told of it in its present round, whichever process told them."""

    async def write_to(self, staff_id: str, message: Message, *, by: WakeBy | None = None, once: str) -> bool:
        """Send a staff member a message that belongs to no case (a login link, an alert), once per `once`."""

    # ------------------------------------------------------------ files

    async def add_file(self, number: int, content: bytes) -> str:
        """Keep a file of a case, sealed; returns its id (the key of a "store:" ref). Raises StoreError above MAX_FILE."""

    async def file(self, file_id: str) -> tuple[int, bytes] | None:
        """Return the case number and content of a file."""

    # ------------------------------------------------------------ groups on Telegram

    async def link_code(self, city: str) -> str:
        """Return a code that links a group to a city, once, within INVITE_HOURS; who links anew replaces the earlier group."""

    async def link_group(self, contact: ContactRef, code: str) -> str | None:
        """Link a group; returns the city, or None when the code is no good."""

    async def unlink_group(self, contact: ContactRef) -> None:
        """Forget a group."""

    async def move_group(self, contact: ContactRef, to: ContactRef) -> None:
        """Follow a linked group to its new address."""

    async def groups(self) -> tuple[Group, ...]:
        """Return the linked groups."""

    async def group_topics(self, contact_id: str) -> tuple[GroupTopic, ...]:
        """Return how far a group knows which cases."""

    async def post(self, contact_id: str, number: int, upto: int, messages: Sequence[Message]) -> None:
        """Send messages to a group (thread `number`, 0: General) and note that it now knows the case up to `upto`."""

    async def waiting_posts(self, contact_id: str) -> int:
        """Return how many posts to a group are not out yet."""

    async def topic(self, contact: ContactRef, number: int) -> int | None:
        """Return the topic of a case in a group."""

    async def set_topic(self, contact: ContactRef, number: int, topic_id: int | None) -> None:
        """Note the topic of a case in a group; None: it is gone."""

    async def case_of_topic(self, contact: ContactRef, topic_id: int) -> int | None:
        """Return the case a topic belongs to."""

    async def posted(self, contact_id: str, number: int) -> tuple[int, ...]:
        """Return the lines of a case that a group has a message for (sent to it, on the way, or written in it: negative), in order."""

    async def line_of_post(self, contact: ContactRef, platform_id: str) -> tuple[int, int] | None:
        """Return (case number, line id) of a message in a group or private chat."""

    async def set_post(self, contact: ContactRef, platform_id: str, number: int, line: int) -> None:
        """Note which message of a group became which case line; as a negative number, so that it is never taken for a post of ours."""

    # ------------------------------------------------------------ reports, figures, audit

    async def reports(self) -> tuple[Report, ...]:
        """Return the open reports on answers, oldest first."""

    async def resolve(self, report_id: int, staff_id: str) -> None:
        """Close a report and all others on the same entry and language."""

    async def confirmations(self, after: int = 0) -> tuple[Confirmed, ...]:
        """Return what people found right, oldest first: those with an id above `after`. They are only ever added to."""

    async def kept_questions(self) -> tuple[KeptQuestion, ...]:
        """Return the masked questions contacts let us keep and nobody has used yet; they go after 90 days (`Store.sweep`)."""

    async def settle_questions(self, ids: Sequence[int], use: Use, actor: str, detail: str = "") -> int:
        """Note what questions were used for, and forget their texts; returns how many there were. The audit notes it."""

    async def case_figures(self) -> tuple[CaseFigure, ...]:
        """Return the figures of the desk, practice left out."""

    async def note(self, actor: str, deed: str, number: int = 0, detail: str = "") -> None:
        """Add a line to the audit."""

    async def audit(self) -> tuple[AuditLine, ...]:
        """Return the audit, oldest first."""

    async def verify_audit(self) -> int | None:
        """Return the id of the first line that does not follow from the one before, None where all is well."""
