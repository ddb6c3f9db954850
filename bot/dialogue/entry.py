"""One answer, read from top to bottom: what it is, what to do, what to bring, where to ask, where this comes from and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from bot.dialogue.alerts import alert_block, city_alerts, todays_alerts
from bot.dialogue.browse import entry_options
from bot.dialogue.compose import before, fill, join, option, recall, remember, say, strong, text, tongue, ways_on, words
from bot.dialogue.context import Context, Flag
from bot.dialogue.home import Home, at_home, own_name, title_of
from bot.dialogue.places import Office, brief, offices
from bot.dialogue.terms import for_whom
from bot.knowledge.render import format_date, render_inline, render_text
from bot.knowledge.sure import facts_confirmed, is_machine_worded
from bot.model import (
    Block,
    Conversation,
    Count,
    Entry,
    FactTable,
    Heading,
    Listing,
    Note,
    Option,
    Paragraph,
    ReportAnswer,
    Run,
    Runs,
    Source,
    Turn,
    Words,
)

MAX_RELATED = 3
MAX_SOURCES = 3
Translate = Callable[[str], str]


@at_home
def entry(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Show an entry ("egov.nie"), in a language other than the contact's if one is named ("egov.nie:es")."""
    entry_id, _colon, locale = argument.partition(":")
    found = home.entry(entry_id)
    return show(conversation, found, home, context, locale) if found else Turn(conversation)


def show(conversation: Conversation, entry: Entry, home: Home, context: Context, locale: str = "", lead: tuple[Block, ...] = ()) -> Turn:
    """Answer with an entry, or say why it cannot be shown."""
    reader = remember(conversation, entry=entry.id, topic=entry.topic, misses=None, closing=None, unsaid=None)
    wanted = locale or tongue(conversation, context)
    if is_hidden(entry, home, context, wanted):
        return _under_review(reader, entry, home, context)
    if not may_show(entry, home, context):
        return _not_confirmed(reader, entry, home, context)
    if wanted not in entry.words:
        return _not_in_language(reader, entry, home, context)
    blocks = list(_blocks(reader, entry, wanted, home, context))
    turn = say(reader, context, *lead, *blocks, options=_options(reader, entry, wanted, home, context), locale=wanted)
    if recall(conversation, "entry") == entry.id:
        return turn  # seen again, not asked again
    return Turn(turn.conversation, (*turn.effects, Count(home.counted_as, entry.id, wanted, "shown")))


# ---------------------------------------------------------------- the answer, top down


def _blocks(conversation: Conversation, entry: Entry, locale: str, home: Home, context: Context) -> Iterator[Block]:
    said, city = entry.words[locale], home.city
    _ = context.translator(locale).gettext
    yield Heading((Run(said.title),))
    yield from warnings(entry, locale, home, context)
    yield from alerts(entry, locale, home, context)
    yield from render_text(said.answer, entry.facts, locale, city.country)
    yield from documents(entry, said, locale, home, _)
    if rows := tuple(_rows(conversation, entry, locale, home, context)):
        yield FactTable(rows)
    yield from notes(entry, locale, home, context)


def may_show(entry: Entry, home: Home, context: Context) -> bool:
    """Say whether an answer may be given: where only confirmed ones may, whether somebody of the city has confirmed it."""
    return not context.require_checked or facts_confirmed(entry, home.city, context.confirmations) is not None


def is_hidden(entry: Entry, home: Home, context: Context, locale: str) -> bool:
    """Say whether an answer is not shown in a language until somebody has looked at it."""
    return "hidden" in flags_of(entry, home, context, locale)


def flags_of(entry: Entry, home: Home, context: Context, locale: str) -> set[Flag]:
    """Return how the desk has called an answer wrong: in every language, or in this one."""
    ids = (entry.id, f"{entry.id}:{locale}")
    return {flag for entry_id in ids if (flag := context.flags.get((home.city.slug, entry_id)))}


def warnings(entry: Entry, locale: str, home: Home, context: Context) -> Iterator[Block]:
    """Yield a warning where an advisor has called an answer wrong."""
    _ = context.translator(locale).gettext
    if "warning" in flags_of(entry, home, context, locale):
        yield strong("⚠ " + _("An advisor says that this answer may be wrong. Ask the office or a person."))


def alerts(entry: Entry, locale: str, home: Home, context: Context) -> Iterator[Block]:
    """Yield today's notices about the city, and then about an entry."""
    yield from city_alerts(locale, home, context)
    yield from (alert_block(alert, locale, home) for alert in todays_alerts(home, context) if entry.id in alert.entries)


def documents(entry: Entry, said: Words, locale: str, home: Home, _: Translate) -> Iterator[Block]:
    """Yield what to bring."""
    if said.documents:
        yield strong(_("Bring:"))
        yield Listing(tuple(render_inline(line, entry.facts, locale, home.city.country) for line in said.documents))


def _rows(conversation: Conversation, entry: Entry, locale: str, home: Home, context: Context) -> Iterator[tuple[str, Runs]]:
    _ = context.translator(locale).gettext
    yield from condition_rows(entry, locale, home, _)
    nearest = next(iter(offices(entry.places, conversation, home, context)), None)
    if nearest:
        yield _where(nearest, _), brief(nearest, home, locale, context)


def condition_rows(entry: Entry, locale: str, home: Home, _: Translate) -> Iterator[tuple[str, Runs]]:
    """Yield whom an answer is for, and what has to come first."""
    if people := for_whom(entry.audience, _):
        yield _("For whom"), (Run(people),)
    needs = [title_of(needed, locale, home.city) for entry_id in entry.needs if (needed := home.entry(entry_id))]
    if needs:
        yield _("First you need"), join([(Run(title, isolate=True),) for title in needs])


def _where(office: Office, _: Translate) -> str:
    return _("Open now") if office.state.is_open else _("Where to ask")


def notes(entry: Entry, locale: str, home: Home, context: Context) -> Iterator[Block]:
    """Yield where an answer comes from and how sure it is. Only a confirmation is ever shown as a date."""
    _ = context.translator(locale).gettext
    confirmed = facts_confirmed(entry, home.city, context.confirmations)
    sources = sources_of(entry)[:MAX_SOURCES]
    runs = (*fill(_("Source: {source}."), source=join(sources)), Run(" ")) if sources else ()
    if confirmed:
        sure = fill(_("Confirmed on {date}."), date=Run(format_date(confirmed.on, locale), isolate=True))
    else:
        sure = (Run(_("From a page we read as a copy; phone, price and hours may have changed: ask the office.")),)
    yield Note((*runs, *sure))
    if is_machine_worded(entry, home.city, locale, context.confirmations):
        yield Note((Run(_("A machine wrote these words. No person has checked them yet.")),))


def sources_of(entry: Entry) -> list[Runs]:
    """Return where an answer comes from, official pages first."""
    ordered = sorted(entry.sources, key=lambda source: source.kind != "official")
    named = {_source_name(source): source for source in reversed(ordered)}
    return [_source_runs(name, named[name]) for name in dict.fromkeys(map(_source_name, ordered)) if name]


def _source_name(source: Source) -> str:
    host = (urlsplit(source.url).hostname or "") if source.url else ""
    return host.removeprefix("www.") or source.title or ""


def _source_runs(name: str, source: Source) -> Runs:
    copied = f" ({source.copy_of})" if source.copy_of else ""
    return (Run(name, url=source.url, isolate=True), *([Run(copied)] if copied else []))


# ---------------------------------------------------------------- what to do next


def _options(conversation: Conversation, entry: Entry, shown_in: str, home: Home, context: Context) -> list[Option]:
    _ = words(conversation, context)
    options: list[Option] = []
    if entry.words[shown_in].steps:
        label = _("Step by step ({n})").format(n=len(entry.steps))
        options.append(option("guide", _in(entry, shown_in, conversation, context), label))
    options += places_option(entry, home, _)
    options += entry_options(conversation, home, context, (*entry.needs, *entry.related))[:MAX_RELATED]
    return [*options, *helped_options(entry, _), *wrong_option(conversation, entry, shown_in, context), *ways_on(_)]


def places_option(entry: Entry, home: Home, _: Translate) -> list[Option]:
    """Lead to the offices of an entry, where it has any here."""
    count = sum(home.local and slug in home.city.places for slug in entry.places)
    return [option("places", entry.id, _("Places ({n})").format(n=count))] if count else []


def _in(entry: Entry, shown_in: str, conversation: Conversation, context: Context) -> str:
    return entry.id if shown_in == tongue(conversation, context) else f"{entry.id}:{shown_in}"


def helped_options(entry: Entry, _: Translate) -> tuple[Option, Option]:
    """Ask whether an answer helped."""
    return option("helped", f"{entry.id}:yes", _("👍 It helped")), option("helped", f"{entry.id}:no", _("👎 It did not help"))


def wrong_option(conversation: Conversation, entry: Entry, locale: str, context: Context) -> tuple[Option, ...]:
    """Let a contact say that an answer is wrong, where there is somebody who looks at it."""
    _ = words(conversation, context)
    return (option("wrong", f"{entry.id}:{locale}", _("⚠ This is wrong"), "quiet"),) if conversation.staffed else ()


@at_home
def wrong(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Report that an answer is wrong ("egov.nie:es"), once, and thank for it."""
    entry_id, _colon, locale = argument.partition(":")
    entry = home.entry(entry_id)
    if entry is None or locale not in entry.words or not conversation.staffed:
        return Turn(conversation)
    _ = words(conversation, context)
    thanks = text(_("Thank you. Somebody will look at this answer."), _("If you need help with it now, talk to a person."))
    turn = say(remember(conversation, wrong=argument), context, thanks, options=ways_on(_))
    return turn if recall(conversation, "wrong") == argument else before((ReportAnswer(home.city.slug, entry.id, locale),), turn)


@at_home
def steps(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Show the whole procedure in one message: what to bring, then step by step."""
    entry_id, _colon, named = argument.partition(":")
    entry = home.entry(entry_id)
    locale = named or tongue(conversation, context)
    said = entry.words.get(locale) if entry else None
    if entry is None or said is None or not said.steps:
        return Turn(conversation)
    if is_hidden(entry, home, context, locale) or not may_show(entry, home, context):
        return show(conversation, entry, home, context)
    theirs = context.translator(locale).gettext
    bring = documents(entry, said, locale, home, theirs)
    top = (Heading((Run(said.title),)), *warnings(entry, locale, home, context))
    blocks = (*top, *bring, step_list(entry, said, locale, home), *notes(entry, locale, home, context))
    _ = words(conversation, context)
    guided = option("guide", argument, _("Step by step ({n})").format(n=len(entry.steps)))
    options = (guided, option("entry", argument, _("Back to the answer")), *helped_options(entry, _), *ways_on(_))
    return say(remember(conversation, entry=entry.id), context, *blocks, options=options, locale=locale)


def step_list(entry: Entry, said: Words, locale: str, home: Home) -> Listing:
    """Show every step, one after the other."""

    def line(key: str) -> Runs:
        step = said.steps[key]
        title = render_inline(step.title, entry.facts, locale, home.city.country)
        stop = " " if step.title.rstrip().endswith((".", "?", "!", "؟", ":")) else ". "
        body = render_inline(step.text, entry.facts, locale, home.city.country)
        return (*(replace(run, bold=True) for run in title), Run(stop), *body)

    return Listing(tuple(line(key) for key in entry.steps if key in said.steps), ordered=True)


@at_home
def helped(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Count whether an answer helped; after a no, offer a person and the rest of the topic."""
    entry_id, _colon, answer = argument.partition(":")
    entry = home.entry(entry_id)
    if entry is None or answer not in ("yes", "no"):
        return Turn(conversation)
    _ = words(conversation, context)
    if answer == "yes":
        turn = say(conversation, context, text(_("Good to hear. Write again whenever you need something.")), options=ways_on(_))
    else:
        sorry = text(_("I am sorry. Ask me in other words, look at the topic again, or talk to a person."))
        options = [option("topic", entry.topic, _("Other answers of this topic")), *ways_on(_)]
        turn = say(conversation, context, sorry, options=options)
    return _counted(turn, f"{entry.id}:{answer}", Count(home.counted_as, entry.id, tongue(conversation, context), answer))


def _counted(turn: Turn, vote: str, count: Count) -> Turn:
    """Count a vote once, however often the button is pressed."""
    if recall(turn.conversation, "vote") == vote:
        return turn
    result = "helped" if count.result == "yes" else "not-helped"
    return Turn(remember(turn.conversation, vote=vote), (*turn.effects, replace(count, result=result)))


# ---------------------------------------------------------------- when it cannot be shown


def _not_in_language(conversation: Conversation, entry: Entry, home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    mine = own_name(tongue(conversation, context))
    names = [context.language_name(locale) for locale in entry.words]
    blocks: list[Block] = [Heading((Run(title_of(entry, tongue(conversation, context), home.city), isolate=True),))]
    blocks.append(Paragraph(fill(_("I do not have this answer in {language} yet."), language=Run(mine, isolate=True))))
    if names:
        blocks.append(Paragraph(fill(_("I have it in: {languages}."), languages=join([(Run(name, isolate=True),) for name in names]))))
    options = [option("entry", f"{entry.id}:{locale}", context.language_name(locale)) for locale in entry.words]
    return say(conversation, context, *blocks, options=[*options, *ways_on(_)])


def _under_review(conversation: Conversation, entry: Entry, home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    heading = Heading((Run(title_of(entry, tongue(conversation, context), home.city), isolate=True),))
    why = text(_("Somebody of the desk says that this answer is wrong. It is being looked at."), _("A person can help you."))
    options = [option("topic", entry.topic, _("Other answers of this topic")), *ways_on(_)]
    return say(conversation, context, heading, why, options=options)


def _not_confirmed(conversation: Conversation, entry: Entry, home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    heading = Heading((Run(title_of(entry, tongue(conversation, context), home.city), isolate=True),))
    why = text(_("Nobody of the city has confirmed this answer yet, so I may not give it."), _("A person can help you."))
    options = [option("topic", entry.topic, _("Other answers of this topic")), *ways_on(_)]
    return say(conversation, context, heading, why, options=options)
