"""A city with a desk, and as much of a store as a dialogue sees of it: cases are opened, claimed, closed, and their news come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.cases import REOPEN_DAYS, Case
from bot.dialogue import Context
from bot.dialogue.requests import with_case
from bot.model import (
    AddToCase,
    CaseEffect,
    CaseNews,
    CaseStep,
    Conversation,
    DeskRule,
    EndCase,
    Event,
    OpenCase,
    Organisation,
    PersonWrote,
    RaiseCase,
    ReopenCase,
    Topic,
    Turn,
)
from tests.dialogue.world import KNOWLEDGE, MADRID, MEANINGS, NOW, KnownSentences, Meaning, Talk, context, entry, settled, words

NIGHT = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)  # a Friday, nine in the evening in Madrid; the desk opens on Monday

EVICTION = entry(
    "housing.eviction",
    {
        "es": words("Desahucio", "No te vayas sin hablar con alguien."),
        "en": words("Eviction", "Do not leave before you have talked to somebody."),
        "ar": words("الإخلاء", "لا تغادر قبل أن تتحدث مع أحد."),
    },
)
DESKS = {
    "housing": DeskRule("housing", ("housing",), "Mo-Fr 09:00-14:00", ("letter", "date", "children"), "provivienda", ()),
    "papers": DeskRule("papers", ("egov", "support"), None, (), None, ("advice",)),
    "law": DeskRule("law", (), None, (), "icam", ("legal",)),
}
STAFFED_MADRID = replace(
    MADRID,
    entries={**MADRID.entries, EVICTION.id: EVICTION},
    desks=DESKS,
    organisations={
        **MADRID.organisations,
        "provivienda": Organisation("provivienda", "Provivienda", "ngo", None),
        "icam": Organisation("icam", "Colegio de la Abogacía", "professional", None),
    },
)
STAFFED = replace(
    KNOWLEDGE,
    topics={**KNOWLEDGE.topics, "housing": Topic("housing", "🏠", 6, {"es": "Vivienda", "en": "Housing", "ar": "السكن"})},
    cities={**KNOWLEDGE.cities, "madrid": STAFFED_MADRID},
)
ASKED: dict[str, Meaning] = {
    "they throw me out": ("answer", ("housing.eviction",), None, None, "en"),
    "me echan de casa": ("answer", ("housing.eviction",), None, None, "es"),
    "يطردونني من البيت": ("answer", ("housing.eviction",), None, None, "ar"),
}


def desk_context(**changes: object) -> Context:
    MEANINGS.update(ASKED)  # type: ignore[attr-defined]
    return context(knowledge=STAFFED, matcher=KnownSentences(STAFFED), **changes)


def a_case(number: int = 214, **changes: object) -> Case:
    plain = Case(number, "c-1", "advice", "waiting", "madrid", "en", "housing", NOW, desk="housing", place=1)
    return replace(plain, **changes)  # type: ignore[arg-type]


def staffed(*cases: Case, locale: str = "en", **changes: object) -> Conversation:
    """Return a contact of the city with these cases, newest first."""
    plain = settled(locale, staffed=True, cases=cases, **changes)
    return with_case(plain, cases[0]) if cases else plain


@dataclass(slots=True)
class DeskTalk(Talk):
    """A contact of a city with a desk. `done`: the effects on cases, `turns`: all turns, in order. News come back as from the store."""

    reachable: bool = True
    done: tuple[CaseEffect, ...] = ()
    turns: tuple[Turn, ...] = ()

    def hear(self, event: Event) -> DeskTalk:
        Talk.hear(self, event)
        self.turns += (self.turn,)
        made = tuple(effect for effect in self.turn.effects if isinstance(effect, CaseEffect))
        self.done += made
        for effect in made:
            self._do(effect)
        return self

    def _do(self, effect: CaseEffect) -> None:
        now = self.context.now
        match effect:
            case OpenCase():
                number = max((each.number for each in self.conversation.cases), default=213) + 1
                case = Case(
                    number, "c-1", effect.kind, "waiting", "madrid", self.conversation.locale or "", effect.topic, now,
                    desk=effect.desk, organisation=effect.organisation, priority=effect.priority, facts=effect.facts, place=1,
                )  # fmt: skip
                self.conversation = replace(self.conversation, cases=(case, *self.conversation.cases))
                self.news("opened", case)
            case EndCase():
                self._keep(replace(self.case(effect.number), state="closed", closed_at=now, place=0))
            case ReopenCase():
                assert (now - (self.case(effect.number).closed_at or now)).days < REOPEN_DAYS
                self.news("reopened", replace(self.case(effect.number), state="waiting", closed_at=None, advisor=None, place=1))
            case RaiseCase():
                self._keep(replace(self.case(effect.number), priority="high"))
            case AddToCase():
                assert self.case(effect.number).is_open, "nothing may be added to a case that is over"
            case _:
                pass

    def case(self, number: int) -> Case:
        return next(case for case in self.conversation.cases if case.number == number)

    def _keep(self, case: Case) -> None:
        self.conversation = with_case(self.conversation, case)

    def news(self, step: CaseStep, case: Case, name: str = "", text: str = "") -> DeskTalk:
        self._keep(case)
        return self.hear(CaseNews(step=step, case=case, at=self.context.now, name=name, text=text, reachable=self.reachable))

    def claim(self, number: int = 214, name: str = "Lucía") -> DeskTalk:
        case = replace(self.case(number), state="claimed", advisor="s-1", advisor_name=name, place=0)
        return self.news("claimed", case, name)

    def close(self, number: int = 214, name: str = "Lucía", at: datetime | None = None) -> DeskTalk:
        closed = replace(self.case(number), state="closed", outcome="solved", closed_at=at or self.context.now, answered_at=NOW, place=0)
        return self.news("closed", closed, name)

    def reply(self, text: str, number: int = 214, name: str = "Lucía", **changes: object) -> DeskTalk:
        event = PersonWrote(number=number, line=7, name=name, text=text, locale="es", at=self.context.now)
        return self.hear(replace(event, **changes))  # type: ignore[arg-type]


def desk_talk(*cases: Case, locale: str = "en", **changes: object) -> DeskTalk:
    return DeskTalk(context=desk_context(**changes), conversation=staffed(*cases, locale=locale))
