"""Interpreters, companions and mentors, on both sides: the contact who asks for one, and the helper who is asked.

The bot goes on talking all the while. Nobody hears a name before both have said yes; then each can write to the other through us."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from bot.cases import POOL, Case
from bot.dialogue import deadlines
from bot.dialogue.browse import entry_options
from bot.dialogue.compose import before, fill, option, recall, remember, say, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.deskwords import pseudonym
from bot.dialogue.home import READY, Home, at_home, city_name, home_of, is_settled
from bot.dialogue.human import offices_of
from bot.dialogue.requests import case_of, open_of_kind
from bot.dialogue.terms import KINDS
from bot.dialogue.tongues import COMMON, both_names, is_language, name_in, search
from bot.dialogue.waiting import desk_of, opening, state_of, topic_of
from bot.knowledge.hours import locale_of
from bot.matching.normalise import normalise
from bot.model import (
    AddToCase,
    AgreeToHelper,
    AnswerOffer,
    Block,
    CaseNews,
    Conversation,
    Event,
    Heading,
    OpenCase,
    Option,
    Paragraph,
    Run,
    TextReceived,
    Turn,
    WriteAsHelper,
)

LIKELY = 9  # languages offered as buttons; every other is found by its name
MAX_WRITTEN = 4000  # characters of one message between helper and contact
HOURS = ("09:00", "10:00", "11:00", "12:00", "13:00", "16:00", "17:00", "18:00")  # offered; any other can be typed
EARLIEST_MIN = 15  # an appointment lies at least so far ahead
_TIME = re.compile(r"(?<!\d)([01]?\d|2[0-3])(?:\s*[:.h]\s*([0-5]\d))?(?!\d)")

# "I need an interpreter for {language}", to be shown at a desk: one sentence per host language, the language named in it.
HOST_CARDS: Mapping[str, str] = {"es": "Necesito un intérprete de {language}.", "en": "I need an interpreter for {language}."}


# ---------------------------------------------------------------- asking for a helper


@at_home
def pool(conversation: Conversation, kind: str, home: Home, context: Context) -> Turn:
    """Ask what has to be known before a helper is looked for ("interpreter", "companion", "mentor")."""
    wanted = next((known for known in POOL if known == kind), None)
    if wanted is None:
        return Turn(conversation)
    already = open_of_kind(conversation, wanted)
    if already:
        return _stands(conversation, already, context)
    asking = remember(conversation, pool=wanted, pool_language=None, pool_day=None)
    if wanted == "interpreter":
        return _ask_language(asking, context)
    if not (home.local and conversation.staffed):
        return offices_of(conversation, home, context)
    return _ask_when(asking, context) if wanted == "companion" else _open(asking, None, home, context)


def _stands(conversation: Conversation, case: Case, context: Context) -> Turn:
    _ = words(conversation, context)
    here = _("You have asked for this: {kind}. Your request has the number {number}.")
    line = text(here.format(kind=_(KINDS[case.kind]), number=case.number))
    return say(conversation, context, line, options=_case_options(case, conversation, context))


def _case_options(case: Case, conversation: Conversation, context: Context) -> list[Option]:
    _ = words(conversation, context)
    card = [option("interp", f"card:{case.language}", _("Show the card"))] if case.kind == "interpreter" and case.language else []
    writing = [option("write", str(case.number), _("Write to {name}").format(name=case.advisor_name))] if case.agreed else []
    return [*writing, *card, option("end", str(case.number), _("End request {number}").format(number=case.number), "quiet"), to_menu(_)]


def _ask_language(conversation: Conversation, context: Context, *lead: Block, tags: Sequence[str] = ()) -> Turn:
    _, locale = words(conversation, context), tongue(conversation, context)
    home = home_of(conversation, context)
    hosts = {home.city.host_language} if home else set()
    offered = tags or [tag for tag in dict.fromkeys((locale, *COMMON)) if tag not in hosts][:LIKELY]
    options = [option("interp", tag, both_names(tag, locale)) for tag in offered]
    ask = text(_("Which language do you need an interpreter for?"), _("Choose, or write its name: I know every language."))
    asking = replace(conversation, state="pool-language")
    return say(asking, context, *lead, ask, options=[*options, option("do", "cancel", _("Cancel"), "quiet")])


def language_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Take the name of a language somebody typed, in any of our languages or its own."""
    said = event.text if isinstance(event, TextReceived) else ""
    found = search(said, (tongue(conversation, context), *context.locales))
    if len(found) == 1:
        return interp(conversation, found[0], context)
    _ = words(conversation, context)
    unsure = text(_("Which of these?") if found else _("I do not know a language of that name."))
    return _ask_language(conversation, context, unsure, tags=found)


@at_home
def interp(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Take a language; "card:ar" shows the card for it once more."""
    only_card = argument.startswith("card:")
    tag = argument.removeprefix("card:")
    if not is_language(tag):
        return Turn(conversation)
    chosen = remember(conversation, pool="interpreter", pool_language=tag)
    if only_card or not (home.local and conversation.staffed):
        return _card(replace(chosen, state=_rest(chosen, context)), tag, home, context)
    already = open_of_kind(chosen, "interpreter")
    return _stands(chosen, already, context) if already else _ask_when(chosen, context)


def _rest(conversation: Conversation, context: Context) -> str:
    """Return the state after a question of ours has been answered."""
    return READY if is_settled(conversation, context) else "new"


# ---------------------------------------------------------------- when


def _ask_when(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    _ = words(conversation, context)
    asking = replace(remember(conversation, pool_day=None), state="pool-when")
    ask = text(_("When do you need somebody?"), _("Choose, or write the day and the time."))
    options = [
        option("when", "soon", _("As soon as possible")),
        option("when", "today", _("Today")),
        option("when", "tomorrow", _("Tomorrow")),
        option("do", "cancel", _("Cancel"), "quiet"),
    ]
    return say(asking, context, *lead, ask, options=options)


def _ask_hour(conversation: Conversation, day: date, context: Context) -> Turn:
    _ = words(conversation, context)
    asking = replace(remember(conversation, pool_day=day.isoformat()), state="pool-when")
    options = [option("when", hour.replace(":", ""), hour) for hour in HOURS]
    return say(asking, context, text(_("At what time?")), options=[*options, option("do", "cancel", _("Cancel"), "quiet")])


@at_home
def when(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Take when somebody is needed: "soon", "today", "tomorrow", or an hour ("1030") of the day given before."""
    if not recall(conversation, "pool"):
        return Turn(conversation)
    today = home.today(context)
    if argument == "soon":
        return _open(conversation, None, home, context)
    if argument in ("today", "tomorrow"):
        return _ask_hour(conversation, today + timedelta(days=argument == "tomorrow"), context)
    if re.fullmatch(r"[0-2]\d[0-5]\d", argument) and int(argument[:2]) < 24:
        return _at(conversation, _day(conversation, today), time(int(argument[:2]), int(argument[2:])), home, context)
    return Turn(conversation)


def _day(conversation: Conversation, today: date) -> date:
    try:
        return date.fromisoformat(recall(conversation, "pool_day"))
    except ValueError:
        return today


def when_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Take a day and a time somebody typed, together or one after the other."""
    home = home_of(conversation, context)
    said = normalise(event.text[:200]) if isinstance(event, TextReceived) else ""
    if home is None:
        return Turn(conversation)
    clock = _clock(event.text if isinstance(event, TextReceived) else "")
    if clock and recall(conversation, "pool_day"):
        return _at(conversation, _day(conversation, home.today(context)), clock, home, context)
    day = deadlines.parse(said, tongue(conversation, context), home.today(context), home.city.host_language)
    if day is None:
        _ = words(conversation, context)
        return _ask_when(conversation, context, text(_("I did not understand the day.")))
    return _at(conversation, day, clock, home, context) if clock and ":" in event.text else _ask_hour(conversation, day, context)  # type: ignore[union-attr]


def _clock(said: str) -> time | None:
    """Read a time of the day ("10:30", "9h"); a bare number is an hour only where nothing else stands."""
    found = _TIME.search("".join(str(int(char)) if char.isdecimal() else char for char in said[:200]))
    if found is None or (found[2] is None and normalise(said).strip().strip("h") != found[1]):
        return None
    return time(int(found[1]), int(found[2] or 0))


def _at(conversation: Conversation, day: date, clock: time, home: Home, context: Context) -> Turn:
    moment = datetime.combine(day, clock, ZoneInfo(home.city.time_zone))
    if moment < context.now + timedelta(minutes=EARLIEST_MIN):
        _ = words(conversation, context)
        return _ask_when(conversation, context, text(_("That time has passed.")))
    return _open(conversation, moment, home, context)


def _open(conversation: Conversation, moment: datetime | None, home: Home, context: Context) -> Turn:
    """Make the request; the news of it follows. Nothing of the chat is passed on: helpers get language, topic, place and time only."""
    kind = next((known for known in POOL if known == recall(conversation, "pool")), None)
    if kind is None:
        return Turn(conversation)
    topic = topic_of(conversation, home)
    rule = desk_of(home.city, topic, kind)
    asked = OpenCase(
        kind=kind,
        topic=topic,
        desk=rule.slug if rule else "",
        organisation=rule.organisation if rule else None,
        entry_id=recall(conversation, "entry"),
        language=recall(conversation, "pool_language") if kind == "interpreter" else "",
        when=moment.astimezone(context.now.tzinfo) if moment else None,
        share="none",
    )
    done = remember(conversation, pool=None, pool_language=None, pool_day=None)
    return Turn(replace(done, state=_rest(done, context)), (asked,))


# ---------------------------------------------------------------- the card to show at a desk


def card_blocks(tag: str, city_language: str, conversation: Conversation, context: Context) -> tuple[Block, ...]:
    """Return "I need an interpreter for …" in large letters in the language of the city, and the same in the contact's."""
    _, locale = words(conversation, context), tongue(conversation, context)
    host = HOST_CARDS.get(city_language) or HOST_CARDS["en"]
    shown = host.format(language=name_in(tag, city_language))
    mine = fill(_("It says: I need an interpreter for {language}."), language=Run(name_in(tag, locale), isolate=True))
    return Heading((Run(shown, isolate=True),)), Paragraph(mine)


def _card(conversation: Conversation, tag: str, home: Home, context: Context, *lead: Block) -> Turn:
    _ = words(conversation, context)
    show = text(_("Show this at the desk:"))
    tools = entry_options(conversation, home, context, interpreting(home))
    return say(
        conversation, context, *lead, show, *card_blocks(tag, home.city.host_language, conversation, context), options=[*tools, to_menu(_)]
    )


def interpreting(home: Home) -> list[str]:
    """Return the entries of a city about interpreting and translation."""
    signs = ("interpret", "translat", "language-help")
    return [entry_id for entry_id in home.entries if any(sign in entry_id for sign in signs)][:3]


# ---------------------------------------------------------------- what both sides are told


def news(conversation: Conversation, event: CaseNews, context: Context) -> Turn | None:
    """Tell the contact or the helper what happened to a request for a helper; None for what is told as with every request."""
    if event.case.kind not in POOL:
        return None
    side = _TO_CONTACT if event.case.contact_id == conversation.contact_id else _TO_HELPER
    tell = side.get(event.step)
    return tell(conversation, event, context) if tell else None


def _moment(case: Case, conversation: Conversation, context: Context) -> Run:
    _ = words(conversation, context)
    city = context.knowledge.cities.get(case.city)
    if case.when is None:
        return Run(_("as soon as possible"))
    zone = ZoneInfo(city.time_zone if city else "UTC")
    return Run(
        format_datetime(case.when.astimezone(zone), "EEEE d MMMM, HH:mm", locale=locale_of(tongue(conversation, context))), isolate=True
    )


def _home(case: Case, context: Context) -> Home | None:
    city = context.knowledge.cities.get(case.city)
    return Home(city, local=True) if city else None


def _what(case: Case, conversation: Conversation, context: Context) -> str:
    _, locale = words(conversation, context), tongue(conversation, context)
    if case.kind == "interpreter" and case.language:
        return _("an interpreter for {language}").format(language=name_in(case.language, locale))
    return _(KINDS[case.kind])


def _told(conversation: Conversation, event: CaseNews, context: Context, *blocks: Block, more: Sequence[Option] = ()) -> Turn:
    options = [*more, *_case_options(event.case, conversation, context)]
    return say(conversation, context, *blocks, options=options)


def _opened(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    case, home = event.case, _home(event.case, context)
    asked = fill(
        _("I am looking for {what}. When: {when}."),
        what=Run(_what(case, conversation, context)),
        when=_moment(case, conversation, context),
    )
    number = text(_("Your request has the number {number}.").format(number=case.number))
    hope = text(_("As soon as somebody says yes I tell you here. You can go on asking me meanwhile."))
    blocks: list[Block] = [Paragraph(asked), number, hope if event.reachable else _nobody(case, home, conversation, context)]
    if case.kind == "interpreter" and case.language and home and not event.reachable:
        blocks += [text(_("Show this at the desk:")), *card_blocks(case.language, home.city.host_language, conversation, context)]
    return _told(conversation, event, context, *blocks)


def _nobody(case: Case, home: Home | None, conversation: Conversation, context: Context) -> Paragraph:
    _ = words(conversation, context)
    rule = home.city.desks.get(case.desk) if home else None
    state = state_of(rule, home.city, context) if home else None
    if home and state and state.is_open is False:
        return opening(state, home.city, conversation, context)
    return text(_("Nobody is free just now. Your request stays open and is on the list; I go on asking."))


def _not_found(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    case, home = event.case, _home(event.case, context)
    blocks: list[Block] = [_nobody(case, home, conversation, context)]
    tools: list[Option] = []
    if home and case.kind == "interpreter" and case.language:
        blocks += [text(_("Show this at the desk:")), *card_blocks(case.language, home.city.host_language, conversation, context)]
        tools = entry_options(conversation, home, context, interpreting(home))
    return _told(conversation, event, context, *blocks, more=tools)


def _found(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    case = event.case
    found = fill(_("Somebody has time for you. When: {when}."), when=_moment(case, conversation, context))
    ask = text(_("Shall I say yes? Then you learn each other's first names, and you can write to each other here."))
    options = [
        option("agree", f"{case.number}:yes", _("Yes"), "main"),
        option("agree", f"{case.number}:no", _("No, look for somebody else")),
    ]
    return say(conversation, context, Paragraph(found), ask, options=options)


def _agreed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    case, name = event.case, event.name or event.case.advisor_name
    yes = fill(
        _("It is settled: {name} helps you. When: {when}."),
        name=Run(name, bold=True, isolate=True),
        when=_moment(case, conversation, context),
    )
    remind = [text(_("I remind you the day before and an hour before."))] if case.when else []
    return _told(conversation, event, context, Paragraph(yes), *remind)


def _returned(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    return _told(conversation, event, context, text(_("The person who wanted to help cannot come after all. I am asking others.")))


def _reminder(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    said = _("Tomorrow: {what}. {when}.") if event.step == "tomorrow" else _("In about an hour: {what}. {when}.")
    blocks = [Paragraph(fill(said, what=Run(_what(event.case, conversation, context)), when=_moment(event.case, conversation, context)))]
    return _told(conversation, event, context, *blocks)


def _closed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    closed = text(_("Request {number} is closed.").format(number=event.case.number))
    return say(conversation, context, closed, options=[to_menu(_)])


# ---------------------------------------------------------------- the helper's side


def _offered(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Ask a helper: language, place, topic and time, and nothing else of the contact."""
    _ = words(conversation, context)
    case, home = event.case, _home(event.case, context)
    where = city_name(home.city, tongue(conversation, context)) if home else case.city
    asked = fill(
        _("Somebody in {place} needs {what}. When: {when}."),
        place=Run(where, isolate=True),
        what=Run(_what(case, conversation, context)),
        when=_moment(case, conversation, context),
    )
    topic = context.knowledge.topics.get(case.topic)
    named = topic.names.get(tongue(conversation, context)) if topic else None
    about = [text(_("It is about: {topic}.").format(topic=named))] if named else []
    options = [
        option("offer", f"{case.number}:yes", _("I can"), "main"),
        option("offer", f"{case.number}:no", _("I cannot")),
    ]
    return say(conversation, context, Paragraph(asked), *about, options=options)


def _helper_agreed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    case = event.case
    name = pseudonym(case.pseudonym, context.translator(tongue(conversation, context)))
    yes = fill(
        _("It is settled: you help {name}. When: {when}."),
        name=Run(name, bold=True, isolate=True),
        when=_moment(case, conversation, context),
    )
    options = [option("write", str(case.number), _("Write to {name}").format(name=name)), *_give_back(case, _)]
    return say(conversation, context, Paragraph(yes), options=options)


def _give_back(case: Case, _: Callable[[str], str]) -> list[Option]:
    return [option("offer", f"{case.number}:no", _("I cannot come after all"), "quiet")]


def _helper_reminder(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    turn = _reminder(conversation, event, context)
    _ = words(conversation, context)
    blocks = [block for effect in turn.effects for block in effect.message.blocks]  # type: ignore[union-attr]
    options = [option("write", str(event.case.number), _("Write to them")), *_give_back(event.case, _)]
    return say(conversation, context, *blocks, options=options)


def _helper_line(sentence: str) -> Callable[[Conversation, CaseNews, Context], Turn]:
    def tell(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
        _ = words(conversation, context)
        return say(conversation, context, text(_(sentence).format(number=event.case.number)), options=[to_menu(_)])

    return tell


def N_(sentence: str) -> str:
    """Mark a sentence for extraction."""
    return sentence


_Tell = Callable[[Conversation, CaseNews, Context], Turn]
_TO_CONTACT: Mapping[str, _Tell] = {
    "opened": _opened,
    "found": _found,
    "agreed": _agreed,
    "returned": _returned,
    "not-found": _not_found,
    "no-answer": _not_found,
    "tomorrow": _reminder,
    "soon": _reminder,
    "closed": _closed,
}
_TO_HELPER: Mapping[str, _Tell] = {
    "offered": _offered,
    "agreed": _helper_agreed,
    "tomorrow": _helper_reminder,
    "soon": _helper_reminder,
    "lost": _helper_line(N_("Request {number} is taken by somebody else, or no longer wanted. Thank you for being ready.")),
    "unavailable": _helper_line(N_("Request {number} can no longer be answered here.")),
    "closed": _helper_line(N_("Request {number} is closed. Thank you.")),
    "returned": _helper_line(N_("Thank you for telling me. I am asking others for request {number}.")),
}


# ---------------------------------------------------------------- answers


def agree(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take the contact's answer to the helper who was found ("214:yes")."""
    number, _colon, answer = argument.partition(":")
    case = case_of(conversation, number)
    if case is None or case.kind not in POOL or case.state != "claimed" or case.agreed or answer not in ("yes", "no"):
        return Turn(conversation)
    agrees = AgreeToHelper(case.number, agrees=answer == "yes")
    if answer == "yes":
        return Turn(conversation, (agrees,))
    _ = words(conversation, context)
    return before((agrees,), say(conversation, context, text(_("All right. I look for somebody else.")), options=[to_menu(_)]))


def offer(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take a helper's answer to a request ("214:yes"); the store checks that they were asked."""
    number, _colon, answer = argument.partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) <= 12) or answer not in ("yes", "no"):
        return Turn(conversation)
    _ = words(conversation, context)
    thanks = (
        _("Thank you. I am asking whether it suits them, and tell you.") if answer == "yes" else _("All right. Thank you for answering.")
    )
    return before((AnswerOffer(int(number), accepts=answer == "yes"),), say(conversation, context, text(thanks), options=[to_menu(_)]))


def write(conversation: Conversation, number: str, context: Context) -> Turn:
    """Let the next text go to the other side of a request."""
    if not (number.isascii() and number.isdecimal() and len(number) <= 12):
        return Turn(conversation)
    _ = words(conversation, context)
    writing = replace(remember(conversation, write_to=number), state="pool-write")
    ask = text(_("Write now what I shall pass on."))
    return say(writing, context, ask, options=[option("do", "cancel", _("Cancel"), "quiet")])


def write_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Pass a text on to the other side: to the helper, or, where the request is somebody else's, to the contact."""
    number = recall(conversation, "write_to")
    done = replace(remember(conversation, write_to=None), state=_rest(conversation, context))
    if not isinstance(event, TextReceived) or not number or not event.text.strip():
        return Turn(done)
    _ = words(done, context)
    own = case_of(done, number)
    said = event.text[:MAX_WRITTEN]
    passed = AddToCase(int(number), said, source_id=event.source_id) if own else WriteAsHelper(int(number), said)
    again = option("write", number, _("Write again"))
    return before((passed,), say(done, context, text(_("I have passed it on.")), options=[again, to_menu(_)]))
