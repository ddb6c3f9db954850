"""The words of the desk: the dialogue's ways of saying things, bound to the knowledge and the catalogues of the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.alarms import Notice
from bot.cases import Case, CaseKind, Refused, Staff
from bot.desk import notices
from bot.desk.notices import Stage
from bot.desk.rules import DeskRules
from bot.dialogue import deskwords, practice
from bot.dialogue.context import Context, Translator
from bot.dialogue.deskwords import plain_text
from bot.dialogue.home import city_name, title_of
from bot.dialogue.terms import KINDS
from bot.dialogue.tongues import name_in
from bot.knowledge.hours import place_state
from bot.knowledge.sure import facts_confirmed, is_machine_worded
from bot.model import City, Entry, Message, Option, Paragraph, Place, Run
from bot.records import CaseLine, ReadyAnswer
from bot.store.desk import LOGIN_MINUTES

FALLBACK = "en"  # the language our sentences are written in
SHORT = 300  # characters of an answer of the bot in a group: who wants the rest reads the web desk
MAX_PLACES = 5


class DeskWords:
    """Says things to staff in a language of theirs."""

    def __init__(self, context: Callable[[], Context], rules: DeskRules) -> None:
        """Bind them; `context` gives knowledge, catalogues and time of the moment."""
        self.context = context
        self._desk_url = f"{rules.public_url}/desk"

    # ------------------------------------------------------------ languages

    def cities(self) -> Mapping[str, City]:
        """Return the cities of the moment."""
        return self.context().knowledge.cities

    def read_in(self, city: str) -> str:
        """Return the language the desk of a city reads."""
        found = self.cities().get(city)
        return found.host_language if found else FALLBACK

    def locale_of(self, city: str) -> str:
        """Return the language we speak to the staff of a city: the one they read, if it is one of ours."""
        locale = self.read_in(city)
        return locale if locale in self.context().locales else FALLBACK

    def language_of(self, text: str, staff: Staff, case: Case) -> str:
        """Return the language an advisor wrote in: one they are known to speak, else that of the city."""
        desk = self.read_in(case.city)
        guessed = self.context().matcher.understand(text, None, None).language
        return guessed if guessed in (desk, case.locale, *staff.profile.languages) and guessed else desk

    def _of(self, city: str) -> Translator:
        return self.context().translator(self.locale_of(city))

    def _anywhere(self) -> Translator:
        """Return the sentences for a group whose city nobody knows yet."""
        cities = list(self.cities())
        return self._of(cities[0]) if len(cities) == 1 else self.context().translator(FALLBACK)

    # ------------------------------------------------------------ told privately

    def wake(self, case: Case, stage: Stage) -> Message:
        """Say that a case waits: its language and topic, nothing else."""
        locale = self.locale_of(case.city)
        what = self.topic(case.topic, locale) if case.kind == "advice" else self.kind(case.kind, locale)
        about = [self.language(case.language or case.locale, locale), what]
        return notices.wake(
            self.context().translator(locale),
            stage,
            ", ".join(filter(None, about)),
            is_urgent=case.priority == "high" and stage != "offer",
            desk_url=self._desk_url,
        )

    def alert(self, city: str, waiting: int) -> Message:
        """Say that cases wait and nobody can be reached."""
        locale, known = self.locale_of(city), self.cities().get(city)
        return notices.alert(self.context().translator(locale), city_name(known, locale) if known else city, waiting, self._desk_url)

    def faulty(self, fault: str, city: str) -> Message:
        """Say that changed knowledge files have a fault and are not used."""
        return notices.faulty(self._of(city), fault)

    def alarm(self, notice: Notice, city: str | None = None) -> Message:
        """Say that something of the machinery is wrong, or over, to an admin of a city or to whoever runs us."""
        translator = self._anywhere() if city is None else self._of(city)
        return notices.alarm(translator, notice.kind, notice.figure, is_over=notice.is_over)

    def login(self, url: str, city: str) -> Message:
        """Give somebody their way in."""
        return notices.login(self._of(city), url, LOGIN_MINUTES)

    # ------------------------------------------------------------ said in a group

    def linked(self, city: str) -> Message:
        """Say what a group is from now on."""
        locale, known = self.locale_of(city), self.cities().get(city)
        return notices.linked(self.context().translator(locale), city_name(known, locale) if known else city)

    def no_forum(self, *, is_forum: bool) -> Message:
        """Say what a group lacks to be a desk."""
        return notices.no_forum(self._anywhere(), is_forum=is_forum)

    def bad_code(self) -> Message:
        """Say that a link code is no good."""
        return notices.bad_code(self._anywhere())

    def stranger(self, number: int, city: str, *, is_anonymous: bool) -> Message:
        """Say why somebody cannot answer."""
        return notices.stranger(self._of(city), number, is_anonymous=is_anonymous)

    def too_large(self, number: int, city: str) -> Message:
        """Say that a file was not passed on."""
        return notices.too_large(self._of(city), number)

    def refused(self, result: Refused, number: int, city: str, *, is_waiting: bool) -> Message:
        """Say why something was not done."""
        return notices.refused(self._of(city), result, number, is_waiting=is_waiting)

    def outcomes(self, number: int, city: str) -> Message:
        """Ask how a case ended."""
        return notices.outcomes(self._of(city), number)

    def how_to_note(self, number: int, city: str) -> Message:
        """Say how a note is written."""
        return notices.how_to_note(self._of(city), number)

    def how_to_withdraw(self, number: int, city: str) -> Message:
        """Say how something is taken back."""
        return notices.how_to_withdraw(self._of(city), number)

    def card(self, case: Case) -> Message:
        """Sum a case up for the head of its topic, with what can be done now."""
        locale = self.locale_of(case.city)
        return replace(deskwords.card_message(case, self.context(), locale, self._desk_url), options=self._card_options(case, locale))

    def _card_options(self, case: Case, locale: str) -> tuple[Option, ...]:
        _ = self.context().translator(locale).gettext
        claim = [Option(f"claim:{case.number}", _("I take it"))] if case.state == "waiting" else []
        close = [Option(f"close:{case.number}", _("Close"))] if case.state == "claimed" else []
        note = [Option(f"note:{case.number}", _("Note"))] if case.is_open else []
        return (*claim, *close, *note)

    def relayed(self, case: Case, lines: Sequence[CaseLine], left_out: int) -> Message:
        """Say lines of a case in one post; `left_out`: how many earlier ones only the web desk shows."""
        return deskwords.relay_message(case, [_shortened(line) for line in lines], self.context(), self.locale_of(case.city), left_out)

    # ------------------------------------------------------------ cases

    def pseudonym(self, case: Case, locale: str) -> str:
        """Name a contact for staff."""
        return deskwords.pseudonym(case.pseudonym, self.context().translator(locale))

    def summary(self, case: Case, locale: str) -> str:
        """Sum a case up in half a line."""
        translator = self.context().translator(locale)
        title = deskwords.subject(case, self.cities().get(case.city), translator) or case.entry_id
        return deskwords.summary(case, translator, self.context().now, title)

    def facts(self, case: Case, locale: str) -> Sequence[tuple[str, str]]:
        """Return what the contact was asked."""
        return deskwords.facts_of(case, self.context().translator(locale))

    def line_text(self, line: CaseLine, locale: str) -> str:
        """Say what a system line means."""
        return deskwords.line_text(line, self.context().translator(locale))

    def transcript(self, case: Case, lines: Sequence[CaseLine], locale: str) -> str:
        """Write a case down as plain text."""
        return deskwords.transcript(case, lines, self.context().translator(locale))

    # ------------------------------------------------------------ names

    def topic(self, slug: str, locale: str) -> str:
        """Name a topic; the law is none of the knowledge's, but advisors have it as one."""
        if slug == "legal":
            return self.kind("legal", locale)
        found = self.context().knowledge.topics.get(slug)
        return (found.names.get(locale) or found.names.get(FALLBACK) or slug) if found else slug

    def kind(self, kind: CaseKind, locale: str) -> str:
        """Name what is asked for."""
        return self.context().translator(locale).gettext(KINDS[kind])

    def language(self, locale: str, reader: str) -> str:
        """Name a language in the reader's language."""
        return name_in(locale, reader)

    def entry_title(self, city: str, entry_id: str, locale: str) -> str:
        """Return the title of an entry."""
        known = self.cities().get(city)
        entry = known.entries.get(entry_id) if known else None
        return title_of(entry, locale, known) if known and entry else entry_id

    # ------------------------------------------------------------ answers and places

    def ready(self, entry: Entry, case: Case, locale: str) -> ReadyAnswer | None:
        """Show an entry as an answer, in the advisor's language (else the city's) and the contact's; None where it may not be sent."""
        mine = self._answer(entry, case, locale) or self._answer(entry, case, self.read_in(case.city))
        city = self.cities().get(case.city)
        if mine is None or city is None:
            return None
        known = self.context().confirmations
        confirmed = facts_confirmed(entry, city, known)
        return ReadyAnswer(
            entry_id=entry.id,
            title=self.entry_title(case.city, entry.id, locale),
            mine=mine,
            theirs=self._answer(entry, case, case.locale),
            confirmed=confirmed.on if confirmed else None,
            is_machine=is_machine_worded(entry, city, case.locale, known),
        )

    def _answer(self, entry: Entry, case: Case, locale: str) -> Message | None:
        return deskwords.ready_answer(self.context(), case.city, entry.id, locale)

    def open_places(self, case: Case, now: datetime, locale: str) -> Sequence[tuple[str, str]]:
        """Return offices for the topic of a case that are open now, those of its area first."""
        city = self.cities().get(case.city)
        if city is None:
            return ()
        places = sorted((place for place in city.places.values() if case.topic in place.topics), key=lambda place: place.area != case.area)
        shown = ((place.name, self._until(place, city, now, locale)) for place in places)
        return [(name, note) for name, note in shown if note is not None][:MAX_PLACES]

    def _until(self, place: Place, city: City, now: datetime, locale: str) -> str | None:
        """Say until when an office is open and what is spoken there; None where it is closed, or nobody knows."""
        state = place_state(place, city, now)
        if not state.is_open:
            return None
        _ = self.context().translator(locale).gettext
        change = state.next_change.astimezone(ZoneInfo(city.time_zone)) if state.next_change else None
        until = _("open until {time}").format(time=f"{change:%H:%M}") if change else _("open now")
        return " · ".join(filter(None, (until, ", ".join(self.language(tag, locale) for tag in place.languages))))

    # ------------------------------------------------------------ practice

    def practice(self, staff: Staff, kind: CaseKind, locale: str, now: datetime) -> tuple[Case, Sequence[Message]]:
        """Return a case to practise on, and what the simulated contact writes first."""
        played = practice.scenario(kind, int(now.timestamp()))
        spoken = locale if locale in played.opening else FALLBACK
        city = staff.profile.city or next(iter(self.cities()), "")
        case = Case(0, "", kind, "waiting", city, spoken, played.topic, now, facts=played.facts, entry_id=played.entry_id)
        return case, [_by_contact(text, spoken) for text in played.opening[spoken]]

    def practice_answer(self, case: Case, lines: Sequence[CaseLine]) -> Message | None:
        """Return what the simulated contact writes next, None at the end of the play."""
        played = next((each for each in practice.SCENARIOS if (each.kind, each.topic) == (case.kind, case.topic)), None)
        replies = sum(line.author == "person" for line in lines)
        text = practice.answer(played, case.locale, replies) if played else None
        return _by_contact(text, case.locale) if text else None

    def feedback(self, case: Case, lines: Sequence[CaseLine]) -> str:
        """Say what can be seen of a practice conversation."""
        return "\n".join(practice.feedback(lines, self._of(case.city)))


def _by_contact(text: str, locale: str) -> Message:
    return Message(locale, (Paragraph((Run(text),)),), author="contact")


def _shortened(line: CaseLine) -> CaseLine:
    """Cut what the bot said: colleagues need to know what it was about, not all of it."""
    if line.author != "bot" or line.message is None:
        return line
    text = plain_text(line.message.blocks)
    cut = f"{text[:SHORT].rstrip()}…" if len(text) > SHORT else text
    return replace(line, message=replace(line.message, blocks=(Paragraph((Run(cut),)),)))
