"""The one verb: `step`. What the desk did is told; else safety first, then commands, options, a person who listens, and the state."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import intake, keeping, pools, talk
from bot.dialogue.choices import offer, typed
from bot.dialogue.compose import before, recall, remember
from bot.dialogue.context import Context, Handler
from bot.dialogue.fallbacks import here
from bot.dialogue.home import READY, home_of, is_settled
from bot.dialogue.safety import crisis, with_number
from bot.dialogue.table import ENTRY_POINTS, FALLBACKS, INVITED, NEWS, OPTIONS, STATES
from bot.model import (
    CaseNews,
    CommandReceived,
    ContactLeft,
    Conversation,
    DeskEvent,
    Event,
    GroupEvent,
    MediaReceived,
    OptionChosen,
    TextReceived,
    Turn,
    Understanding,
)


def step(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Decide what an event means for a conversation: what is remembered, and what is said.

    Pure and total: the same arguments give the same turn, and nothing a contact does raises. `version` is left as it was."""
    if isinstance(event, ContactLeft):
        return Turn(replace(conversation, options=()))
    if isinstance(event, GroupEvent):
        return Turn(conversation)
    if isinstance(event, DeskEvent):
        return offer(_told(conversation, event, context), context)
    if isinstance(event, TextReceived):
        event = _understood(conversation, event, context)
    known = _with_hint(conversation, event, context)
    cry = _cry(known, event, context)
    if cry:
        return offer(talk.alarm(crisis(keeping.forgotten(_first_page(known)), cry, context), cry.safety or "", event, context), context)
    if isinstance(event, MediaReceived) and _is_answered_album(known, event, context):
        return Turn(known)
    command = _command(event)
    turn = _run(known, command, context) if command else _heard(known, event, context)
    turn = with_number(_resumed(turn, event, context), event, context)
    return offer(talk.with_way_back(keeping.with_offer(turn, event, context), context), context)


def _told(conversation: Conversation, event: DeskEvent, context: Context) -> Turn:
    turn = pools.news(conversation, event, context) if isinstance(event, CaseNews) else None
    return turn or NEWS[event.kind](conversation, event, context)


def _is_answered_album(conversation: Conversation, event: MediaReceived, context: Context) -> bool:
    """Say whether a picture belongs to an album whose first picture has been answered, and nobody looks at it."""
    return bool(event.album) and recall(conversation, "album") == event.album and not talk.is_heard(conversation, event, context)


# ---------------------------------------------------------------- what an event is


def _understood(conversation: Conversation, event: TextReceived, context: Context) -> TextReceived:
    """Understand a text anew where city or language are not those it was understood for."""
    home = home_of(conversation, context)
    wanted = (home.city.slug if home else None, conversation.locale)
    if event.understood and (event.understood.city, event.understood.locale) == wanted:
        return event
    return replace(event, understood=context.matcher.understand(event.text, *wanted))


def _cry(conversation: Conversation, event: Event, context: Context) -> Understanding | None:
    """Return what a text means that sounds like a crisis, also behind a command ("/human he beats me") or under a photo."""
    beside = event.caption if isinstance(event, MediaReceived) else ""
    if isinstance(event, CommandReceived) and "_" not in event.argument:  # with one it is the payload of a link
        beside = event.argument
    if beside:
        event = _understood(conversation, TextReceived(text=beside, at=event.at), context)
    understood = event.understood if isinstance(event, TextReceived) else None
    return understood if understood and understood.outcome == "emergency" else None


def _with_hint(conversation: Conversation, event: Event, context: Context) -> Conversation:
    """Until a language is chosen, remember which one a text is written in, else which one the platform names."""
    if conversation.locale:
        return conversation
    written = event.understood.language if isinstance(event, TextReceived) and event.understood else None
    hint = context.negotiate(written, context.locales)
    if not hint and not recall(conversation, "hint"):
        hint = context.negotiate(event.locale_hint, context.locales)
    return remember(conversation, hint=hint) if hint else conversation


def _command(event: Event) -> CommandReceived | None:
    """Return the command an event is: a channel's own, a typed one, or a button that stands for one."""
    if isinstance(event, CommandReceived):
        return event
    said = event.option_id.replace("do:", "/", 1) if isinstance(event, OptionChosen) and event.option_id.startswith("do:") else ""
    said = event.text.strip() if isinstance(event, TextReceived) else said
    name, _space, argument = said[1:].partition(" ")
    if said.startswith("/") and name.lower() in ENTRY_POINTS:
        return CommandReceived(name=name.lower(), argument=argument.strip(), at=event.at, locale_hint=event.locale_hint)
    return None


# ---------------------------------------------------------------- who answers it


def _run(conversation: Conversation, command: CommandReceived, context: Context) -> Turn:
    handler = ENTRY_POINTS.get(command.name)
    if handler is None or (command.name in INVITED and conversation.reviews is None):
        return FALLBACKS["command"](_first_page(conversation), command, context)
    return handler(_first_page(_unasked(conversation, context)), command.argument, context)


def _unasked(conversation: Conversation, context: Context) -> Conversation:
    """Leave a question that belongs to asking for a person: a command does."""
    if not conversation.state.startswith(talk.QUESTIONS):
        return conversation
    return replace(conversation, state=READY if is_settled(conversation, context) else "new")


def _heard(conversation: Conversation, event: Event, context: Context) -> Turn:
    option_id = _option_of(conversation, event, context)
    first = _first_page(conversation)
    if option_id is not None:
        return _choose(first, option_id, event, context)
    if talk.is_heard(first, event, context):
        return talk.hear(first, event, context)
    if isinstance(event, TextReceived):
        return _state(first, context)(first, event, context)
    return FALLBACKS[event.kind](first, event, context)


def _option_of(conversation: Conversation, event: Event, context: Context) -> str | None:
    """Return the option that was pressed, or typed by its number or words where that is what a text means."""
    if isinstance(event, OptionChosen):
        return event.option_id
    if not isinstance(event, TextReceived) or intake.is_count(conversation, event.text):
        return None
    option_id = typed(conversation, event.text, context)
    return option_id if option_id and talk.may_type(conversation, option_id, event, context) else None


def _choose(conversation: Conversation, option_id: str, event: Event, context: Context) -> Turn:
    verb, _colon, argument = option_id.partition(":")
    if verb == "do" and argument in ENTRY_POINTS:
        return ENTRY_POINTS[argument](conversation, "", context)
    handler = OPTIONS.get(verb)
    return handler(conversation, argument, context) if handler else FALLBACKS["option"](conversation, event, context)


def _state(conversation: Conversation, context: Context) -> Handler:
    """Return the handler of the state; a state that is unknown, or ready without all it needs, begins anew."""
    if conversation.state == READY and not is_settled(conversation, context):
        return STATES["new"]
    return STATES.get(conversation.state, STATES["new"])


def _first_page(conversation: Conversation) -> Conversation:
    return remember(conversation, page=None) if "page" in conversation.recent else conversation


# ---------------------------------------------------------------- never silence


def _resumed(turn: Turn, event: Event, context: Context) -> Turn:
    """Show the present step where a handler said nothing, and answer what was kept from before the first questions, once."""
    if not turn.effects and not _waits(turn.conversation, context):
        turn = here(turn.conversation, context)
    if _waits(turn.conversation, context):
        opened, pending = recall(turn.conversation, "open"), recall(turn.conversation, "pending")
        ready = remember(turn.conversation, open=None, pending=None)
        if opened:
            turn = before(turn.effects, _choose(ready, opened, event, context))
        if pending:
            turn = before(turn.effects, _answer(turn.conversation if opened else ready, pending, event, context))
    return turn if turn.effects else here(turn.conversation, context)


def _waits(conversation: Conversation, context: Context) -> bool:
    kept = recall(conversation, "open") or recall(conversation, "pending")
    return bool(kept) and conversation.state == READY and is_settled(conversation, context)


def _answer(conversation: Conversation, written: str, event: Event, context: Context) -> Turn:
    text = _understood(conversation, TextReceived(text=written, at=event.at), context)
    if text.understood and text.understood.outcome == "emergency":
        return crisis(keeping.forgotten(conversation), text.understood, context)
    return STATES[READY](conversation, text, context)
