"""A crisis: help first, in every state, and then one button back to where the contact was. Nothing is locked and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.dialogue.browse import entry_options
from bot.dialogue.compose import GENERAL_EMERGENCY, call, emergency_line, option, remember, say, strong, text, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.entry import is_hidden, may_show
from bot.dialogue.home import Home, city_name, home_of
from bot.dialogue.terms import HELP_LINES
from bot.knowledge.render import render_fact, render_text
from bot.model import (
    Block,
    Conversation,
    Entry,
    Event,
    FactTable,
    Heading,
    Message,
    Option,
    Paragraph,
    Run,
    Runs,
    SendMessage,
    TextReceived,
    Turn,
    Understanding,
)

MAX_ENTRIES = 2  # buttons to entries that fit as well

# Which further lines of a city go with which kind of crisis; each is shown only if the entry for that crisis names it too.
LINES: Mapping[str, tuple[str, ...]] = {
    "violence-home": ("gender_violence",),
    "sexual-violence": ("gender_violence",),
    "suicide": ("suicide",),
    "trafficking": ("trafficking",),
    "fire-police": ("police",),
}


def crisis(conversation: Conversation, understood: Understanding, context: Context) -> Turn:
    """Answer a text that sounds like a crisis. The state stays what it was."""
    home = home_of(conversation, context)
    fitting = [match.entry_id for match in understood.matches]
    return _answer(conversation, understood.safety or "", fitting, home, context)


def crisis_in(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Answer "which city?" after a crisis ("suicide:madrid"): the local help first; the other questions can wait."""
    kind, _colon, slug = argument.partition(":")
    if kind not in context.knowledge.safety or slug not in context.knowledge.cities:
        return Turn(conversation)
    state = "new" if conversation.state == "city" else conversation.state
    moved = remember(replace(conversation, city=slug, area=None, state=state), country=None)
    return _answer(moved, kind, [], home_of(moved, context), context)


def danger(conversation: Conversation, kind: str, context: Context) -> Turn:
    """Answer who says that it is an emergency, after a text that might have been a cry."""
    known = kind if kind in context.knowledge.safety else ""
    return _answer(conversation, known, [], home_of(conversation, context), context)


def with_number(turn: Turn, event: Event, context: Context) -> Turn:
    """Put the number above what answers a text that may be a cry for help, and the help for that one press away."""
    kind = event.understood.perhaps if isinstance(event, TextReceived) and event.understood else None
    places = [at for at, effect in enumerate(turn.effects) if isinstance(effect, SendMessage)]
    if not kind or not places:
        return turn
    _ = words(turn.conversation, context)
    line, press = emergency_line(_), option("danger", kind, f"🚨 {_('Emergency')}")

    def changed(at: int, message: Message) -> Message:
        blocks = (line, *(block for block in message.blocks if block != line)) if at == places[0] else message.blocks
        return replace(message, blocks=blocks, options=(press, *message.options) if at == places[-1] else message.options)

    said = (
        SendMessage(changed(at, effect.message)) if isinstance(effect, SendMessage) else effect for at, effect in enumerate(turn.effects)
    )
    return Turn(turn.conversation, tuple(said))


def back(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Go back to what was asked before; the engine shows the present step."""
    return Turn(conversation)


def _answer(conversation: Conversation, kind: str, fitting: list[str], home: Home | None, context: Context) -> Turn:
    entry = _entry_for(kind, home, context)
    blocks = [*_first_help(conversation, kind, home, context), *_lines(conversation, kind, entry, home, context)]
    blocks += _short(conversation, entry, home, context)
    if home is None:
        _ = words(conversation, context)
        blocks.append(strong(_("Which city are you in?")))
    options = _options(conversation, kind, entry, fitting, home, context)
    return say(conversation, context, *blocks, options=options, alert=True)


def _entry_for(kind: str, home: Home | None, context: Context) -> Entry | None:
    known = context.knowledge.safety.get(kind)
    return home.entry(known.entries.get(home.city.slug, "")) if known and home else None


def _may_show(entry: Entry, home: Home, conversation: Conversation, context: Context) -> bool:
    """Say whether the words of an entry may be shown; its numbers always are, because somebody is in danger."""
    return may_show(entry, home, context) and not is_hidden(entry, home, context, tongue(conversation, context))


def _first_help(conversation: Conversation, kind: str, home: Home | None, context: Context) -> Iterator[Block]:
    yield Heading((_general_number(conversation, home, context),))
    _ = words(conversation, context)
    yield text(_("If you or somebody else is in danger now, call this number. It is free."))
    if kind == "suicide":
        yield text(_("You do not have to go through this alone."))


def _general_number(conversation: Conversation, home: Home | None, context: Context) -> Run:
    general = home.city.emergency.get("general") if home else None
    return render_fact(general, tongue(conversation, context), home.city.country) if home and general else call(GENERAL_EMERGENCY)


def _lines(conversation: Conversation, kind: str, entry: Entry | None, home: Home | None, context: Context) -> Iterator[Block]:
    rows = tuple(_line_rows(conversation, kind, entry, home, context)) if home else ()
    if rows:
        yield FactTable(rows)


def _line_rows(conversation: Conversation, kind: str, entry: Entry | None, home: Home, context: Context) -> Iterator[tuple[str, Runs]]:
    """Yield the special lines that both the city and the entry name."""
    _, locale = words(conversation, context), tongue(conversation, context)
    named = {fact.value for fact in entry.facts.values()} if entry else set[str]()
    for key in LINES.get(kind, ()):
        fact = home.city.emergency.get(key)
        if fact and fact.value in named:
            yield _(HELP_LINES[key]), (render_fact(fact, locale, home.city.country),)


def help_rows(conversation: Conversation, kind: str, home: Home, context: Context) -> Iterator[tuple[str, Runs]]:
    """Yield the numbers that answer at any hour: the one for emergencies, and the lines for a kind of crisis ("": none)."""
    _ = words(conversation, context)
    # Translators: stands before the number to call in an emergency
    yield _("Emergency"), (_general_number(conversation, home, context),)
    yield from _line_rows(conversation, kind, _entry_for(kind, home, context), home, context)


def _short(conversation: Conversation, entry: Entry | None, home: Home | None, context: Context) -> Iterator[Block]:
    """Yield the title and first paragraph of the entry, in the contact's language only: who is in danger reads little."""
    locale = tongue(conversation, context)
    said = entry.words.get(locale) if entry else None
    if entry is None or said is None or home is None or not _may_show(entry, home, conversation, context):
        return
    yield Paragraph((Run(said.title, bold=True),))
    yield from render_text(said.answer, entry.facts, locale, home.city.country)[:1]


def _options(
    conversation: Conversation, kind: str, entry: Entry | None, fitting: list[str], home: Home | None, context: Context
) -> list[Option]:
    _, locale = words(conversation, context), tongue(conversation, context)
    options: list[Option] = []
    if home is None and kind in context.knowledge.safety:
        cities = context.knowledge.cities.values()
        options += [option("crisis", f"{kind}:{city.slug}", city_name(city, locale)) for city in cities]
    if home:
        ids = [entry.id] if entry and _may_show(entry, home, conversation, context) else []
        options += entry_options(conversation, home, context, [*ids, *fitting])[: MAX_ENTRIES + len(ids)]
    return [*options, option("do", "human", _("☎ Talk to a person")), option("back", "", _("I had another question"))]
