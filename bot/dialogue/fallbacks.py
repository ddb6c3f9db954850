"""Answers to what no state expects: an old button, a voice message, a shared place, an unknown command, a turn that failed."""

from __future__ import annotations

from bot.dialogue.compose import option, text, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import home_of
from bot.dialogue.onboarding import again, city_at
from bot.dialogue.places import near
from bot.model import Conversation, Event, LocationShared, MediaReceived, Message, Turn


def expired(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Say that a button is from an earlier message, and show the present step."""
    if conversation.state == "new":
        return again(conversation, context)
    _ = words(conversation, context)
    return again(conversation, context, text(_("This button is from an earlier message. We are here now:")))


def unknown_command(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Say that there is no such command, and show the present step."""
    _ = words(conversation, context)
    return again(conversation, context, text(_("I do not know this command.")))


def media(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Say kindly what cannot be read yet, and what to do instead."""
    if not isinstance(event, MediaReceived):
        return again(conversation, context)
    _ = words(conversation, context)
    if event.media in ("voice", "audio"):
        cannot = _("I cannot listen to voice messages yet.")
    elif event.media in ("photo", "video", "document"):
        cannot = _("I cannot look at pictures or files yet. I have not kept it.")
    else:
        cannot = _("I can only read text.")
    return again(
        conversation, context, text(cannot, _("Please write in your own words, or choose a button. The people in an office can help too."))
    )


def location(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Find the city around a shared place while it is asked for, afterwards the offices near it."""
    if not isinstance(event, LocationShared):
        return again(conversation, context)
    if conversation.state == "city" or home_of(conversation, context) is None:
        return city_at(conversation, event.latitude, event.longitude, context)
    return near(conversation, event, context)


def apology(context: Context, conversation: Conversation) -> Message:
    """Say one plain sentence when a turn failed, with the way to a person."""
    _ = words(conversation, context)
    sorry = text(_("Something went wrong on my side. I am sorry. Please try again, or talk to a person."))
    options = (option("do", "human", _("☎ Talk to a person")), option("do", "menu", _("☰ All topics")))
    return Message(locale=tongue(conversation, context), blocks=(sorry,), options=options)
