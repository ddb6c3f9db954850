"""The first minute: language, device, city, one notice. Each is asked only while it is missing; a first question is kept for later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue import browse
from bot.dialogue.compose import before, bullets, emergency_line, option, recall, remember, say, text, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import READY, Home, city_name, country_name, home_of, is_settled, nearest_city
from bot.dialogue.lacking import Lacking, of_name, of_text, sentences, served
from bot.model import Block, Conversation, Event, Message, Option, Paragraph, Run, SendMessage, TextReceived, Turn, UseInvite, UseMove

MAX_PENDING = 1000  # characters of a first question that are kept
SHORT_WORDS = 3  # up to so many words, a text that fits no entry is taken for a name, not for a question

MOVE = "m_"  # so the payload of a link begins that brings a contact here from another device

FEW_LANGUAGES = 4  # more questions than that would hide the buttons on a phone
_INVITE = re.compile(r"i_([A-Za-z0-9_-]{1,60})|([A-Za-z0-9]{4}(?:-?[A-Za-z0-9]{4}){4,9})")  # the code of an invitation, in a link or alone

# ---------------------------------------------------------------- what to ask next


def proceed(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Ask for what is still missing; when nothing is, welcome the contact."""
    if conversation.locale not in context.locales:
        return ask_language(conversation, context, *lead)
    if context.shared_device and not recall(conversation, "device"):
        return ask_device(conversation, context, *lead)
    home = home_of(conversation, context)
    if home is None:
        return ask_city(conversation, context, *lead)
    return _welcome(conversation, home, context, *lead)


def again(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Show the present step once more, after some words of explanation."""
    if conversation.state == "language":
        return ask_language(conversation, context, *lead)
    if conversation.state == "city" and conversation.locale in context.locales:
        return ask_city(conversation, context, *lead)
    return proceed(conversation, context, *lead)


def start(conversation: Conversation, payload: str, context: Context) -> Turn:
    """Greet, or open the entry a link names ("e_madrid_egov_nie"), as soon as language and city are known; or use up a code."""
    invite = _INVITE.fullmatch(payload)
    if invite:
        return Turn(conversation, (UseInvite(invite[1] or invite[2]),))
    if payload.startswith(MOVE):
        return Turn(conversation, (UseMove(payload.removeprefix(MOVE)),))
    linked = _linked(payload, context)
    if linked:
        city, entry_id = linked
        area = conversation.area if conversation.city == city else None
        conversation = remember(replace(conversation, city=city, area=area), open=f"entry:{entry_id}", country=None)
    if not is_settled(conversation, context):
        return proceed(conversation, context)
    ready = replace(conversation, state=READY)
    _ = words(ready, context)
    return Turn(ready) if linked else proceed(ready, context, text(_("Hello again!")))


def desk(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Ask for the way into the web desk, which only somebody who is staff gets."""
    return Turn(conversation, (UseInvite(""),))


def _linked(payload: str, context: Context) -> tuple[str, str] | None:
    parts = payload.split("_")
    if len(parts) != 4 or parts[0] != "e":
        return None
    city = context.knowledge.cities.get(parts[1])
    entry_id = f"{parts[2]}.{parts[3]}"
    return (parts[1], entry_id) if city and entry_id in city.entries else None


# ---------------------------------------------------------------- language


def ask_language(conversation: Conversation, context: Context, *lead: Block, among: Sequence[str] = ()) -> Turn:
    """Offer every language by its own name, the likely one first; ask in each of a few, of many in that one and in English.

    `among`: offer only these, and the way to the others."""
    first = tongue(conversation, context)
    order = list(among) or [first, *(locale for locale in context.locales if locale != first)]
    _ = context.translator(first).gettext
    is_new = conversation.locale is None and conversation.state == "new"
    hello = [text(_("Hello! I am Dragoman. I help you find the services of your city."))] if is_new else []
    asking_in = order if len(order) <= FEW_LANGUAGES else dict.fromkeys((first, "en"))
    asked = [_language_question(locale, context) for locale in asking_in]
    options = [option("language", locale, context.language_name(locale)) for locale in order]
    others = [option("do", "language", _("Other languages"))] if among else []
    asking = replace(conversation, state="language")
    return say(asking, context, *hello, *lead, *asked, options=[*options, *others])


def _language_question(locale: str, context: Context) -> Paragraph:
    _ = context.translator(locale).gettext
    return Paragraph((Run(_("Which language do you prefer?"), isolate=True),))


def choose_language(conversation: Conversation, locale: str, context: Context, *lead: Block) -> Turn:
    """Take the language that was chosen, after some words of explanation."""
    if locale not in context.locales:
        return Turn(conversation)
    state = READY if conversation.state == "language" else conversation.state
    return proceed(remember(replace(conversation, locale=locale, state=state), hint=None), context, *lead)


def language_command(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Ask for the language anew, or take the one named behind the command."""
    lacking = of_name(conversation, argument, context) if argument else None
    if lacking:
        return _without(lacking, conversation, context)
    named = context.matcher.resolve_language(argument) if argument else None
    return choose_language(conversation, named, context) if named else ask_language(conversation, context)


def language_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Read the name of a language; anything else is kept as the first question."""
    if not isinstance(event, TextReceived):
        return Turn(conversation)
    lacking = _lacking(conversation, event, context)
    if lacking:
        return lacking
    named = context.matcher.resolve_language(event.text)
    if named in context.locales:
        return choose_language(conversation, named or "", context)
    if is_settled(conversation, context):
        return _answer_instead(conversation, event)
    return ask_language(_keep_question(conversation, event, context), context, *_lead(conversation, event, context))


def _lacking(conversation: Conversation, event: TextReceived, context: Context) -> Turn | None:
    """Say openly that we lack the language a text names or is written in, and offer the nearest; a variety of ours is taken as ours."""
    lacking = of_text(conversation, event, context)
    if lacking is None or (conversation.state == "city" and not lacking.is_sure):  # a misspelling is rather an unknown city
        return None
    kept = _keep_question(conversation, event, context) if lacking.is_written else conversation
    return _without(lacking, kept, context)


def _without(lacking: Lacking, conversation: Conversation, context: Context) -> Turn:
    if lacking.serves:
        return choose_language(conversation, lacking.serves, context, served(lacking.serves, context))
    return ask_language(conversation, context, *sentences(lacking, conversation, context), among=lacking.nearest)


# ---------------------------------------------------------------- device


def ask_device(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Ask whether other people use this device, which decides how long the page remembers."""
    _ = words(conversation, context)
    options = [option("device", "own", _("Yes, only mine")), option("device", "shared", _("No, other people use it too"))]
    asking = replace(conversation, state="device")
    why = _("If not, I forget this chat when you close the page.")
    return say(asking, context, *lead, text(_("Is this phone or computer only yours?")), text(why), options=options)


def choose_device(conversation: Conversation, answer: str, context: Context) -> Turn:
    """Note whose device it is and tell the channel with the next message."""
    if answer not in ("own", "shared"):
        return Turn(conversation)
    turn = proceed(remember(conversation, device=answer), context)
    _ = words(conversation, context)
    thanks = say(turn.conversation, context, text(_("Thank you.")))
    first, *others = turn.effects or thanks.effects
    if isinstance(first, SendMessage):
        first = SendMessage(replace(first.message, device="own" if answer == "own" else "shared"))
    return Turn(turn.conversation, (first, *others))


def device_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Keep what was written as the first question and ask for the device again."""
    if not isinstance(event, TextReceived):
        return Turn(conversation)
    return ask_device(_keep_question(conversation, event, context), context, *_lead(conversation, event, context))


# ---------------------------------------------------------------- city


def ask_city(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Offer the cities we know, and a way on for people who live elsewhere."""
    _ = words(conversation, context)
    how = _("Choose it, write its name, or share where you are.") if context.location else _("Choose it or write its name.")
    options = [*_cities(conversation, context), option("elsewhere", "", _("My city is not here"))]
    asking = replace(conversation, state="city")
    turn = say(asking, context, *lead, text(_("Which city do you live in?"), how), options=options)
    return _with_location(turn) if context.location else turn


def _with_location(turn: Turn) -> Turn:
    effects = tuple(SendMessage(replace(e.message, ask_location=True)) if isinstance(e, SendMessage) else e for e in turn.effects)
    return Turn(turn.conversation, effects)


def _cities(conversation: Conversation, context: Context) -> list[Option]:
    locale = tongue(conversation, context)
    return [option("city", city.slug, city_name(city, locale)) for city in context.knowledge.cities.values()]


def choose_city(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take a city ("madrid") or one of its areas ("madrid:alcorcon")."""
    slug, _colon, area = argument.partition(":")
    city = context.knowledge.cities.get(slug)
    if city is None:
        return Turn(conversation)
    moved = replace(conversation, city=slug, area=area if area in city.areas else None, state=READY)
    return proceed(remember(moved, country=None, entry=None, topic=None), context)


def city_command(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Ask for the city anew, or take the one named behind the command."""
    named = context.matcher.resolve_city(argument) if argument else None
    if named:
        return choose_city(conversation, ":".join(part for part in named if part), context)
    return ask_city(conversation, context) if conversation.locale in context.locales else proceed(conversation, context)


def city_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Read the name of a city or area; a question is kept, an unknown name is called unknown."""
    if not isinstance(event, TextReceived):
        return Turn(conversation)
    named = context.matcher.resolve_city(event.text)
    if named:
        return choose_city(conversation, ":".join(part for part in named if part), context)
    if is_settled(conversation, context):
        return _answer_instead(conversation, event)
    lacking = _lacking(conversation, event, context)
    if lacking:
        return lacking
    lead = _lead(conversation, event, context)
    kept = _keep_question(conversation, event, context)
    _ = words(conversation, context)
    if not lead and kept == conversation:
        lead = (text(_("I do not know a city with this name.")),)
    return ask_city(kept, context, *lead)


def city_at(conversation: Conversation, latitude: float, longitude: float, context: Context) -> Turn:
    """Take the city around a shared place, or say that there is none of ours."""
    city = nearest_city((latitude, longitude), context)
    if city:
        return choose_city(conversation, city.slug, context)
    _ = words(conversation, context)
    return again(conversation, context, text(_("I do not know a city near this place.")))


# ---------------------------------------------------------------- elsewhere


def elsewhere(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Say that the city is not among ours, give the emergency number, and offer what holds in a whole country."""
    _ = words(conversation, context)
    translate_country = _countries(conversation, context)
    options = [option("country", code, name) for code, name in translate_country.items()]
    blocks = (
        text(_("I do not know your city yet, so I cannot name its offices.")),
        emergency_line(_),
        text(_("I can tell you what holds in the whole country. Which country do you live in?")),
    )
    back = option("do", "city", _("Back to the cities"))
    return say(replace(conversation, state="city"), context, *blocks, options=(*options, back))


def _countries(conversation: Conversation, context: Context) -> dict[str, str]:
    locale = tongue(conversation, context)
    codes = dict.fromkeys(city.country for city in context.knowledge.cities.values())
    return {code: country_name(code, locale) for code in codes}


def choose_country(conversation: Conversation, code: str, context: Context) -> Turn:
    """Go on without a city, with what holds in a country."""
    if code not in {city.country for city in context.knowledge.cities.values()}:
        return Turn(conversation)
    moved = replace(conversation, city=None, area=None, state=READY)
    return proceed(remember(moved, country=code, entry=None, topic=None), context)


# ---------------------------------------------------------------- welcome


def _welcome(conversation: Conversation, home: Home, context: Context, *lead: Block) -> Turn:
    """Show the notice once, then the menu; a kept question or link is answered instead by the engine, right after."""
    ready = replace(conversation, state=READY)
    first: tuple[SendMessage, ...] = ()
    if not ready.data.get("noticed"):
        first = (SendMessage(_notice(ready, home, context)),)
        ready = remember(ready, noticed=True)
    if recall(ready, "open") or recall(ready, "pending"):
        return Turn(ready, first)
    return before(first, browse.menu_of(ready, home, context, *lead))


def _notice(conversation: Conversation, home: Home, context: Context) -> Message:
    translator = context.translator(tongue(conversation, context))
    _ = translator.gettext
    hours = context.history_hours
    kept = translator.ngettext(
        "This chat is erased {n} hour after the last message. /delete erases it at once.",
        "This chat is erased {n} hours after the last message. /delete erases it at once.",
        hours,
    ).format(n=hours)
    lines = [_("I am a bot, a computer program."), _runs_this(conversation, home, context), _("I give information, not legal advice.")]
    lines += [_reads_along(conversation, context), kept]
    return Message(locale=translator.locale, blocks=(bullets(line for line in lines if line),))


def _runs_this(conversation: Conversation, home: Home, context: Context) -> str:
    _ = words(conversation, context)
    organisation = home.city.organisations.get(home.city.controller or "")
    if home.local and organisation:
        return _("{organisation} runs this bot.").format(organisation=organisation.name)
    return _("No organisation of the city has taken responsibility for this bot yet. It answers from public pages.")


def _reads_along(conversation: Conversation, context: Context) -> str:
    _ = words(conversation, context)
    return {
        "telegram": _("Telegram can read what we write here."),
        "whatsapp": _("WhatsApp's company, Meta, can read what we write here."),
        "web": _("What you write goes straight to us. No other company reads along."),
        "terminal": _("What you write stays on this computer."),
    }.get(context.channel, "")


# ---------------------------------------------------------------- questions that come too early


def _keep_question(conversation: Conversation, event: TextReceived, context: Context) -> Conversation:
    """Keep a question for after the first steps; in a language of ours, that language is offered first."""
    understood = event.understood
    if understood and understood.outcome == "smalltalk":
        return conversation
    if not _looks_like_question(event.text, conversation, context):
        return conversation
    return remember(conversation, pending=event.text[:MAX_PENDING])


def _looks_like_question(written: str, conversation: Conversation, context: Context) -> bool:
    if len(written.split()) > SHORT_WORDS:
        return True
    meanings = (context.matcher.understand(written, slug, conversation.locale) for slug in context.knowledge.cities)
    return any(meaning.outcome in ("answer", "suggest") for meaning in meanings)


def _answer_instead(conversation: Conversation, event: TextReceived) -> Turn:
    """Leave a question about language or city that was only asked anew; the engine answers what was written instead."""
    return Turn(remember(replace(conversation, state=READY), pending=event.text[:MAX_PENDING]))


def _lead(conversation: Conversation, event: TextReceived, context: Context) -> tuple[Block, ...]:
    """Answer small talk, or say that the question is kept."""
    _ = words(conversation, context)
    understood = event.understood
    kind = context.knowledge.smalltalk.get((understood.smalltalk if understood else None) or "")
    if kind and kind.slug != "greeting":
        reply = kind.reply.get(tongue(conversation, context))
        return (text(reply),) if reply else ()
    if not kind and _looks_like_question(event.text, conversation, context):
        return (text(_("I will answer your question right after this.")),)
    return ()


def first_contact(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Begin: keep a first question, then ask for what is missing."""
    if not isinstance(event, TextReceived):
        return Turn(conversation)
    lacking = None if conversation.locale in context.locales else _lacking(conversation, event, context)
    if lacking:
        return lacking
    return proceed(_keep_question(conversation, event, context), context, *_lead(conversation, event, context))
