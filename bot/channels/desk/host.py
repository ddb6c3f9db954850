"""What the web desk asks of the service. Every right is checked behind it: a page that asks for too much gets Refused or None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.cases import Attachment, Case, CaseKind, Deed, Done, MediaKind, Profile, Refused, Staff, WakeBy
from bot.model import City
from bot.records import AuditLine, CaseFigure, CaseLine, Gap, OpenSession, ReadyAnswer, Report


@dataclass(frozen=True, slots=True)
class Login:
    """Who is at a page, and by which login."""

    staff: Staff
    session: OpenSession


@dataclass(frozen=True, slots=True)
class Board:
    """What somebody's queue shows, in order. `offered`: numbers of waiting cases that are offered to this very person.

    `asked`: pool cases this person is asked to take. `woken`: numbers a web notification is due for."""

    waiting: tuple[Case, ...]
    mine: tuple[Case, ...]
    others: tuple[Case, ...]
    offered: frozenset[int]
    asked: tuple[Case, ...]
    woken: frozenset[int]


class DeskHost(Protocol):
    """Implemented by bot.desk.DeskService. Methods raise StoreError when the database refuses."""

    # ------------------------------------------------------------ logging in

    async def redeem(self, code: str, device: str) -> tuple[Staff, str] | None:
        """Use an invite or login code up; returns who it is and the token of the new login, or None."""

    async def login_of(self, token: str) -> Login | None:
        """Return whose login a token is, None when it has ended."""

    async def ask_login(self, email: str) -> None:
        """Send a login link to this address if it is a staff member's; says nothing about whether it is."""

    async def end_session(self, login: Login, session_id: str) -> None:
        """End one of one's own logins."""

    async def sessions(self, login: Login) -> Sequence[OpenSession]:
        """Return one's own logins."""

    # ------------------------------------------------------------ the queue and the cases

    async def changed(self, since: int) -> int:
        """Wait until something changed at the desk after version `since` (at most 20 s); returns the present version."""

    async def board(self, staff: Staff) -> Board:
        """Return what somebody's queue shows now. Quick: cases are read once per version, for everybody."""

    async def case(self, staff: Staff, number: int) -> Case | None:
        """Return a case somebody may see."""

    async def is_barred(self, staff: Staff, number: int) -> bool:
        """Tell whether a case of somebody's own house is of a kind their role may never have (legal and health, for peers)."""

    async def lines(self, staff: Staff, number: int, after: int = 0, since: datetime | None = None) -> Sequence[CaseLine] | None:
        """Return the lines of a case somebody may see (see DeskStore.lines), else None."""

    async def act(self, staff: Staff, number: int, deed: Deed, key: str) -> Done | Refused:
        """Do something with a case; a reply is translated first where a translator is there. `key` names the request."""

    async def answer_offer(self, staff: Staff, number: int, *, accepts: bool) -> Done | Refused:
        """Accept or decline a pool case one was asked about."""

    async def answers(self, staff: Staff, number: int, query: str, locale: str) -> Sequence[ReadyAnswer]:
        """Find knowledge entries by words in the advisor's language; an empty query gives those nearest to the case."""

    async def places(self, staff: Staff, number: int, locale: str) -> Sequence[tuple[str, str]]:
        """Return (name, "until 13:00 · Arabic, Chinese") of offices for the case's topic that are open now, at most five."""

    async def add_file(
        self, staff: Staff, number: int, kind: MediaKind, name: str, media_type: str, content: bytes
    ) -> Attachment | Refused:
        """Keep a file that is to be sent with a Reply."""

    async def file(self, staff: Staff, number: int, line: int) -> tuple[Attachment, bytes] | None:
        """Return the file of a line somebody may see, fetched from its platform where it lies there. Raises ChannelError."""

    async def export(self, staff: Staff, number: int, locale: str) -> str | None:
        """Return a transcript as plain text; only for who has the case, and leads. The audit notes it."""

    # ------------------------------------------------------------ oneself

    async def set_duty(self, staff: Staff, *, is_available: bool, away_until: datetime | None, substitute: str | None) -> Staff:
        """Say that one is there or away."""

    async def set_wake(self, staff: Staff, wake_by: WakeBy, email: str | None) -> Staff:
        """Choose how to be woken."""

    async def seen(self, staff: Staff) -> None:
        """Note a sign of life of an open page."""

    async def practise(self, staff: Staff, kind: CaseKind, locale: str) -> int:
        """Begin a practice case with a simulated contact who writes in a language; returns its number."""

    # ------------------------------------------------------------ for leads and admins; others get an empty answer or Refused

    async def team(self, staff: Staff) -> Sequence[Staff]:
        """Return the colleagues a case can go to, and for a substitute."""

    async def invite(self, staff: Staff, profile: Profile) -> Mapping[str, str] | Refused:
        """Invite somebody into one's own city: "web" link, "telegram" link ("" without Telegram), "code"."""

    async def remove_staff(self, staff: Staff, other: str) -> bool:
        """End somebody's work here."""

    async def figures(self, staff: Staff) -> Sequence[CaseFigure]:
        """Return the figures of one's city."""

    async def reports(self, staff: Staff) -> Sequence[Report]:
        """Return the open reports on answers of one's city."""

    async def resolve(self, staff: Staff, report_id: int) -> bool:
        """Close a report."""

    async def gaps(self, staff: Staff) -> Sequence[Gap]:
        """Return what people of one's city asked in vain, in groups; all of them to admins, to leads those of five questions and more."""

    async def dismiss_gap(self, staff: Staff, ids: Sequence[int]) -> int | Refused:
        """Take questions off that list (admins only); returns how many there were."""

    async def add_gap(self, staff: Staff, ids: Sequence[int], entry_id: str) -> int | Refused:
        """Write questions of one language into the knowledge file of an entry (admins only); returns how many were new to it."""

    async def audit(self, staff: Staff) -> Sequence[AuditLine]:
        """Return the audit (admins only)."""

    # ------------------------------------------------------------ words, in a language of ours

    def city(self, slug: str) -> City | None:
        """Return a city by its slug."""

    def pseudonym(self, case: Case, locale: str) -> str:
        """Name a contact for staff: "Blue heron"."""

    def summary(self, case: Case, locale: str) -> str:
        """Sum a case up in half a line without anything the contact wrote: "eviction, date in 5 days"."""

    def facts(self, case: Case, locale: str) -> Sequence[tuple[str, str]]:
        """Return what the contact was asked, as (question, answer) to read."""

    def topic(self, slug: str, locale: str) -> str:
        """Name a topic."""

    def language(self, locale: str, reader: str) -> str:
        """Name a language in the reader's language."""

    def line_text(self, line: CaseLine, locale: str) -> str:
        """Say what a system line means: "Lucía took the case"."""

    def entry_title(self, city: str, entry_id: str, locale: str) -> str:
        """Return the title of an entry."""
