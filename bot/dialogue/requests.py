"""The contact's own requests to people, as the store has loaded them: which one is talked in, and what can be done about each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.cases import REOPEN_DAYS, TALKING, Case, CaseKind
from bot.dialogue.compose import noted, option, recall, words
from bot.dialogue.context import Context
from bot.model import Conversation, Option, Owner

MAX_NUMBER_DIGITS = 12


def case_of(conversation: Conversation, number: str) -> Case | None:
    """Return one of the contact's cases by its number, as it stands in an option."""
    if not (number.isascii() and number.isdecimal() and len(number) <= MAX_NUMBER_DIGITS):
        return None
    return next((case for case in conversation.cases if case.number == int(number)), None)


def open_of_kind(conversation: Conversation, kind: CaseKind) -> Case | None:
    """Return the open case of a kind; there is at most one."""
    return next((case for case in conversation.cases if case.kind == kind and case.is_open), None)


def open_talks(conversation: Conversation) -> list[Case]:
    """Return the open cases in which a person talks here."""
    return [case for case in conversation.cases if case.kind in TALKING and case.is_open]


def talking(conversation: Conversation) -> Case | None:
    """Return the case that what the contact writes belongs to: who answered last has it, a waiting one only if nobody has any."""
    talks = open_talks(conversation) if conversation.owner != "bot" else []
    return max(talks, key=lambda case: (case.state == "claimed", case.advisor_at or case.opened_at, case.number), default=None)


def reopenable(conversation: Conversation, context: Context) -> Case | None:
    """Return the case closed last in which a person talked here, while it may be taken up again."""
    closed = [case for case in conversation.cases if case.kind in TALKING and may_reopen(case, conversation, context)]
    return max(closed, key=lambda case: (case.closed_at or case.opened_at, case.number), default=None)


def may_reopen(case: Case, conversation: Conversation, context: Context) -> bool:
    """Say whether a case was closed within REOPEN_DAYS and no other of its kind is open."""
    return is_recent(case, context.now, timedelta(days=REOPEN_DAYS)) and open_of_kind(conversation, case.kind) is None


def is_recent(case: Case, now: datetime, span: timedelta) -> bool:
    """Say whether a case was closed no longer ago than `span`."""
    return case.closed_at is not None and not case.is_open and now - case.closed_at <= span


def with_case(conversation: Conversation, case: Case) -> Conversation:
    """Show the next event of the same turn what this one did to a case; the store reckons it again by itself."""
    cases = tuple(case if each.number == case.number else each for each in conversation.cases)
    return replace(conversation, cases=cases, owner=_owner(cases))


def _owner(cases: Iterable[Case]) -> Owner:
    states = {case.state for case in cases if case.kind in TALKING and case.is_open}
    return "advisor" if "claimed" in states else "queue" if "waiting" in states else "bot"


def aside_of(conversation: Conversation) -> int:
    """Return the number of the waiting request beside which the bot is being asked; 0: what is written goes to the request."""
    number, case = noted(conversation, "aside"), talking(conversation)
    return case.number if case and case.state == "waiting" and number == case.number else 0


# ---------------------------------------------------------------- what can be done about them


def case_options(case: Case, conversation: Conversation, context: Context) -> list[Option]:
    """Return what can be done about an open request: ask the bot while it waits (or turn back to it), end it."""
    _ = words(conversation, context)
    options: list[Option] = []
    if aside_of(conversation) == case.number:
        options.append(option("tell", str(case.number), _("Write for request {number}").format(number=case.number)))
    elif case.state == "waiting" and case.kind in TALKING:
        label = _("Take it back: ask the bot") if recall(conversation, "passed") else _("Ask the bot meanwhile")
        options.append(option("aside", str(case.number), label))
    return [*options, option("end", str(case.number), _("End request {number}").format(number=case.number), "quiet")]


def end_options(conversation: Conversation, context: Context) -> list[Option]:
    """Offer to end each request that is open."""
    _ = words(conversation, context)
    label = _("End request {number}")
    return [option("end", str(case.number), label.format(number=case.number), "quiet") for case in conversation.cases if case.is_open]


def rate_options(case: Case, conversation: Conversation, context: Context) -> tuple[Option, Option]:
    """Ask after the end whether it helped."""
    _ = words(conversation, context)
    yes, no = f"{case.number}:yes", f"{case.number}:not-yet"
    return option("rate", yes, _("👍 It helped"), "vote"), option("rate", no, _("Not yet"), "vote")


def go_on_options(conversation: Conversation, context: Context) -> list[Option]:
    """Offer to go on with the request closed last, as long as it may be taken up again."""
    case = reopenable(conversation, context)
    return [go_on(case, conversation, context)] if case else []


def go_on(case: Case, conversation: Conversation, context: Context) -> Option:
    """Offer to take a closed request up again."""
    _ = words(conversation, context)
    return option("reopen", str(case.number), _("Go on with request {number}").format(number=case.number), "person")
