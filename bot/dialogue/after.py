"""The end of a request, and after it: the bot answers again, and still the way back to the person stays short.

For REOPEN_DAYS the offer "go on with request 214" stands under the message of the end, under the screen that asks for a person, after
the answer "not yet", and under every question the bot could not answer for sure. As long as the question of the end ("did it help?") is
the last thing said, and for CLOSING_HOURS at most, a text that is no question the bot can answer, and no small talk, is taken for a
further word to the person: it reopens the request and is passed on. So does a file, and a cry for help."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.cases import POOL, Case, Helped
from bot.dialogue import pools
from bot.dialogue.compose import before, noted, option, recall, remember, say, text, to_menu, with_message, words
from bot.dialogue.context import Context
from bot.dialogue.handoff import badge_words, passed_on, status, unbadge
from bot.dialogue.requests import case_of, go_on_options, is_recent, may_reopen, open_talks, rate_options, reopenable, talking, with_case
from bot.dialogue.terms import KINDS
from bot.model import AddToCase, Conversation, EndCase, Event, MediaReceived, Option, RateCase, ReopenCase, TextReceived, Turn

CLOSING_HOURS = 24  # the question of the end stands open so long
MAX_KEPT = 1000  # characters of a text that may still be asked the bot, or told the person


def end(conversation: Conversation, number: str, context: Context) -> Turn:
    """End a request: the one named, else the one talked in; with only others open, ask which."""
    case = case_of(conversation, number) or (None if number.isdecimal() else talking(conversation))
    if case and case.is_open:
        return _ended(case, conversation, context)
    _ = words(conversation, context)
    others = [case for case in conversation.cases if case.is_open]
    if not others:
        return say(conversation, context, text(_("No request of yours is open.")), options=[to_menu(_)])
    label = _("End request {number}")
    options = [option("end", str(case.number), f"{label.format(number=case.number)}: {_(KINDS[case.kind])}") for case in others]
    return say(conversation, context, text(_("Which request shall I end?")), options=[*options, to_menu(_)])


def _ended(case: Case, conversation: Conversation, context: Context) -> Turn:
    closed = replace(case, state="closed", outcome="ended", closed_at=context.now, place=0)
    over = with_case(remember(conversation, aside=None, passed=None, heard=None, acked=None), closed)
    _ = words(over, context)
    done = _("Request {number} ({kind}) is ended.").format(number=case.number, kind=_(KINDS[case.kind]))
    blocks = [text(done, _("I am here again for your questions.") if talking(over) is None else "")]
    options: list[Option] = []
    if case.answered_at:
        blocks.append(text(_("Did it help?")))
        options += rate_options(case, over, context)
    options += [*go_on_options(over, context), to_menu(_)]
    turn = say(over, context, *blocks, options=options)
    return before((EndCase(case.number),), turn if open_talks(over) else without_files(turn))


def without_files(turn: Turn) -> Turn:
    """Tell the channel that no person sees what files are sent from now on."""
    return with_message(turn, lambda message: replace(message, files=False))


def rate(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Note whether a request helped ("214:yes", "214:not-yet"); after a no, offer to go on."""
    number, _colon, answer = argument.partition(":")
    case = case_of(conversation, number)
    if case is None or case.is_open or answer not in ("yes", "not-yet"):
        return Turn(conversation)
    helped: Helped = "yes" if answer == "yes" else "not-yet"
    rated = remember(with_case(conversation, replace(case, helped=helped)), closing=None)
    _ = words(rated, context)
    if helped == "yes":
        blocks, options = [text(_("Good to hear. Write again whenever you need something."))], []
    else:
        blocks, options = [text(_("I am sorry. You can go on with the same request."))], go_on_options(rated, context)
    return before((RateCase(case.number, helped),), say(rated, context, *blocks, options=[*options, to_menu(_)]))


# ---------------------------------------------------------------- taking it up again


def reopen(conversation: Conversation, number: str, context: Context) -> Turn:
    """Take up a closed request again, with the question the bot could not answer; the news of it follows."""
    case = case_of(conversation, number)
    if case is None or not may_reopen(case, conversation, context):
        return status(conversation, context) if open_talks(conversation) else Turn(conversation)
    if case.kind in POOL and case.when and case.when <= context.now:
        return pools.again(conversation, case, context)
    unsaid = recall(conversation, "unsaid")
    added = [AddToCase(case.number, unbadge(unsaid, badge_words(context)))] if unsaid else []
    return Turn(taken_up(conversation, case, context), (ReopenCase(case.number), *added))


def taken_up(conversation: Conversation, case: Case, context: Context) -> Conversation:
    """Count a request as waiting again: what comes at the same moment (more pictures, the next line) belongs to it, too.

    The news of it is what acknowledges all of that."""
    back = with_case(conversation, replace(case, state="waiting", closed_at=None))
    return remember(back, closing=None, unsaid=None, misses=None, acked=int(context.now.timestamp()), heard=True)


def further_word(conversation: Conversation, event: TextReceived, context: Context) -> Turn | None:
    """Take a text right after the end, which the bot cannot answer, for a further word to the person; None where it is not."""
    case = closing_case(conversation, context)
    passed = passed_on(case.number, event, context) if case else None
    return Turn(taken_up(conversation, case, context), (ReopenCase(case.number), passed)) if case and passed else None


def further_file(conversation: Conversation, event: Event, context: Context) -> Turn | None:
    """Do the same with a file sent right after the end."""
    case = closing_case(conversation, context) if isinstance(event, MediaReceived) else None
    passed = passed_on(case.number, event, context) if case else None
    return Turn(taken_up(conversation, case, context), (ReopenCase(case.number), passed)) if case and passed else None


def closing_case(conversation: Conversation, context: Context) -> Case | None:
    """Return the case whose end was the last thing said and whose question is not answered."""
    case = reopenable(conversation, context)
    is_open = case is not None and noted(conversation, "closing") == case.number and talking(conversation) is None
    return case if case and is_open and is_recent(case, context.now, timedelta(hours=CLOSING_HOURS)) else None
