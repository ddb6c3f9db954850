"""DeskService: all that the desks ask for, with the right to each of it, and the loops that keep the desk going."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from bot.alarms import Notice
from bot.cases import (
    TALKING,
    AddNote,
    Attachment,
    Case,
    CaseKind,
    Claim,
    Close,
    Correct,
    Deed,
    Done,
    MediaKind,
    Profile,
    Refused,
    Reply,
    ReportEntry,
    SendEntry,
    Staff,
    WakeBy,
    in_house,
    is_fit,
    may_answer,
    may_lead,
    may_see,
)
from bot.channels.desk.host import Board, Login
from bot.desk import answers
from bot.desk.board import Desk, board_of, is_helper
from bot.desk.gaps import Gaps, Grow
from bot.desk.groups import GroupHandler
from bot.desk.judged import Judged
from bot.desk.profiles import fault_of
from bot.desk.reading import Translate, Translations
from bot.desk.relay import Relay
from bot.desk.rights import LEADS, are_colleagues, is_of, may_read, may_remove
from bot.desk.rules import DeskRules, invitation, web_link
from bot.desk.sweep import Sweeper
from bot.desk.words import DeskWords
from bot.dialogue.context import Flag
from bot.errors import StoreError
from bot.gaps import FEWEST
from bot.knowledge.sure import Confirmations
from bot.logs import describe
from bot.model import MAX_TEXT, City, Message
from bot.records import AuditLine, CaseFigure, CaseLine, Confirmed, Gap, OpenSession, ReadyAnswer, Report
from bot.store import Decision, Snapshot
from bot.store.desk import Acted, DeskStore

log = logging.getLogger(__name__)

LOOK_S: Final = 2.0  # how often changes of other processes are looked for
GATHER_S: Final = 0.1  # what others change within so long is looked at together
SWEEP_S: Final = 5.0
RELAY_S: Final = 3.0  # what happens meanwhile goes into one post
TRANSLATE_S: Final = 3.0  # a reply waits no longer for its translation
PRACTICE_S: Final = 1.5  # before a simulated contact answers


WriteConfirmed = Callable[[Sequence[Confirmed]], Awaitable[None]]


class DeskService:
    """Implements DeskHost, hears of changed cases, and handles the events of desk groups; see bot.channels.desk.host."""

    def __init__(
        self,
        store: DeskStore,
        words: DeskWords,
        clock: Callable[[], datetime],
        rules: DeskRules,
        *,
        wake: Callable[[Sequence[str]], None],
        fetch: Callable[[Attachment], Awaitable[bytes]],
        translate: Translate,
        bot_name: Callable[[], Awaitable[str]],
        split: Callable[[Message], Sequence[Message]],
        stamp: WriteConfirmed | None = None,
        grow: Grow | None = None,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make the service.

        `wake` handles contacts whose inbox got something; `fetch` gets the content of a file; `bot_name` is the bot's name on Telegram, ""
        where there is none; `split` cuts a message into what the channel of desk groups can carry; `stamp` writes confirmations into the
        knowledge files, `grow` kept questions, where that can be done. `leads`: of several processes, this is the one that sweeps and tells
        the groups."""
        self._store, self._words, self._clock, self._rules = store, words, clock, rules
        self._wake, self._fetch, self._translate, self._bot_name = wake, fetch, translate, bot_name
        self._desk = Desk(store)
        self._translations = Translations(translate)
        self._sweeper = Sweeper(store, self._desk, words, rules, wake)
        self._relay = Relay(store, self._desk, words, self._translations, split)
        self._groups = GroupHandler(store, words, self.act, split)
        self._in_groups = asyncio.Lock()  # what a member writes is noted as theirs before the relay looks
        self._loops: list[asyncio.Task[None]] = []
        self._later: set[asyncio.Task[None]] = set()
        self._judged, self._stamp = Judged(store), stamp
        self._gaps = Gaps(store, words, grow)
        self._leads = leads
        self._heard = asyncio.Event()
        self._heard.set()  # the first look is due at once

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Begin to look, sweep and relay."""
        self._loops = [
            asyncio.create_task(self._every(GATHER_S, self._look_in_time)),
            asyncio.create_task(self._every(SWEEP_S, self.sweep)),
            asyncio.create_task(self._every(RELAY_S, self.relay)),
        ]

    async def stop(self) -> None:
        """End the loops; whatever they were at is done again after the next start."""
        for task in (*self._loops, *self._later):
            task.cancel()
        await asyncio.gather(*self._loops, *self._later, return_exceptions=True)
        self._loops = []

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except StoreError as error:
                log.error("the desk waits for the database: %s", error)
            except Exception as error:  # the outermost boundary of a round: the next one comes all the same
                log.error("a round of the desk failed: %s", describe(error))
            await asyncio.sleep(seconds)

    async def look(self) -> None:
        """Notice what changed without our doing, and which answers were called wrong."""
        await self._desk.look()
        state = await self._desk.state()
        await self._judged.look(state.reports)
        self._translations.keep_only(state.by_number)

    async def _look_in_time(self) -> None:
        """Look every LOOK_S seconds, and at once when another process has changed something."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._heard.wait()
        self._heard.clear()
        await self.look()

    def heard(self) -> None:
        """Hear that another process may have changed something."""
        self._heard.set()

    async def sweep(self) -> None:
        """Wake, return, offer and remind as is due now."""
        if not self._leads():
            return
        await self._sweeper.sweep(self._clock())

    async def relay(self) -> None:
        """Tell the desk groups what changed."""
        if not self._leads():
            return
        async with self._in_groups:
            await self._relay.tell(self._clock())

    # ------------------------------------------------------------ for ConversationService

    def noticed(self, numbers: Sequence[int]) -> None:
        """Hear that cases changed in a turn of a conversation."""
        if numbers:
            self._desk.watch.note()

    async def handle_group(self, snapshot: Snapshot) -> Decision:
        """Handle what waits from a desk group."""
        async with self._in_groups:
            return await self._groups.handle(snapshot)

    def flags(self) -> Mapping[tuple[str, str], Flag]:
        """Return the answers, by (city, entry id), that somebody of the desk called wrong and nobody has looked at yet."""
        return self._judged.flags

    def confirmations(self) -> Confirmations:
        """Return what people of the cities have found right in their chats."""
        return self._judged.confirmations

    async def judged(self, confirmed: Sequence[Confirmed]) -> None:
        """Hear that somebody found answers right in a turn, or (none) called one wrong; it counts from now on, and goes into the files."""
        try:
            await self.look()
        except StoreError as error:
            log.error("the desk waits for the database: %s", error)
        if confirmed and self._stamp:
            self._spawn(self._stamp(confirmed))

    async def knowledge_refused(self, fault: str) -> None:
        """Tell every admin, once a day for each fault, that changed knowledge files are not used, and why."""
        once = f"refused:{sha256(fault.encode()).hexdigest()[:16]}:{self._clock():%Y%m%d}"
        for staff in await self._store.team():
            if staff.profile.role == "admin":
                await self._store.write_to(staff.id, self._words.faulty(fault, staff.profile.city), once=once)

    def words_of_alarm(self, notice: Notice) -> Message:
        """Say it to whoever runs us, who need not be staff."""
        return self._words.alarm(notice)

    async def alarmed(self, notice: Notice, *, by_email: bool) -> None:
        """Tell every admin by the way they chose, and `by_email` as well where they have given an address; once an hour for each kind."""
        once = f"alarm:{notice.kind}:{'over' if notice.is_over else 'on'}:{self._clock():%Y%m%d%H}"
        for staff in await self._store.team():
            if staff.profile.role == "admin":
                message = self._words.alarm(notice, staff.profile.city)
                await self._store.write_to(staff.id, message, once=once)
                if by_email and staff.has_email and staff.has_telegram and staff.wake_by != "email":
                    await self._store.write_to(staff.id, message, by="email", once=f"{once}:email")

    # ------------------------------------------------------------ logging in

    async def redeem(self, code: str, device: str) -> tuple[Staff, str] | None:
        """Use a code up; returns who it is and the token of the new login."""
        staff = await self._store.redeem(code)
        if staff is None:
            return None
        self._desk.watch.note()
        return staff, await self._store.open_session(staff.id, device)

    async def login_of(self, token: str) -> Login | None:
        """Return whose login a token is."""
        session = await self._store.session(token)
        staff = await self._store.staff_member(session.staff_id) if session else None
        return Login(staff, session) if staff and session else None

    async def ask_login(self, email: str) -> None:
        """Send a login link to this address if it is a staff member's, at most once a minute."""
        staff = await self._store.staff_of_email(email)
        code = await self._store.renew(staff.id) if staff else None
        if staff and code:
            message = self._words.login(web_link(self._rules.public_url, code), staff.profile.city)
            await self._store.write_to(staff.id, message, by="email", once=f"login:{int(self._clock().timestamp()) // 60}")

    async def end_session(self, login: Login, session_id: str) -> None:
        """End one of one's own logins."""
        await self._store.end_session(login.staff.id, session_id)

    async def sessions(self, login: Login) -> Sequence[OpenSession]:
        """Return one's own logins."""
        return await self._store.sessions(login.staff.id)

    # ------------------------------------------------------------ the queue and the cases

    async def changed(self, since: int) -> int:
        """Wait until something changed at the desk; returns the version."""
        return await self._desk.watch.wait(since)

    async def board(self, staff: Staff) -> Board:
        """Return what somebody's queue shows."""
        state = await self._desk.state()
        asked = await self._store.offers(staff.id) if is_helper(staff) else ()
        return board_of(staff, state, self._desk.offered(state, self._clock()), asked)

    async def case(self, staff: Staff, number: int) -> Case | None:
        """Return a case somebody may see."""
        known = (await self._desk.state()).by_number.get(number)
        case = known or await self._store.case(number)
        return case if case and (may_see(staff, case) or await self._is_asked(staff, number)) else None

    async def is_barred(self, staff: Staff, number: int) -> bool:
        """Tell whether a case is of a kind that a peer may never have."""
        case = (await self._desk.state()).by_number.get(number) or await self._store.case(number)
        return case is not None and staff.profile.role == "peer" and in_house(staff, case) and not is_fit(staff, case)

    async def _is_asked(self, staff: Staff, number: int) -> bool:
        """Say whether somebody is asked to take this very case."""
        return is_helper(staff) and any(case.number == number for case in await self._store.offers(staff.id))

    async def lines(self, staff: Staff, number: int, after: int = 0, since: datetime | None = None) -> Sequence[CaseLine] | None:
        """Return the lines of a case somebody may see, with translations for who reads in the language of the city."""
        case = await self.case(staff, number)
        if case is None or not may_see(staff, case):
            return None
        if not may_read(staff, case):
            return ()
        found = await self._store.lines(number, after, reader=staff.id, since=since)
        return await self._translations.read(found, self._words.read_in(case.city))

    async def act(self, staff: Staff, number: int, deed: Deed, key: str) -> Done | Refused:
        """Do something with a case; what is written is translated first, where that is to be had soon."""
        if isinstance(deed, (Reply, Correct)) and len(deed.text) > MAX_TEXT:
            return Refused("too-long")
        if isinstance(deed, Reply) and deed.attachment and not await self._belongs(deed.attachment, number):
            return Refused("not-allowed")
        acted = await self._store.do(staff.id, number, await self._translated(staff, number, deed), key=key)
        self._follow(acted)
        if isinstance(acted.result, Done) and not acted.result.repeated:
            await self._after(staff, acted.result.case, deed)
        return acted.result

    def _follow(self, acted: Acted) -> None:
        """Let contacts and pages hear what was done."""
        if isinstance(acted.result, Done):
            self._desk.watch.note()
            self._wake(acted.wake)

    async def _after(self, staff: Staff, case: Case, deed: Deed) -> None:
        """Who takes a case is there; a report shows at once; a simulated contact answers."""
        if isinstance(deed, Claim) and staff.is_away(self._clock()):
            await self._store.set_duty(staff.id, is_available=True)
        if isinstance(deed, ReportEntry):
            await self.look()
        if case.practice_for is not None and isinstance(deed, (Reply, SendEntry)):
            self._spawn(self._play(case.number))
        if case.practice_for is not None and isinstance(deed, Close):
            told = self._words.feedback(case, await self._store.lines(case.number))
            self._follow(await self._store.do(staff.id, case.number, AddNote(told), key="feedback"))

    async def _belongs(self, attachment: Attachment, number: int) -> bool:
        """Say whether a file that is to be sent was kept for this very case (or lies on a platform)."""
        place, _colon, key = attachment.ref.partition(":")
        found = await self._store.file(key) if place == "store" else None
        return place != "store" or (found is not None and found[0] == number)

    async def answer_offer(self, staff: Staff, number: int, *, accepts: bool) -> Done | Refused:
        """Accept or decline a pool case one was asked about."""
        acted = await self._store.answer_offer(staff.id, number, accepts=accepts)
        self._follow(acted)
        return acted.result

    # ------------------------------------------------------------ translating

    async def _translated(self, staff: Staff, number: int, deed: Deed) -> Deed:
        """Add the translation to what is written to a contact in another language."""
        if not isinstance(deed, (Reply, Correct)) or deed.translated is not None or not deed.text.strip():
            return deed
        case = (await self._desk.state()).by_number.get(number) or await self._store.case(number)
        if case is None:
            return deed
        deed = replace(deed, locale=deed.locale or self._words.language_of(deed.text, staff, case))
        if deed.locale.partition("-")[0] == case.locale.partition("-")[0]:
            return deed
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TRANSLATE_S):
                return replace(deed, translated=await self._translate(deed.text, deed.locale, case.locale))
        return deed

    # ------------------------------------------------------------ ready answers, places, files

    async def answers(self, staff: Staff, number: int, query: str, locale: str) -> Sequence[ReadyAnswer]:
        """Find knowledge entries by words in the advisor's language."""
        case = await self.case(staff, number)
        if case is None:
            return ()
        found = answers.find(query, locale, case, self._words.context())
        hidden = {entry_id for (city, entry_id), flag in self.flags().items() if city == case.city and flag == "hidden"}
        shown = [self._words.ready(entry, case, locale) for entry in found if entry.id not in hidden]
        return [answer for answer in shown if answer is not None]

    async def places(self, staff: Staff, number: int, locale: str) -> Sequence[tuple[str, str]]:
        """Return offices for the case's topic that are open now."""
        case = await self.case(staff, number)
        return self._words.open_places(case, self._clock(), locale) if case else ()

    async def add_file(
        self, staff: Staff, number: int, kind: MediaKind, name: str, media_type: str, content: bytes
    ) -> Attachment | Refused:
        """Keep a file that is to be sent with a Reply."""
        case = await self.case(staff, number)
        if case is None or not may_answer(staff, case):
            return Refused("not-allowed" if case else "gone")
        return Attachment(kind, f"store:{await self._store.add_file(number, content)}", name, media_type, len(content))

    async def file(self, staff: Staff, number: int, line: int) -> tuple[Attachment, bytes] | None:
        """Return the file of a line somebody may see."""
        case = await self.case(staff, number)
        if case is None or not may_see(staff, case) or not may_read(staff, case):
            return None
        lines = await self._store.lines(number, line - 1, reader=staff.id)
        found = next((each.message.attachment for each in lines if each.id == line and each.message), None)
        return (found, await self._fetch(found)) if found else None

    async def export(self, staff: Staff, number: int, locale: str) -> str | None:
        """Return a transcript, for who has the case and for leads."""
        case = await self.case(staff, number)
        if case is None or not (case.advisor == staff.id or may_lead(staff, case)):
            return None
        return self._words.transcript(case, await self._store.export(number, staff.id), locale)

    # ------------------------------------------------------------ oneself

    async def set_duty(self, staff: Staff, *, is_available: bool, away_until: datetime | None, substitute: str | None) -> Staff:
        """Say that one is there or away."""
        await self._store.set_duty(staff.id, is_available=is_available, away_until=away_until, substitute=substitute)
        return await self._anew(staff)

    async def set_wake(self, staff: Staff, wake_by: WakeBy, email: str | None) -> Staff:
        """Choose how to be woken."""
        await self._store.set_wake(staff.id, wake_by, email)
        return await self._anew(staff)

    async def _anew(self, staff: Staff) -> Staff:
        self._desk.watch.note()
        return await self._store.staff_member(staff.id) or staff

    async def seen(self, staff: Staff) -> None:
        """Note a sign of life of an open page."""
        await self._store.seen(staff.id)

    # ------------------------------------------------------------ practice

    async def practise(self, staff: Staff, kind: CaseKind, locale: str) -> int:
        """Begin a practice case."""
        case, opening = self._words.practice(staff, kind if kind in TALKING else "advice", locale, self._clock())
        number = await self._store.start_practice(staff.id, case, opening)
        self._desk.watch.note()
        return number

    async def _play(self, number: int) -> None:
        """Let the simulated contact answer, after a moment."""
        await asyncio.sleep(PRACTICE_S)
        with contextlib.suppress(StoreError):  # the case may be over
            case = await self._store.case(number)
            lines = await self._store.lines(number)
            message = self._words.practice_answer(case, lines) if case and case.is_open else None
            if message is not None:
                await self._store.add_practice_line(number, message)
                self._desk.watch.note()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    # ------------------------------------------------------------ for leads and admins

    async def team(self, staff: Staff) -> Sequence[Staff]:
        """Return the colleagues a case can go to, and for a substitute."""
        return [other for other in await self._store.team() if are_colleagues(staff, other)]

    async def invite(self, staff: Staff, profile: Profile) -> Mapping[str, str] | Refused:
        """Invite somebody into one's own city (and organisation)."""
        own = staff.profile
        profile = replace(profile, organisation=own.organisation or profile.organisation)
        if own.role not in LEADS or (own.city and own.city != profile.city) or fault_of(profile, self._words.context().knowledge):
            return Refused("not-allowed")
        if profile.role == "admin" and (own.role != "admin" or (own.city and not profile.city)):
            return Refused("not-allowed")
        code, other = await self._store.invite(profile)
        await self._store.note(staff.id, "invited", 0, f"{profile.role} {other}")
        return invitation(self._rules.public_url, await self._bot_name(), code, profile.role)

    async def remove_staff(self, staff: Staff, other: str) -> bool:
        """End somebody's work here; nobody removes themselves, and only admins remove admins."""
        found = await self._store.staff_member(other)
        if staff.profile.role not in LEADS or found is None or found.id == staff.id or not may_remove(staff, found):
            return False
        self._wake(await self._store.remove_staff(other))
        await self._store.note(staff.id, "removed", 0, other)
        self._desk.watch.note()
        return True

    async def figures(self, staff: Staff) -> Sequence[CaseFigure]:
        """Return the figures of one's city; only admins see those of fewer than FEWEST, which might tell of a single person."""
        found = await self._store.case_figures() if staff.profile.role in LEADS else ()
        is_admin = staff.profile.role == "admin"
        return [figure for figure in found if is_of(staff, figure.city) and (is_admin or figure.n >= FEWEST)]

    async def reports(self, staff: Staff) -> Sequence[Report]:
        """Return the open reports on answers of one's city."""
        found = await self._store.reports() if staff.profile.role in LEADS else ()
        return [report for report in found if is_of(staff, report.city)]

    async def resolve(self, staff: Staff, report_id: int) -> bool:
        """Close a report of one's city."""
        if not any(report.id == report_id for report in await self.reports(staff)):
            return False
        await self._store.resolve(report_id, staff.id)
        self._desk.watch.note()
        await self.look()
        return True

    async def gaps(self, staff: Staff) -> Sequence[Gap]:
        """Return what people of one's city asked in vain."""
        return await self._gaps.seen(staff)

    async def dismiss_gap(self, staff: Staff, ids: Sequence[int]) -> int | Refused:
        """Take questions off that list."""
        return await self._gaps.dismiss(staff, ids)

    async def add_gap(self, staff: Staff, ids: Sequence[int], entry_id: str) -> int | Refused:
        """Write questions into the knowledge."""
        return await self._gaps.add(staff, ids, entry_id)

    async def audit(self, staff: Staff) -> Sequence[AuditLine]:
        """Return the audit, for admins of every city."""
        return await self._store.audit() if staff.profile.role == "admin" else ()

    # ------------------------------------------------------------ words

    def city(self, slug: str) -> City | None:
        """Return a city by its slug."""
        return self._words.cities().get(slug)

    def pseudonym(self, case: Case, locale: str) -> str:
        """Name a contact for staff."""
        return self._words.pseudonym(case, locale)

    def summary(self, case: Case, locale: str) -> str:
        """Sum a case up in half a line."""
        return self._words.summary(case, locale)

    def facts(self, case: Case, locale: str) -> Sequence[tuple[str, str]]:
        """Return what the contact was asked."""
        return self._words.facts(case, locale)

    def topic(self, slug: str, locale: str) -> str:
        """Name a topic."""
        return self._words.topic(slug, locale)

    def language(self, locale: str, reader: str) -> str:
        """Name a language."""
        return self._words.language(locale, reader)

    def line_text(self, line: CaseLine, locale: str) -> str:
        """Say what a system line means."""
        return self._words.line_text(line, locale)

    def entry_title(self, city: str, entry_id: str, locale: str) -> str:
        """Return the title of an entry."""
        return self._words.entry_title(city, entry_id, locale)
