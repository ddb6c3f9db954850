"""Where people can be asked in a city whose desk has nobody: that is said plainly, with its offices. And: silence, leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.dialogue.browse import menu_of
from bot.dialogue.compose import emergency_line, option, recall, remember, say, text, to_menu, tongue, with_options, words
from bot.dialogue.context import Context
from bot.dialogue.home import READY, Home, home_of, is_settled
from bot.dialogue.onboarding import proceed
from bot.dialogue.places import MAX_PLACES, Office, cards, offices, openness
from bot.dialogue.requests import end_options
from bot.model import Block, Conversation, Option, Turn

EMERGENCY = "emergency"  # the topic whose lines are for crises, not for questions


def ask_where(conversation: Conversation, context: Context) -> Turn:
    """Ask for the city of a contact who asks for a person, and come back to it afterwards."""
    _ = words(conversation, context)
    first = text(_("I can show you the people who help in your city. First I need to know where you live."))
    return proceed(remember(conversation, open="do:human"), context, first, emergency_line(_))


def offices_of(conversation: Conversation, home: Home, context: Context, *lead: Block) -> Turn:
    """Show the offices that speak to people: open ones first, then those for the topic of the last answer."""
    _ = words(conversation, context)
    found = speaking(conversation, home, context)
    none_here = text(_("No person can answer in this chat yet."))
    options = [*(helpers(conversation, _) if home.local else ()), to_menu(_)]
    if not home.local or not found:
        ask = text(_("I know no office for you. Ask at the town hall where you live."))
        return say(conversation, context, *lead, none_here, ask, emergency_line(_), options=options)
    here = text(_("But people help you at these offices. You can call or go there:"))
    shown = cards(found, home, tongue(conversation, context), context)
    return say(conversation, context, *lead, none_here, here, *shown, emergency_line(_), options=options)


def helpers(conversation: Conversation, _: Callable[[str], str]) -> list[Option]:
    """Return what can be asked for where nobody of a desk answers: the card for an interpreter always, others where they are."""
    known = [
        option("pool", "interpreter", _("I need an interpreter")),
        option("pool", "companion", _("Somebody who comes along or calls for me")),
        option("pool", "mentor", _("A mentor who stays in touch")),
    ]
    return [choice for choice in known if choice.id == "pool:interpreter" or choice.id.removeprefix("pool:") in conversation.pools]


def speaking(conversation: Conversation, home: Home, context: Context) -> list[Office]:
    """Return the offices that speak to people: open ones first, then those for the topic of the last answer."""
    last = home.entry(recall(conversation, "entry"))
    topic = last.topic if last else "support"
    slugs = [slug for slug, place in home.city.places.items() if place.speaks_to_people]
    found = offices(slugs, conversation, home, context)
    if topic != EMERGENCY:
        found = [office for office in found if set(office.place.topics) != {EMERGENCY}]
    return sorted(found, key=lambda office: (openness(office), topic not in office.place.topics, _is_mute(office)))[:MAX_PLACES]


def _is_mute(office: Office) -> bool:
    """Say whether we know neither where an office is nor how to call it."""
    return not (office.place.phone or office.place.short or office.place.address)


def stop(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Promise silence; nothing else changes. What a person was asked is still answered."""
    _ = words(conversation, context)
    promise = text(_("I will not write to you unless you write first."), _("To erase everything, write /delete."))
    options = [*end_options(conversation, context), to_menu(_)]
    still = text(_("The answer to your request still comes here. If you do not want it, end the request."))
    return say(conversation, context, promise, *([still] if len(options) > 1 else []), options=options)


def cancel(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Drop whatever was going on and show the menu, or the first question that is still open; a request stays, and may be ended."""
    home = home_of(conversation, context)
    dropped = remember(conversation, pending=None, open=None, misses=None)
    if home is None or not is_settled(dropped, context):
        return proceed(dropped, context)
    _ = words(conversation, context)
    turn = menu_of(replace(dropped, state=READY), home, context, text(_("All right, we leave that.")))
    return with_options(turn, end_options(conversation, context))
