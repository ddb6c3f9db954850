"""Asking for an interpreter, a companion or a mentor, saying yes to one, and writing to one another; the bot goes on talking all the while.

What either side is told meanwhile is in poolnews."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.cases import POOL, Case, CaseKind
from bot.dialogue import appointments, deadlines
from bot.dialogue.compose import before, option, recall, remember, say, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.handoff import badge_words, passed_on, unbadge
from bot.dialogue.home import READY, Home, at_home, home_of, is_settled
from bot.dialogue.human import offices_of
from bot.dialogue.poolnews import news
from bot.dialogue.poolwords import card, case_options, moment, tools, what
from bot.dialogue.requests import MAX_NUMBER_DIGITS, case_of, open_of_kind
from bot.dialogue.tongues import COMMON, both_names, is_language, search
from bot.dialogue.waiting import desk_of, topic_of
from bot.matching.normalise import normalise
from bot.model import (
    AgreeToHelper,
    AnswerOffer,
    Block,
    Conversation,
    Event,
    MediaReceived,
    OpenCase,
    Option,
    SendMessage,
    TextReceived,
    Turn,
    WriteAsHelper,
)

__all__ = [
    "again",
    "agree",
    "interp",
    "is_written",
    "language_text",
    "news",
    "offer",
    "pool",
    "when",
    "when_text",
    "write",
    "write_file",
    "write_text",
]

LIKELY = 9  # languages offered first
HOURS = ("09:00", "10:00", "11:00", "12:00", "13:00", "16:00", "17:00", "18:00")  # offered; any other can be typed
EARLIEST_MIN = 15  # an appointment lies at least so far ahead
LATEST_DAYS = 366
GENDERS = ("woman", "man", "any")
_NOW = frozenset({  # normalised
    "ahora", "ya", "ahora mismo", "cuanto antes", "lo antes posible", "urgente", "now", "right now", "asap", "soon", "as soon as possible",
    "urgent", "الان", "حالا", "فورا", "هلا", "باسرع وقت", "في اسرع وقت", "في اقرب وقت", "عاجل",
})  # fmt: skip
_MEANS_NOTHING = frozenset({  # beside a time; normalised
    "a", "about", "around", "at", "on", "the", "to", "please", "thanks", "thank", "you", "clock", "o", "de", "el", "la", "las", "sobre",
    "por", "favor", "gracias", "y", "hora", "horas", "hrs", "في", "حوالي", "على", "تمام", "من", "فضلك", "لو", "سمحت", "شكرا",
})  # fmt: skip
_FORGOTTEN = ("pool", "pool_language", "pool_day", "pool_when")


# ---------------------------------------------------------------- asking for a helper


@at_home
def pool(conversation: Conversation, kind: str, home: Home, context: Context) -> Turn:
    """Ask what has to be known before a helper is looked for ("interpreter", "companion", "mentor")."""
    wanted = _kind(kind)
    if wanted is None:
        return Turn(conversation)
    already = open_of_kind(conversation, wanted)
    if already:
        return _stands(conversation, already, context)
    asking = remember(_forget(conversation), pool=wanted)
    if wanted == "interpreter":
        return _ask_language(asking, home, context)
    if not _serves(wanted, conversation, home):
        return offices_of(conversation, home, context)
    return _ask_when(asking, context) if wanted == "companion" else _ask_gender(asking, "soon", context)


def again(conversation: Conversation, case: Case, context: Context) -> Turn:
    """Ask anew for a helper whose appointment is over: for when they are wanted now."""
    return interp(conversation, case.language, context) if case.language else pool(conversation, case.kind, context)


def _serves(kind: CaseKind, conversation: Conversation, home: Home) -> bool:
    """Say whether anybody here would see a request of this kind: such a helper, or the desk."""
    return home.local and (conversation.staffed or kind in conversation.pools)


def _kind(name: str) -> CaseKind | None:
    return next((kind for kind in POOL if kind == name), None)


def _forget(conversation: Conversation) -> Conversation:
    return remember(conversation, **dict.fromkeys(_FORGOTTEN))


def _stands(conversation: Conversation, case: Case, context: Context) -> Turn:
    """Say how the request stands that is open already."""
    _ = words(conversation, context)
    here = _("You have asked for this: {what}. Your request has the number {number}.")
    line = here.format(what=what(case, conversation, context), number=case.number)
    when_line = _("When: {when}.").format(when=moment(case, conversation, context).text)
    return say(conversation, context, text(line, when_line), options=case_options(case, conversation, context))


def _rest(conversation: Conversation, context: Context) -> Conversation:
    """Leave a question of ours."""
    return replace(conversation, state=READY if is_settled(conversation, context) else "new")


def _cancel(conversation: Conversation, context: Context) -> Option:
    _ = words(conversation, context)
    return option("do", "cancel", _("Cancel"), "quiet")


# ---------------------------------------------------------------- which language


def _ask_language(conversation: Conversation, home: Home, context: Context, *lead: Block, tags: Sequence[str] = ()) -> Turn:
    """Ask for a language: `tags`, else the likely ones; every other one is found by its name."""
    _, locale = words(conversation, context), tongue(conversation, context)
    likely = _likely(conversation, home, context)
    more = [] if tags else [option("interp", "more", _("Other languages"))]
    options = [*(option("interp", tag, both_names(tag, locale)) for tag in tags or likely[:LIKELY]), *more]
    ask = text(_("Which language do you need an interpreter for?"), _("Choose, or write its name: I know nearly all languages."))
    asking = replace(conversation, state="pool-language")
    return say(asking, context, *lead, ask, options=[*options, _cancel(conversation, context)])


def _likely(conversation: Conversation, home: Home, context: Context) -> list[str]:
    """Return the language of the chat, those of the city and common ones, without that of the country."""
    spoken = (tongue(conversation, context), *home.city.languages, *COMMON)
    return [tag for tag in dict.fromkeys(tag.partition("-")[0] for tag in spoken) if tag != home.city.host_language and is_language(tag)]


def language_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Take the name of a language somebody typed, in any of our languages or its own."""
    home = home_of(conversation, context)
    if home is None or not isinstance(event, TextReceived):
        return Turn(conversation)
    found = search(event.text, tuple(dict.fromkeys((tongue(conversation, context), *context.locales, *home.city.languages))))
    if found.is_sure:
        return interp(conversation, found.tags[0], context)
    _ = words(conversation, context)
    unsure = _("Which of these do you mean?") if found.tags else _("I do not know a language of that name.")
    return _ask_language(conversation, home, context, text(unsure), tags=found.tags)


@at_home
def interp(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Take a language; "more" shows further ones, "card:ar" the card for one once more."""
    if argument == "more":
        return _ask_language(conversation, home, context, tags=_likely(conversation, home, context)[LIKELY:])
    tag = argument.removeprefix("card:")
    if not is_language(tag):
        return Turn(conversation)
    if argument.startswith("card:") or not _serves("interpreter", conversation, home):
        return _show_card(_rest(conversation, context), tag, home, context)
    already = open_of_kind(conversation, "interpreter")
    if already:
        return _stands(conversation, already, context)
    _, locale = words(conversation, context), tongue(conversation, context)
    chosen = text(_("An interpreter: {language}.").format(language=both_names(tag, locale)))
    return _ask_when(remember(_forget(conversation), pool="interpreter", pool_language=tag), context, chosen)


def _show_card(conversation: Conversation, tag: str, home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    show = text(_("You can show these large letters at a desk."))
    options = [*tools(conversation, home, context, topic_of(conversation, home)), to_menu(_)]
    return before((SendMessage(card(tag, home, conversation, context)),), say(conversation, context, show, options=options))


# ---------------------------------------------------------------- when


def _ask_when(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    _ = words(conversation, context)
    asking = replace(remember(conversation, pool_day=None, pool_when=None), state="pool-when")
    ask = text(_("When do you need somebody?"), _("Choose, or write the day and the time."))
    options = [
        option("when", "soon", _("As soon as possible")),
        option("when", "today", _("Today")),
        option("when", "tomorrow", _("Tomorrow")),
        _cancel(conversation, context),
    ]
    return say(asking, context, *lead, ask, options=options)


def _ask_hour(conversation: Conversation, day: date, home: Home, context: Context, *lead: Block) -> Turn:
    _ = words(conversation, context)
    asking = replace(remember(conversation, pool_day=day.isoformat()), state="pool-when")
    hours = [hour for hour in HOURS if _is_ahead(_moment(day, time.fromisoformat(hour), home), context)]
    options = [option("when", hour.replace(":", ""), hour) for hour in hours]
    ask = text(_("At what time?"), _("Choose, or write it."))
    return say(asking, context, *lead, ask, options=[*options, _cancel(conversation, context)])


def _ask_gender(conversation: Conversation, when_: str, context: Context) -> Turn:
    """Ask whether it matters who comes; `when_` is kept meanwhile."""
    _ = words(conversation, context)
    asking = replace(remember(conversation, pool_when=when_), state="pool-when")
    options = [
        option("when", "woman", _("A woman")),
        option("when", "man", _("A man")),
        option("when", "any", _("It does not matter"), "main"),
        _cancel(conversation, context),
    ]
    return say(asking, context, text(_("Would you rather have a woman or a man?")), options=options)


@at_home
def when(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Take when somebody is needed ("soon", "today", "tomorrow", "1030" on the day given before), or who ("woman", "man", "any")."""
    if _kind(recall(conversation, "pool")) is None:
        return Turn(conversation)
    if argument in GENDERS:
        return _open(conversation, argument, home, context)
    if argument == "soon":
        return _timed(conversation, None, home, context)
    if argument in ("today", "tomorrow"):
        return _ask_hour(conversation, home.today(context) + timedelta(days=argument == "tomorrow"), home, context)
    if re.fullmatch("(?:[01][0-9]|2[0-3])[0-5][0-9]", argument):
        return _at(conversation, _day(conversation) or home.today(context), time(int(argument[:2]), int(argument[2:])), home, context)
    return Turn(conversation)


def _day(conversation: Conversation) -> date | None:
    try:
        return date.fromisoformat(recall(conversation, "pool_day"))
    except ValueError:
        return None


def when_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Take a day and a time somebody typed, together or one after the other."""
    home, kept = home_of(conversation, context), recall(conversation, "pool_when")
    if home is None or not isinstance(event, TextReceived):
        return Turn(conversation)
    if kept:
        return _ask_gender(conversation, kept, context)
    if normalise(event.text[:40]) in _NOW:
        return _timed(conversation, None, home, context)
    known = _day(conversation)
    clock, rest = appointments.split(event.text, has_day=known is not None)
    named = deadlines.parse(rest, tongue(conversation, context), home.today(context), home.city.host_language) if rest else None
    if clock and (named or not _is_unread(rest)):
        return _at(conversation, named or known or _next_day(clock, home, context), clock, home, context)
    _ = words(conversation, context)
    if named and named < home.today(context):
        return _ask_when(conversation, context, text(_("That time has passed.")))
    if named:
        return _ask_hour(conversation, named, home, context)
    unclear = text(_("I did not understand when."))
    return _ask_hour(conversation, known, home, context, unclear) if clock and known else _ask_when(conversation, context, unclear)


def _is_unread(rest: str) -> bool:
    """Say whether something stands beside a time that may be another day, or another time: nobody shall come on a day we guessed."""
    return any(word not in _MEANS_NOTHING for word in normalise(rest).split())


def _next_day(clock: time, home: Home, context: Context) -> date:
    """Return the day on which it is that time next."""
    today = home.today(context)
    return today if _is_ahead(_moment(today, clock, home), context) else today + timedelta(days=1)


def _moment(day: date, clock: time, home: Home) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(home.city.time_zone))


def _is_ahead(moment_: datetime, context: Context) -> bool:
    return moment_ >= context.now + timedelta(minutes=EARLIEST_MIN)


def _at(conversation: Conversation, day: date, clock: time, home: Home, context: Context) -> Turn:
    wanted = _moment(day, clock, home)
    _ = words(conversation, context)
    if not _is_ahead(wanted, context):
        return _ask_when(conversation, context, text(_("That time has passed.")))
    if wanted > context.now + timedelta(days=LATEST_DAYS):
        return _ask_when(conversation, context, text(_("That is too far ahead.")))
    return _timed(conversation, wanted, home, context)


def _timed(conversation: Conversation, wanted: datetime | None, home: Home, context: Context) -> Turn:
    """Go on once the time is known: who comes along is asked about; an interpreter is looked for at once."""
    kept = remember(conversation, pool_when=wanted.isoformat() if wanted else "soon")
    if recall(conversation, "pool") == "interpreter":
        return _open(kept, "any", home, context)
    return _ask_gender(kept, recall(kept, "pool_when"), context)


# ---------------------------------------------------------------- the request


def _open(conversation: Conversation, gender: str, home: Home, context: Context) -> Turn:
    """Make the request; the news of it follows. Nothing of the chat is passed on: helpers get language, topic, place and time only."""
    kind, kept = _kind(recall(conversation, "pool")), recall(conversation, "pool_when")
    if kind is None or not kept:
        return Turn(conversation)
    if not _serves(kind, conversation, home):
        return offices_of(_rest(conversation, context), home, context)
    topic, entry = topic_of(conversation, home), home.entry(recall(conversation, "entry"))
    rule = desk_of(home.city, topic, kind)
    wish = OpenCase(
        kind=kind,
        topic=topic,
        desk=rule.slug if rule else "",
        organisation=rule.organisation if rule else None,
        facts=(("gender", gender),) if gender != "any" else (),
        entry_id=entry.id if entry and entry.topic == topic else "",
        language=recall(conversation, "pool_language") if kind == "interpreter" else "",
        when=None if kept == "soon" else datetime.fromisoformat(kept).astimezone(context.now.tzinfo),
        share="none",
    )
    spoken = replace(_forget(conversation), locale=conversation.locale or tongue(conversation, context))
    return Turn(_rest(spoken, context), (wish,))


def agree(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take the contact's answer to the helper who was found ("214:yes")."""
    number, _colon, answer = argument.partition(":")
    case = case_of(conversation, number)
    if case is None or case.kind not in POOL or case.state != "claimed" or case.agreed or answer not in ("yes", "no"):
        return Turn(conversation)
    if answer == "yes":
        return Turn(conversation, (AgreeToHelper(case.number, agrees=True),))
    _ = words(conversation, context)
    other = say(conversation, context, text(_("All right. I look for somebody else.")), options=[to_menu(_)])
    return before((AgreeToHelper(case.number, agrees=False),), other)


def offer(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take a helper's answer to a request ("214:yes"); the store checks that they were asked."""
    number, _colon, answer = argument.partition(":")
    if not _is_number(number) or answer not in ("yes", "no"):
        return Turn(conversation)
    _ = words(conversation, context)
    asking, thanks = _("Thank you. I am asking whether it suits them, and tell you."), _("All right. Thank you for answering.")
    said = say(conversation, context, text(asking if answer == "yes" else thanks), options=[to_menu(_)])
    return before((AnswerOffer(int(number), accepts=answer == "yes"),), said)


def _is_number(number: str) -> bool:
    return number.isascii() and number.isdecimal() and len(number) <= MAX_NUMBER_DIGITS


# ---------------------------------------------------------------- writing to one another


def write(conversation: Conversation, number: str, context: Context) -> Turn:
    """Let the next text go to the other side of a request."""
    if not _is_number(number):
        return Turn(conversation)
    _ = words(conversation, context)
    own = case_of(conversation, number)
    if own and not (own.is_open and own.agreed):
        return say(conversation, context, _not_settled(own, conversation, context), options=[to_menu(_)])
    writing = replace(remember(conversation, write_to=number), state="pool-write")
    return say(writing, context, text(_("Write now what I shall pass on.")), options=[_cancel(conversation, context)])


def _not_settled(case: Case, conversation: Conversation, context: Context) -> Block:
    _ = words(conversation, context)
    over, early = _("Request {number} is closed."), _("Nobody is settled on for request {number} yet.")
    return text((early if case.is_open else over).format(number=case.number))


def write_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Pass a text on to the other side: to the helper, or, where the request is somebody else's, to the contact."""
    number = recall(conversation, "write_to")
    done = _rest(remember(conversation, write_to=None), context)
    if not isinstance(event, TextReceived) or not event.text.strip() or not _is_number(number):
        return Turn(done)
    _ = words(done, context)
    own = case_of(done, number)
    if own and not (own.is_open and own.agreed):
        return say(done, context, _not_settled(own, done, context), options=[to_menu(_)])
    passed = passed_on(own.number, event, context) if own else _as_helper(int(number), event, context)
    return before((passed,), _passed(done, number, context)) if passed else Turn(done)


def _passed(conversation: Conversation, number: str, context: Context) -> Turn:
    _ = words(conversation, context)
    again = option("write", number, _("Write again"))
    return say(conversation, context, text(_("I have passed it on.")), options=[again, to_menu(_)])


def is_written(conversation: Conversation, event: Event) -> bool:
    """Say whether an event is meant for the other side of a request: what comes after "write", and the further pictures of an album."""
    if conversation.state == "pool-write":
        return True
    return isinstance(event, MediaReceived) and bool(event.album) and recall(conversation, "album_sent") == event.album


def write_file(conversation: Conversation, event: Event, context: Context) -> Turn | None:
    """Pass a contact's file or place on to who helps them, as a text would be; None where it is not for them.

    Of an album only the first picture is acknowledged. Helpers write texts alone."""
    if not is_written(conversation, event):
        return None
    is_first = conversation.state == "pool-write"
    own = case_of(conversation, recall(conversation, "write_to" if is_first else "album_to"))
    passed = passed_on(own.number, event, context) if own and own.is_open and own.agreed else None
    if own is None or passed is None:
        return None
    if not is_first:
        return Turn(conversation, (passed,))
    album = event.album if isinstance(event, MediaReceived) else ""
    done = remember(conversation, write_to=None, album_sent=album or None, album_to=str(own.number))
    return before((passed,), _passed(_rest(done, context), str(own.number), context))


def _as_helper(number: int, event: TextReceived, context: Context) -> WriteAsHelper:
    translated = unbadge(event.translated, badge_words(context)) if event.translated else None
    return WriteAsHelper(number, unbadge(event.text, badge_words(context)), translated)
