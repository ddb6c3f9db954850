"""Answers to what no state expects: an old button, a voice message, a shared place, an unknown command, a turn that failed."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import after, handoff, intake, pools, review
from bot.dialogue.compose import option, recall, remember, text, to_menu, tongue, with_message, words
from bot.dialogue.context import Context
from bot.dialogue.home import READY, home_of
from bot.dialogue.onboarding import again, city_at
from bot.dialogue.places import near
from bot.dialogue.requests import aside_of, talking
from bot.model import Block, Conversation, Event, LocationShared, MediaReceived, Message, Turn


def here(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Show the present step once more: a question of ours, a request that is open, else what onboarding or the menu show."""
    if intake.is_asking(conversation):
        return intake.question(conversation, context, *lead)
    if review.is_asking(conversation):
        return review.ask_again(conversation, context, *lead)
    pool = _pool_question(conversation, context)
    if pool.effects:
        return with_message(pool, lambda message: replace(message, blocks=(*lead, *message.blocks)))
    if conversation.state in (READY, "new") and talking(conversation) and not aside_of(conversation):
        return handoff.status(conversation, context, *lead)
    return again(conversation, context, *lead)


def _pool_question(conversation: Conversation, context: Context) -> Turn:
    """Ask once more what was asked about an interpreter or another helper; nothing where that is forgotten, or no such question is open."""
    match conversation.state:
        case "pool-write":
            return pools.write(conversation, recall(conversation, "write_to"), context)
        case "pool-when" if recall(conversation, "pool") == "interpreter":
            return pools.interp(conversation, recall(conversation, "pool_language"), context)
        case "pool-when" | "pool-language":
            return pools.pool(conversation, recall(conversation, "pool"), context)
        case _:
            return Turn(conversation)


def expired(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Say that a button is from an earlier message, and show the present step."""
    if conversation.state == "new":
        return here(conversation, context)
    _ = words(conversation, context)
    return here(conversation, context, text(_("This button is from an earlier message. We are here now:")))


def unknown_command(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Say that there is no such command, and show the present step."""
    _ = words(conversation, context)
    return here(conversation, context, text(_("I do not know this command.")))


def media(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Say kindly what cannot be read yet, and what to do instead."""
    further = pools.write_file(conversation, event, context) or _further_file(conversation, event, context)
    if further or not isinstance(event, MediaReceived):
        return further or here(conversation, context)
    _ = words(conversation, context)
    if event.media in ("voice", "audio"):
        cannot = _("I cannot listen to voice messages yet.")
    elif event.media in ("photo", "video", "document"):
        cannot = _("I cannot look at pictures or files yet. I have not kept it.")
    else:
        cannot = _("I can only read text.")
    instead = _("Please write in your own words, or choose a button. The people in an office can help too.")
    return here(remember(conversation, album=event.album or None), context, text(cannot, instead))


def _further_file(conversation: Conversation, event: Event, context: Context) -> Turn | None:
    """Take a file right after the end of a request for one more of it, unless it is meant for somebody else."""
    return None if pools.is_written(conversation, event) else after.further_file(conversation, event, context)


def location(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Find the city around a shared place while it is asked for, afterwards the offices near it."""
    if not isinstance(event, LocationShared):
        return here(conversation, context)
    written = pools.write_file(conversation, event, context)
    if written:
        return written
    if conversation.state == "city" or home_of(conversation, context) is None:
        return city_at(conversation, event.latitude, event.longitude, context)
    return near(conversation, event, context)


def apology(context: Context, conversation: Conversation) -> Message:
    """Say one plain sentence when a turn failed, with the way to a person."""
    _ = words(conversation, context)
    sorry = text(_("Something went wrong on my side. I am sorry. Please try again, or talk to a person."))
    options = (option("do", "human", _("☎ Talk to a person")), to_menu(_))
    return Message(locale=tongue(conversation, context), blocks=(sorry,), options=options)


def too_many(context: Context, conversation: Conversation) -> Message:
    """Say that not everything was read, to who wrote more than anybody can read; with the way to a person."""
    _ = words(conversation, context)
    said = text(_("You wrote more messages than I can read. I did not read some of them. Please write the most important one again."))
    return Message(locale=tongue(conversation, context), blocks=(said,), options=(option("do", "human", _("☎ Talk to a person")),))
