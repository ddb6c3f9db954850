"""Talking with a person through us.

While a person has the conversation (owner "advisor") texts, files and places go to the case without a word of ours; while a request
waits (owner "queue") they go there, too, and are acknowledged now and then, unless the contact asks the bot meanwhile. Commands, buttons
and safety phrases are always answered."""

from __future__ import annotations

from dataclasses import replace

from bot.cases import Case
from bot.dialogue import intake
from bot.dialogue.after import MAX_KEPT, closing_case, taken_up
from bot.dialogue.compose import before, noted, recall, remember, say, text, to_menu, with_options, words
from bot.dialogue.context import Context
from bot.dialogue.handoff import passed_on, status
from bot.dialogue.home import READY, is_settled
from bot.dialogue.onboarding import proceed
from bot.dialogue.pools import is_written
from bot.dialogue.requests import aside_of, case_of, case_options, talking
from bot.dialogue.waiting import place_line, with_crisis
from bot.matching.normalise import normalise
from bot.model import Conversation, Event, LocationShared, MediaReceived, RaiseCase, ReopenCase, TextReceived, Turn, WithdrawFromCase

QUESTIONS = (intake.ASKING, "pool-", "review-")  # how the states of our questions begin
ACKNOWLEDGE_S = 10 * 60  # what is added to a waiting request is acknowledged at most so often


def is_heard(conversation: Conversation, event: Event, context: Context) -> bool:
    """Say whether an event is for the person, not for us: a text, file or place while a request is open and we have asked nothing."""
    if talking(conversation) is None or is_written(conversation, event):
        return False
    if isinstance(event, TextReceived):
        return not _answers_us(conversation, event, context) and not aside_of(conversation)
    if isinstance(event, LocationShared):
        return conversation.state != "city"
    return isinstance(event, MediaReceived) and (event.attachment is not None or event.too_large)


def _answers_us(conversation: Conversation, event: TextReceived, context: Context) -> bool:
    """Say whether a text answers a question of ours that was asked by a press or a command and is still the last thing said."""
    if conversation.state == "language":
        return context.matcher.resolve_language(event.text) is not None
    if conversation.state == "city":
        return context.matcher.resolve_city(event.text) is not None
    return conversation.state.startswith(QUESTIONS)


def may_type(conversation: Conversation, option_id: str, event: TextReceived, context: Context) -> bool:
    """Say whether a text that reads like an option is one, and not said to the person: who is asked about children answers "2".

    In line a number counts as long as nothing was passed on since the options were shown, and never for what is done with the request;
    while a person has the word only the words of an answer do to our own question whether the request may be passed on."""
    is_number = normalise(event.text).isdecimal()
    if conversation.state == "pool-write":
        return not is_number
    if not is_heard(conversation, event, context):
        return True
    if conversation.owner == "advisor":
        return option_id.startswith("consent:") and not is_number and not noted(conversation, "heard")
    return not (is_number and (noted(conversation, "heard") or option_id.startswith(("end:", "aside:"))))


def hear(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Pass on what was written, sent or shared; while the request waits, say so now and then."""
    case = talking(conversation)
    _ = words(conversation, context)
    if case is None:
        return Turn(conversation)
    if isinstance(event, MediaReceived) and event.too_large:
        return say(conversation, context, text(too_large(conversation, context)), options=case_options(case, conversation, context))
    passed = passed_on(case.number, event, context)
    if passed is None:
        return Turn(conversation)
    if conversation.owner == "advisor":
        return Turn(remember(conversation, heard=True), (passed,))
    kept = remember(conversation, passed=passed.text[:MAX_KEPT] or None, heard=True)
    if isinstance(event, TextReceived) and event.understood and event.understood.smalltalk == "human":
        return before((passed,), status(kept, context))
    return before((passed,), _acknowledged(kept, case, context))


def _acknowledged(conversation: Conversation, case: Case, context: Context) -> Turn:
    """Say that it was added to the request, the first time and then at most every ACKNOWLEDGE_S."""
    last = noted(conversation, "acked")
    now = int(context.now.timestamp())
    if isinstance(last, int) and now - last < ACKNOWLEDGE_S:
        return Turn(conversation)
    _ = words(conversation, context)
    added = _("I have added this to request {number}.").format(number=case.number)
    line = text(added, place_line(case, conversation, context))
    return say(remember(conversation, acked=now), context, line, options=case_options(case, conversation, context))


def too_large(conversation: Conversation, context: Context) -> str:
    """Say how large a file may be."""
    _ = words(conversation, context)
    limit = 10 if context.channel == "web" else 20  # MB: what our own pages take, and what Telegram gives a bot
    return _("This file is too large. Files up to {n} MB can be passed on.").format(n=limit)


# ---------------------------------------------------------------- the bot meanwhile


def aside(conversation: Conversation, number: str, context: Context) -> Turn:
    """Let the bot answer while a request waits: what was just added is taken back and answered. The request keeps its place."""
    case = case_of(conversation, number)
    if case is None or case.state != "waiting":
        return Turn(conversation)
    asked = recall(conversation, "passed")
    turned = remember(conversation, aside=case.number, passed=None, heard=None, acked=None)
    if asked:
        waits = remember(turned, pending=asked)
        first = Turn(replace(waits, state=READY)) if is_settled(waits, context) else proceed(waits, context)
        return before((WithdrawFromCase(case.number),), first)
    _ = words(turned, context)
    kept = _("Write your question: I will try to answer. Request {number} keeps its place.").format(number=case.number)
    return say(turned, context, text(kept), options=case_options(case, turned, context))


def tell(conversation: Conversation, number: str, context: Context) -> Turn:
    """Turn back to a waiting request: from now on what is written goes there."""
    case = case_of(conversation, number)
    if case is None or not case.is_open:
        return Turn(conversation)
    back = remember(conversation, aside=None)
    _ = words(back, context)
    goes = text(_("What you write now goes to request {number}.").format(number=case.number))
    return say(back, context, goes, options=case_options(case, back, context))


def with_way_back(turn: Turn, context: Context) -> Turn:
    """Add to an answer of the bot, beside a waiting request, the way back to that."""
    case = talking(turn.conversation) if aside_of(turn.conversation) else None
    return with_options(turn, case_options(case, turn.conversation, context)[:1]) if case else turn


def withdraw(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take back what was passed on last."""
    case = talking(conversation)
    _ = words(conversation, context)
    if case is None:
        return say(conversation, context, text(_("There is nothing I could take back.")), options=[to_menu(_)])
    done = text(_("I have taken back your last message to request {number}.").format(number=case.number))
    turn = say(remember(conversation, passed=None), context, done, options=case_options(case, conversation, context))
    return before((WithdrawFromCase(case.number),), turn)


# ---------------------------------------------------------------- a cry for help


def alarm(turn: Turn, kind: str, event: Event, context: Context) -> Turn:
    """Let the person who has the case, or will have it, know of a safety phrase as well; without one remember it for a while.

    Right after the end of a request, while its last question is open, the cry takes that up again."""
    conversation = with_crisis(turn.conversation, kind, context)
    case, effects = talking(conversation), list(turn.effects)
    if case is None and (case := closing_case(conversation, context)):
        effects.append(ReopenCase(case.number))
        conversation = taken_up(conversation, case, context)
    passed = passed_on(case.number, event, context) if case else None
    if case:
        effects += [*([passed] if passed else []), RaiseCase(case.number)]
    return Turn(conversation, tuple(effects))
