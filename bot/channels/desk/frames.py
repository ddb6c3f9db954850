"""What the pages of the desk are told, as JSON: people, cases, lines, answers. Texts stay texts: nothing here is markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pydantic import JsonValue

from bot.cases import POOL, Case, Profile, Staff, may_answer, may_claim, may_lead
from bot.channels.desk.host import Board, DeskHost
from bot.channels.web.frames import attachment_json, message_frame
from bot.model import City, Message, direction_of
from bot.records import AuditLine, CaseFigure, CaseLine, Gap, OpenSession, ReadyAnswer, Report

Json = dict[str, JsonValue]
LEADS = ("lead", "admin")
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told, and in which language."""

    host: DeskHost
    staff: Staff
    locale: str
    service_name: str


def iso(at: datetime | date | None) -> str | None:
    """Write a time or a day."""
    return at.isoformat() if at is not None else None


# ---------------------------------------------------------------- names


def language_json(host: DeskHost, tag: str, locale: str) -> Json:
    """Name a language by itself and for the reader."""
    own = host.language(tag, tag)  # stands alone, so it begins as a title does, also where the language itself writes it small
    return {"tag": tag, "name": own[:1].upper() + own[1:], "reader_name": host.language(tag, locale), "dir": direction_of(tag)}


def _language_or_none(host: DeskHost, tag: str, locale: str) -> Json | None:
    return language_json(host, tag, locale) if tag else None


def _named(slug: str, name: str) -> Json:
    return {"slug": slug, "name": name}


def _name_in(city: City, names: dict[str, str], locale: str, slug: str) -> str:
    return names.get(locale) or names.get(city.host_language) or next(iter(names.values()), slug)


def city_json(host: DeskHost, slug: str, locale: str) -> Json:
    """Name a city."""
    city = host.city(slug)
    return _named(slug, _name_in(city, dict(city.names), locale, slug) if city else slug)


def topic_json(host: DeskHost, slug: str, locale: str) -> Json:
    """Name a topic."""
    return _named(slug, host.topic(slug, locale))


def area_json(host: DeskHost, city_slug: str, slug: str, locale: str) -> Json:
    """Name a district or a town around."""
    city = host.city(city_slug)
    area = city.areas.get(slug) if city else None
    return _named(slug, _name_in(city, dict(area.names), locale, slug) if city and area else slug)


def organisation_json(host: DeskHost, city_slug: str, slug: str) -> Json:
    """Name an organisation."""
    city = host.city(city_slug)
    found = city.organisations.get(slug) if city else None
    return _named(slug, found.name if found else slug)


# ---------------------------------------------------------------- people


def _profile_json(host: DeskHost, profile: Profile, locale: str) -> Json:
    city, organisation = profile.city, profile.organisation
    return {
        "name": profile.name,
        "role": profile.role,
        "city": city_json(host, city, locale) if city else None,
        "organisation": organisation_json(host, city, organisation) if organisation else None,
        "languages": [language_json(host, tag, locale) for tag in profile.languages],
        "topics": [topic_json(host, slug, locale) for slug in profile.topics],
        "areas": [area_json(host, city, slug, locale) for slug in profile.areas],
    }


def me_json(reader: Reader, practice_languages: Sequence[str]) -> Json:
    """Tell somebody what we hold about them."""
    staff, host, locale = reader.staff, reader.host, reader.locale
    return {
        "id": staff.id,
        **_profile_json(host, staff.profile, locale),
        "is_available": staff.is_available,
        "away_until": iso(staff.away_until),
        "substitute": staff.substitute,
        "wake_by": staff.wake_by,
        "has_telegram": staff.has_telegram,
        "has_email": staff.has_email,
        "is_lead": staff.profile.role in LEADS,
        "is_admin": staff.profile.role == "admin",
        "practice_languages": [language_json(host, tag, locale) for tag in practice_languages],
    }


def colleague_json(reader: Reader, other: Staff, now: datetime) -> Json:
    """Tell of a colleague; how to reach them and when they were last seen is for leads."""
    shown: Json = {
        "id": other.id,
        **_profile_json(reader.host, other.profile, reader.locale),
        "is_away": other.is_away(now),
        "away_until": iso(other.away_until),
    }
    if reader.staff.profile.role in LEADS:
        shown |= {"reachable": other.is_reachable(), "seen_at": iso(other.seen_at)}
    return shown


def session_json(session: OpenSession, current: str) -> Json:
    """Tell somebody of one of their logins."""
    opened, seen = iso(session.opened_at), iso(session.seen_at)
    return {"id": session.id, "device": session.device, "opened_at": opened, "seen_at": seen, "current": session.id == current}


# ---------------------------------------------------------------- cases


def _shared_row(host: DeskHost, case: Case, locale: str) -> Json:
    """Write what everybody who may see a case sees of it in a list."""
    return {
        "number": case.number,
        "version": case.version,
        "kind": case.kind,
        "state": case.state,
        "pseudonym": host.pseudonym(case, locale),
        "language": language_json(host, case.locale, locale),
        "wanted_language": _language_or_none(host, case.language, locale),
        "city": city_json(host, case.city, locale),
        "topic": topic_json(host, case.topic, locale),
        "area": area_json(host, case.city, case.area, locale) if case.area else None,
        "summary": host.summary(case, locale),
        "priority": case.priority,
        "practice": case.practice_for is not None,
        "opened_at": iso(case.opened_at),
        "waiting_since": iso(case.waiting_since),
        "claimed_at": iso(case.claimed_at),
        "closed_at": iso(case.closed_at),
        "contact_at": iso(case.contact_at),
        "advisor_at": iso(case.advisor_at),
        "waits": case.waits_for_advisor,
        "advisor_name": case.advisor_name,
        "agreed": case.agreed,
        "when": iso(case.when),
        "outcome": case.outcome,
        "helped": case.helped,
        "reopened": case.reopened,
    }


def _personal(staff: Staff, case: Case, *, offered: bool, asked: bool) -> Json:
    """Write what a case is to one person."""
    can: Json = {
        "claim": may_claim(staff, case),
        "answer": may_answer(staff, case) and (case.agreed or case.kind not in POOL),
        "lead": case.is_open and may_lead(staff, case),
        "reopen": not case.is_open and (case.advisor == staff.id or may_lead(staff, case)),
    }
    return {"mine": case.advisor == staff.id and case.is_open, "offered": offered, "asked": asked, "can": can}


class Rows:
    """Rows of the list as everybody sees them, written once for all pages that read the same language."""

    MOST = 2000  # cases kept per language

    def __init__(self, host: DeskHost, clock: Callable[[], datetime]) -> None:
        self._host, self._clock = host, clock
        self._kept: dict[str, dict[int, tuple[Case, date, Json]]] = {}

    def row(self, case: Case, locale: str) -> Json:
        """Return the row of a case; the very same one while nothing of it changed. A summary counts days, so each day begins anew."""
        kept, today = self._kept.setdefault(locale, {}), self._clock().date()
        known, day, row = kept.get(case.number, (None, today, {}))
        if known is case and day == today:
            return row
        if known != case or day != today:
            row = _shared_row(self._host, case, locale)
        if len(kept) >= self.MOST:
            kept.clear()
        kept[case.number] = (case, today, row)  # this very object comes again from every page that looks at this version
        return row


def case_json(reader: Reader, case: Case, board: Board) -> Json:
    """Write all that a reader may know of a case."""
    host, locale = reader.host, reader.locale
    asked = any(other.number == case.number for other in board.asked)
    more: Json = {
        "place": case.place,
        "facts": [[question, answer] for question, answer in host.facts(case, locale)],
        "entry": {"id": case.entry_id, "title": host.entry_title(case.city, case.entry_id, locale)} if case.entry_id else None,
        "passing_to": organisation_json(host, case.city, case.passing_to) if case.passing_to else None,
        "passing_why": case.passing_why,
    }
    personal = _personal(reader.staff, case, offered=case.number in board.offered, asked=asked)
    return _shared_row(host, case, locale) | personal | more


class BoardView:
    """What one page was last sent of its board."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._sent: dict[int, tuple[Json, bool, bool, Profile]] = {}
        self._order: Json = {}

    def whole(self, staff: Staff, board: Board, locale: str) -> Json:
        """Write the whole board."""
        changed, _gone, _moved = self._take(staff, board, locale)
        return {"type": "board", "cases": list(changed), "order": self._order}

    def changes(self, staff: Staff, board: Board, locale: str) -> Json | None:
        """Write what differs from what was sent before; None where nothing does."""
        changed, gone, moved = self._take(staff, board, locale)
        if not (changed or gone or moved):
            return None
        return {"type": "cases", "changed": list(changed), "gone": list[JsonValue](gone), "order": self._order}

    def _take(self, staff: Staff, board: Board, locale: str) -> tuple[list[Json], list[int], bool]:
        """Note what is shown now; returns the rows that changed, the numbers that are gone, and whether anything moved."""
        asked = {case.number for case in board.asked}
        shown: dict[int, tuple[Json, bool, bool, Profile]] = {}
        changed: list[Json] = []
        for case in {case.number: case for part in (board.waiting, board.mine, board.others, board.asked) for case in part}.values():
            number = case.number
            mark = (self._rows.row(case, locale), number in board.offered, number in asked, staff.profile)
            if self._sent.get(number) != mark:
                changed.append(mark[0] | _personal(staff, case, offered=mark[1], asked=mark[2]))
            shown[number] = mark
        gone, order = [number for number in self._sent if number not in shown], order_json(board)
        moved, self._sent, self._order = order != self._order, shown, order
        return changed, gone, moved


def order_json(board: Board) -> Json:
    """Write which cases stand where."""
    return {
        "waiting": [case.number for case in board.waiting],
        "mine": [case.number for case in board.mine],
        "others": [case.number for case in board.others],
        "asked": [case.number for case in board.asked],
        "offered": [case.number for case in board.waiting if case.number in board.offered],
        "woken": [*sorted(board.woken)],
        "places": [case.place for case in board.waiting],
    }


# ---------------------------------------------------------------- lines and messages


def message_json(message: Message | None, at: datetime | None, locale: str) -> Json:
    """Write a message for the drawing that chat and desk share: buttons become words, and what was for the contact's browser stays away."""
    shown = message or Message(locale)
    frame = message_frame(0, "", at or NEVER, shown)
    taken: Json = {key: frame[key] for key in ("locale", "dir", "author", "alert", "blocks", "venues")}
    if not shown.locale:  # a note is written in whatever language
        taken |= {"locale": locale, "dir": "auto"}
    rest: Json = {"options": [], "token": "", "attachment": None, "original": frame.get("original"), "author_name": "", "at": iso(at)}
    return taken | rest | {"choices": [option.label for option in shown.options]}


def _author_name(reader: Reader, case: Case, line: CaseLine) -> str:
    if line.author == "contact":
        return reader.host.pseudonym(case, reader.locale)
    return {"bot": reader.service_name, "system": ""}.get(line.author, line.name)


def line_json(reader: Reader, case: Case, line: CaseLine) -> Json:
    """Write a line of a case."""
    attachment = line.message.attachment if line.message else None
    about: Json = {
        "type": "line",
        "id": line.id,
        "number": line.number,
        "changed_at": iso(line.changed_at),
        "author": line.author,
        "name": line.name,
        "author_name": _author_name(reader, case, line),
        "mine": line.author == "person" and line.staff_id == reader.staff.id,
        "edited": line.is_edited,
        "withdrawn": line.is_withdrawn,
        "event": line.event,
        "event_text": reader.host.line_text(line, reader.locale) if line.author == "system" else "",
        "is_translation": bool(line.message and line.message.original),
        "attachment": attachment_json(attachment, f"/desk/api/file/{line.number}/{line.id}") if attachment else None,
    }
    return message_json(line.message, line.at, reader.locale) | about


def answer_json(answer: ReadyAnswer) -> Json:
    """Write a ready answer."""
    return {
        "entry_id": answer.entry_id,
        "title": answer.title,
        "mine": message_json(answer.mine, None, answer.mine.locale),
        "theirs": message_json(answer.theirs, None, answer.theirs.locale) if answer.theirs else None,
        "confirmed": iso(answer.confirmed),
        "is_machine": answer.is_machine,
    }


# ---------------------------------------------------------------- for leads and admins


def figure_json(reader: Reader, figure: CaseFigure) -> Json:
    """Write a figure."""
    host, locale = reader.host, reader.locale
    return {
        "city": city_json(host, figure.city, locale),
        "language": _language_or_none(host, figure.locale, locale),
        "topic": topic_json(host, figure.topic, locale) if figure.topic else None,
        "name": figure.name,
        "n": figure.n,
        "seconds": figure.seconds,
    }


def report_json(reader: Reader, report: Report) -> Json:
    """Write a report on an answer."""
    host, locale = reader.host, reader.locale
    return {
        "id": report.id,
        "city": city_json(host, report.city, locale),
        "entry": {"id": report.entry_id, "title": host.entry_title(report.city, report.entry_id, locale)},
        "language": _language_or_none(host, report.locale, locale),
        "by_whom": report.by_whom,
        "about": report.about,
        "at": iso(report.at),
        "why": report.why,
    }


def gap_json(reader: Reader, gap: Gap) -> Json:
    """Write a group of questions, the ids as what a page names it by."""
    host, locale = reader.host, reader.locale
    return {
        "number": gap.number,
        "city": city_json(host, gap.city, locale),
        "language": _language_or_none(host, gap.locale, locale),
        "count": len(gap.ids),
        "ids": list(gap.ids),
        "texts": list(gap.texts),
        "entry": {"id": gap.entry_id, "title": host.entry_title(gap.city, gap.entry_id, locale)} if gap.entry_id else None,
    }


def audit_json(line: AuditLine, names: dict[str, str]) -> Json:
    """Write a line of the audit; `names`: staff id -> display name."""
    return {
        "id": line.id,
        "at": iso(line.at),
        "actor": line.actor,
        "actor_name": names.get(line.actor, ""),
        "deed": line.deed,
        "number": line.number,
        "detail": line.detail,
    }
