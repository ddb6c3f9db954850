"""The people's half of the desk's store: each method one unit of work, or two where reading mostly suffices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.cases import Profile, Staff, WakeBy
from bot.model import ContactRef, Message
from bot.records import AuditLine, CaseFigure, Confirmed, OpenSession, Report
from bot.store import audit, codes, deeds, erase, figures, files, groups, logins, people, reports, reviews, waking
from bot.store.database import Database, micros
from bot.store.desk import LOGIN_MINUTES, Group, GroupTopic
from bot.store.worker import Units


class PeopleMethods:
    """Staff, logins, waking, files, groups, reports, figures and audit; see DeskStore for what each method promises."""

    _worker: Units

    # ------------------------------------------------------------ people

    async def invite(self, profile: Profile) -> tuple[str, str]:
        """Prepare a staff member; returns (code, staff id)."""
        return await self._worker.write(lambda db: codes.invite(db, profile))

    async def renew(self, staff_id: str, *, minutes: int = LOGIN_MINUTES) -> str | None:
        """Return a login code for somebody who is staff."""
        return await self._worker.write(lambda db: codes.renew(db, staff_id, minutes))

    async def staff_of_email(self, email: str) -> Staff | None:
        """Return the staff member with this e-mail address."""
        return await self._worker.read(lambda db: people.of_email(db, email))

    async def redeem(self, code: str) -> Staff | None:
        """Use a code up on the web; returns whose it is."""
        return await self._worker.write(lambda db: codes.redeem(db, code))

    async def team(self, city: str | None = None) -> tuple[Staff, ...]:
        """Return everybody who is staff now."""
        return await self._worker.read(lambda db: people.team(db, city))

    async def staff_member(self, staff_id: str) -> Staff | None:
        """Return somebody who is staff now."""
        return await self._worker.read(lambda db: people.load(db, staff_id))

    async def staff_of(self, contact: ContactRef) -> Staff | None:
        """Return the staff member whose private chat this is."""
        return await self._worker.read(lambda db: people.of_contact(db, contact))

    async def set_duty(
        self, staff_id: str, *, is_available: bool, away_until: datetime | None = None, substitute: str | None = None
    ) -> None:
        """Note whether somebody is on duty."""
        until = None if away_until is None else micros(away_until)
        await self._worker.write(
            lambda db: people.set_duty(db, staff_id, is_available=is_available, away_until_us=until, substitute=substitute)
        )

    async def set_wake(self, staff_id: str, wake_by: WakeBy, email: str | None = None) -> None:
        """Note how somebody is woken."""
        await self._worker.write(lambda db: people.set_wake(db, staff_id, wake_by, email))

    async def set_profile(self, staff_id: str, profile: Profile) -> None:
        """Change what somebody may do."""
        await self._worker.write(lambda db: people.set_profile(db, staff_id, profile))

    async def remove_staff(self, staff_id: str) -> tuple[str, ...]:
        """End somebody's work here; returns the contacts to wake."""
        return await self._worker.write(lambda db: _remove_staff(db, staff_id))

    async def seen(self, staff_id: str) -> None:
        """Note a sign of life."""
        await self._worker.write(lambda db: people.seen(db, staff_id))

    async def open_session(self, staff_id: str, device: str) -> str:
        """Begin a login; returns the token."""
        return await self._worker.write(lambda db: logins.start(db, staff_id, device))

    async def session(self, token: str) -> OpenSession | None:
        """Return the login of a token and note its use, at most once a minute."""
        found, is_due = await self._worker.read(lambda db: logins.find(db, token))
        if found is not None and is_due:
            await self._worker.write(lambda db: logins.note_use(db, found.id))
        return found

    async def sessions(self, staff_id: str) -> tuple[OpenSession, ...]:
        """Return somebody's logins, newest first."""
        return await self._worker.read(lambda db: logins.of_staff(db, staff_id))

    async def end_session(self, staff_id: str, session_id: str) -> None:
        """End one of somebody's logins."""
        await self._worker.write(lambda db: logins.end(db, staff_id, session_id))

    # ------------------------------------------------------------ waking

    async def wake(self, number: int, staff_id: str, stage: str, message: Message) -> bool:
        """Tell a staff member of a case, once per stage and round of waiting."""
        return await self._worker.write(lambda db: waking.wake(db, number, staff_id, stage, message))

    async def woken(self, number: int) -> Mapping[tuple[str, str], datetime]:
        """Return who was told in which stage of this round, and when."""
        return await self._worker.read(lambda db: waking.woken(db, number))

    async def woken_now(self) -> Mapping[int, frozenset[str]]:
        """Return, by open case, who was told of it in its present round."""
        return await self._worker.read(waking.woken_now)

    async def write_to(self, staff_id: str, message: Message, *, by: WakeBy | None = None, once: str) -> bool:
        """Send a staff member a message of no case, once per `once`."""
        return await self._worker.write(lambda db: waking.write_to(db, staff_id, message, by, once))

    # ------------------------------------------------------------ files

    async def add_file(self, number: int, content: bytes) -> str:
        """Keep a file of a case; returns its id."""
        return await self._worker.write(lambda db: files.add(db, number, content))

    async def file(self, file_id: str) -> tuple[int, bytes] | None:
        """Return the case number and content of a file."""
        return await self._worker.read(lambda db: files.find(db, file_id))

    # ------------------------------------------------------------ groups on Telegram

    async def link_code(self, city: str) -> str:
        """Return a code that links a group to a city."""
        return await self._worker.write(lambda db: codes.link(db, city))

    async def link_group(self, contact: ContactRef, code: str) -> str | None:
        """Link a group; returns the city."""
        return await self._worker.write(lambda db: groups.link(db, contact, code))

    async def unlink_group(self, contact: ContactRef) -> None:
        """Forget a group."""
        await self._worker.write(lambda db: groups.unlink(db, contact))

    async def move_group(self, contact: ContactRef, to: ContactRef) -> None:
        """Follow a linked group to its new address."""
        await self._worker.write(lambda db: groups.move(db, contact, to))

    async def groups(self) -> tuple[Group, ...]:
        """Return the linked groups."""
        return await self._worker.read(groups.linked)

    async def group_topics(self, contact_id: str) -> tuple[GroupTopic, ...]:
        """Return how far a group knows which cases."""
        return await self._worker.read(lambda db: groups.topics(db, contact_id))

    async def post(self, contact_id: str, number: int, upto: int, messages: Sequence[Message]) -> None:
        """Send messages to a group and note how far it knows the case."""
        await self._worker.write(lambda db: groups.post(db, contact_id, number, upto, messages))

    async def waiting_posts(self, contact_id: str) -> int:
        """Return how many posts to a group are not out yet."""
        return await self._worker.read(lambda db: groups.waiting_posts(db, contact_id))

    async def topic(self, contact: ContactRef, number: int) -> int | None:
        """Return the topic of a case in a group."""
        return await self._worker.read(lambda db: groups.topic(db, contact, number))

    async def set_topic(self, contact: ContactRef, number: int, topic_id: int | None) -> None:
        """Note the topic of a case in a group, or that it is gone."""
        await self._worker.write(lambda db: groups.set_topic(db, contact, number, topic_id))

    async def case_of_topic(self, contact: ContactRef, topic_id: int) -> int | None:
        """Return the case a topic belongs to."""
        return await self._worker.read(lambda db: groups.case_of_topic(db, contact, topic_id))

    async def posted(self, contact_id: str, number: int) -> tuple[int, ...]:
        """Return the lines of a case that a group has a message for."""
        return await self._worker.read(lambda db: groups.posted(db, contact_id, number))

    async def line_of_post(self, contact: ContactRef, platform_id: str) -> tuple[int, int] | None:
        """Return (case number, line id) of a message in a group or private chat."""
        return await self._worker.read(lambda db: groups.line_of_post(db, contact, platform_id))

    async def set_post(self, contact: ContactRef, platform_id: str, number: int, line: int) -> None:
        """Note which message of a group became which case line."""
        await self._worker.write(lambda db: groups.set_post(db, contact, platform_id, number, line))

    # ------------------------------------------------------------ reports, figures, audit

    async def reports(self) -> tuple[Report, ...]:
        """Return the open reports on answers, oldest first."""
        return await self._worker.read(reports.unresolved)

    async def resolve(self, report_id: int, staff_id: str) -> None:
        """Close a report and all others on the same entry and language."""
        await self._worker.write(lambda db: reports.resolve(db, report_id, staff_id))

    async def confirmations(self, after: int = 0) -> tuple[Confirmed, ...]:
        """Return what people found right, above an id."""
        return await self._worker.read(lambda db: reviews.confirmed_after(db, after))

    async def case_figures(self) -> tuple[CaseFigure, ...]:
        """Return the figures of the desk."""
        return await self._worker.read(figures.all_of)

    async def note(self, actor: str, deed: str, number: int = 0, detail: str = "") -> None:
        """Add a line to the audit."""
        await self._worker.write(lambda db: audit.note(db, actor, deed, number, detail))

    async def audit(self) -> tuple[AuditLine, ...]:
        """Return the audit, oldest first."""
        return await self._worker.read(audit.lines)

    async def verify_audit(self) -> int | None:
        """Return the id of the first line that does not follow from the one before."""
        return await self._worker.read(audit.verify)


def _remove_staff(db: Database, staff_id: str) -> tuple[str, ...]:
    wake = [contact_id for number in people.claimed_by(db, staff_id) for contact_id in deeds.give_back(db, number, "away")]
    erase.staff(db, staff_id)
    return tuple(dict.fromkeys(wake))
