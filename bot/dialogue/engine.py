"""The one verb: `step`. Safety first, then commands, then who owns the conversation, then options, then the state."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.choices import offer, typed
from bot.dialogue.compose import before, recall, remember
from bot.dialogue.context import Context, Handler
from bot.dialogue.home import READY, home_of, is_settled
from bot.dialogue.onboarding import again
from bot.dialogue.safety import crisis
from bot.dialogue.table import ENTRY_POINTS, FALLBACKS, OPTIONS, STATES
from bot.model import CommandReceived, ContactLeft, Conversation, Event, OptionChosen, TextReceived, Turn, Understanding


def step(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Decide what an event means for a conversation: what is remembered, and what is said.

    Pure and total: the same arguments give the same turn, and nothing a contact does raises. `version` is left as it was."""
    if isinstance(event, ContactLeft):
        return Turn(replace(conversation, options=()))
    if isinstance(event, TextReceived):
        event = _understood(conversation, event, context)
    known = _with_hint(conversation, event, context)
    cry = _cry(known, event, context)
    if cry:
        return offer(crisis(_first_page(known), cry, context), context)
    command = _command(event)
    if known.owner != "bot" and not command:
        return Turn(known)
    turn = _run(known, command, context) if command else _heard(known, event, context)
    return offer(_resumed(turn, event, context), context)


# ---------------------------------------------------------------- what an event is


def _understood(conversation: Conversation, event: TextReceived, context: Context) -> TextReceived:
    """Understand a text anew where city or language are not those it was understood for."""
    home = home_of(conversation, context)
    wanted = (home.city.slug if home else None, conversation.locale)
    if event.understood and (event.understood.city, event.understood.locale) == wanted:
        return event
    return replace(event, understood=context.matcher.understand(event.text, *wanted))


def _cry(conversation: Conversation, event: Event, context: Context) -> Understanding | None:
    """Return what a text means that sounds like a crisis, also where it stands behind a command ("/human he beats me")."""
    if isinstance(event, CommandReceived) and event.argument and "_" not in event.argument:  # with one it is the payload of a link
        event = _understood(conversation, TextReceived(text=event.argument, at=event.at), context)
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
    if handler is None:
        return FALLBACKS["command"](_first_page(conversation), command, context)
    return handler(_first_page(conversation), command.argument, context)


def _heard(conversation: Conversation, event: Event, context: Context) -> Turn:
    option_id = event.option_id if isinstance(event, OptionChosen) else None
    if isinstance(event, TextReceived):
        option_id = typed(conversation, event.text, context)
    here = _first_page(conversation)
    if option_id is not None:
        return _choose(here, option_id, event, context)
    if isinstance(event, TextReceived):
        return _state(here, context)(here, event, context)
    return FALLBACKS[event.kind](here, event, context)


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
        turn = again(turn.conversation, context)
    if _waits(turn.conversation, context):
        opened, pending = recall(turn.conversation, "open"), recall(turn.conversation, "pending")
        ready = remember(turn.conversation, open=None, pending=None)
        if opened:
            turn = before(turn.effects, _choose(ready, opened, event, context))
        if pending:
            turn = before(turn.effects, _answer(turn.conversation if opened else ready, pending, event, context))
    return turn if turn.effects else again(turn.conversation, context)


def _waits(conversation: Conversation, context: Context) -> bool:
    kept = recall(conversation, "open") or recall(conversation, "pending")
    return bool(kept) and conversation.state == READY and is_settled(conversation, context)


def _answer(conversation: Conversation, written: str, event: Event, context: Context) -> Turn:
    text = _understood(conversation, TextReceived(text=written, at=event.at), context)
    if text.understood and text.understood.outcome == "emergency":
        return crisis(conversation, text.understood, context)
    return STATES[READY](conversation, text, context)
