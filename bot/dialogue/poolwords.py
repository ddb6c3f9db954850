"""What both sides of a request for a helper are told in the same words: what for, when, and the card to show at a desk."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from bot.cases import Case
from bot.dialogue.browse import entry_options
from bot.dialogue.cards import INTERPRETER, card_blocks, cards_of
from bot.dialogue.compose import fill, option, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home, city_name
from bot.dialogue.terms import KINDS
from bot.dialogue.tongues import name_in
from bot.dialogue.waiting import desk_of, opening, state_of
from bot.knowledge.hours import locale_of
from bot.matching.normalise import normalise
from bot.model import Block, Conversation, Entry, Heading, Message, Option, Paragraph, Run

MAX_TOOLS = 3
_INTERPRETING = ("interpret", "مترجم فوري", "ترجمه فوريه")  # in keywords, normalised: intérprete, interprète, interpreting …


def home_of_case(case: Case, context: Context) -> Home | None:
    """Return the city of a request."""
    city = context.knowledge.cities.get(case.city)
    return Home(city, local=True) if city else None


# ---------------------------------------------------------------- what, when, where


def what(case: Case, conversation: Conversation, context: Context) -> str:
    """Say what is asked for: "an interpreter for Arabic", "a mentor"."""
    _ = words(conversation, context)
    if case.kind == "interpreter" and case.language:
        return _("an interpreter for {language}").format(language=name_in(case.language, tongue(conversation, context)))
    return _(KINDS[case.kind])


def moment(case: Case, conversation: Conversation, context: Context) -> Run:
    """Say when somebody is needed, on the city's clock: "Tuesday, 1 December, 10:30"."""
    _ = words(conversation, context)
    if case.when is None:
        return Run(_("as soon as possible"))
    home = home_of_case(case, context)
    local = case.when.astimezone(ZoneInfo(home.city.time_zone if home else "UTC"))
    day = format_skeleton("MMMMEEEEd", local, locale=locale_of(tongue(conversation, context)))
    return Run(f"{day}, {local:%H:%M}", isolate=True)


def where(case: Case, conversation: Conversation, context: Context) -> Run:
    """Say in which part of which city."""
    home, locale = home_of_case(case, context), tongue(conversation, context)
    if home is None:
        return Run(case.city, isolate=True)
    area = home.city.areas.get(case.area)
    names = [area.names.get(locale) or next(iter(area.names.values()), "")] if area else []
    return Run(", ".join(filter(None, [*names, city_name(home.city, locale)])), isolate=True)


def case_options(case: Case, conversation: Conversation, context: Context) -> list[Option]:
    """Return what a contact can do about a request of theirs: write to who helps, show the card, end it."""
    _ = words(conversation, context)
    label = _("Write to {name}").format(name=case.advisor_name)
    writing = [option("write", str(case.number), label, "main")] if case.agreed else []
    card = [option("interp", f"card:{case.language}", _("Show the card for a desk"))] if case.language else []
    return [*writing, *card, option("end", str(case.number), _("End request {number}").format(number=case.number), "quiet"), to_menu(_)]


# ---------------------------------------------------------------- where nobody is free


def stays(case: Case, conversation: Conversation, context: Context) -> list[Block]:
    """Say that nobody is free, that the request stays, and until when somebody is looked for or from when on the desk looks, too."""
    _ = words(conversation, context)
    blocks: list[Block] = [text(_("Nobody is free just now."), _("Your request stays open and is on the list of the desk."))]
    if case.when and case.when > context.now:
        blocks.append(Paragraph(fill(_("I go on asking until {when}."), when=moment(case, conversation, context))))
    else:
        blocks.append(text(_("I ask everybody who comes on duty.")))
    return [*blocks, *_desk(case, conversation, context)]


def _desk(case: Case, conversation: Conversation, context: Context) -> list[Block]:
    """Say when the desk is there, as far as its hours are known."""
    _, home = words(conversation, context), home_of_case(case, context)
    if home is None:
        return []
    state = state_of(home.city.desks.get(case.desk) or desk_of(home.city, case.topic, case.kind), home.city, context)
    if state.is_open is False:
        return [opening(state, home.city, conversation, context)]
    closes = state.next_change.astimezone(ZoneInfo(home.city.time_zone)) if state.is_open and state.next_change else None
    if closes is None or closes.date() != home.today(context):
        return []
    until = fill(_("The desk is open until {time} and looks for somebody, too."), time=Run(f"{closes:%H:%M}", isolate=True))
    return [Paragraph(until)]


# ---------------------------------------------------------------- the card to show at a desk


def card(tag: str, home: Home, conversation: Conversation, context: Context) -> Message:
    """Return "I need an interpreter for …" in large letters in the language of the city, and below it in the contact's own."""
    locale = tongue(conversation, context)
    known = cards_of(home, context).get(INTERPRETER)
    return Message(locale, tuple(card_blocks(known, tag, locale, home)) if known else (_english_card(tag),))


def _english_card(tag: str) -> Block:
    """Stand in where nobody has written cards in the language of the city."""
    return Heading((Run(f"I need an interpreter for {name_in(tag, 'en')}.", isolate=True, locale="en"),))


def tools(conversation: Conversation, home: Home, context: Context, topic: str = "") -> list[Option]:
    """Return the answers that tell where interpreters are to be had, those of the topic first."""
    fitting = sorted(filter(_names_interpreters, home.entries.values()), key=lambda entry: entry.topic != topic)
    return entry_options(conversation, home, context, [entry.id for entry in fitting[:MAX_TOOLS]])


def _names_interpreters(entry: Entry) -> bool:
    keywords = (normalise(keyword) for said in entry.words.values() for keyword in said.keywords)
    return any(sign in name for name in (entry.id, *keywords) for sign in _INTERPRETING)
