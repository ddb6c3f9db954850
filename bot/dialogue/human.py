"""When somebody asks for a person. No advisor desk is connected: that is said plainly, with the offices where people can be asked."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.browse import menu_of
from bot.dialogue.compose import emergency_line, option, recall, remember, say, text, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import READY, Home, home_of, is_settled
from bot.dialogue.onboarding import proceed
from bot.dialogue.places import MAX_PLACES, Office, cards, offices, openness
from bot.model import Block, Conversation, Turn

EMERGENCY = "emergency"  # the topic whose lines are for crises, not for questions


def human(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Show where people can be asked; without a city, first ask for it and come back here."""
    home = home_of(conversation, context)
    if home:
        return offices_of(conversation, home, context)
    _ = words(conversation, context)
    none_here = text(_("No person can answer in this chat yet. I can show you the offices of your city where people help."))
    return proceed(remember(conversation, open="do:human"), context, none_here, emergency_line(_))


def offices_of(conversation: Conversation, home: Home, context: Context, *lead: Block) -> Turn:
    """Show the offices that speak to people: open ones first, then those for the topic of the last answer."""
    _ = words(conversation, context)
    found = _speaking(conversation, home, context)
    none_here = text(_("No person can answer in this chat yet."))
    options = [option("do", "menu", _("☰ All topics"))]
    if not home.local or not found:
        ask = text(_("I know no office for you. Ask at the town hall where you live."))
        return say(conversation, context, *lead, none_here, ask, emergency_line(_), options=options)
    here = text(_("But people help you at these offices. You can call or go there:"))
    shown = cards(found, home, tongue(conversation, context), context)
    return say(conversation, context, *lead, none_here, here, *shown, emergency_line(_), options=options)


def _speaking(conversation: Conversation, home: Home, context: Context) -> list[Office]:
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
    """Promise silence; nothing else changes."""
    _ = words(conversation, context)
    promise = text(_("I will not write to you unless you write first."), _("To erase everything, write /delete."))
    return say(conversation, context, promise, options=[option("do", "menu", _("☰ All topics"))])


def cancel(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Drop whatever was going on and show the menu, or the first question that is still open."""
    home = home_of(conversation, context)
    dropped = remember(conversation, pending=None, open=None, misses=None)
    if home is None or not is_settled(dropped, context):
        return proceed(dropped, context)
    _ = words(conversation, context)
    return menu_of(replace(dropped, state=READY), home, context, text(_("All right, we leave that.")))
