"""A guided procedure: what is needed first, what to bring, then one step per message, until the end; and the way back to it.

It has no state of its own: any question in between is answered as always. Where a contact stands is in bot.dialogue.progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.dialogue.browse import entry_options
from bot.dialogue.compose import (
    fill,
    option,
    remember,
    say,
    shorten,
    strong,
    text,
    to_menu,
    tongue,
    ways_on,
    with_message,
    with_options,
    words,
)
from bot.dialogue.context import Context
from bot.dialogue.entry import helped_options, is_hidden, may_show, notes, show, warnings
from bot.dialogue.home import Home, at_home, title_of
from bot.dialogue.places import MAX_PLACES, cards, offices
from bot.dialogue.progress import (
    Progress,
    at,
    ended,
    ended_of,
    go_on_with,
    had,
    in_hand,
    keep,
    passing,
    progress_of,
    standing,
    steps_of,
    with_had,
)
from bot.knowledge.render import render_inline, render_text
from bot.model import Block, Conversation, Entry, Heading, Listing, Option, Paragraph, Run, Runs, StepWords, Turn

MAX_TITLE = 48  # characters of a title beside a number
MAX_NEXT = 3  # what is offered at the end


@dataclass(frozen=True, slots=True)
class Guide:
    """One procedure before one contact: where they stand, in which language its words are, and the ids of its steps in that language."""

    entry: Entry
    progress: Progress
    locale: str
    steps: tuple[str, ...]

    def words_of(self, step: str) -> StepWords:
        """Return the words of a step."""
        return self.entry.words[self.locale].steps[step]

    def title_of(self, step: str, home: Home) -> str:
        """Return the title of a step as plain text."""
        runs = render_inline(self.words_of(step).title, self.entry.facts, self.locale, home.city.country)
        return "".join(run.text for run in runs)

    def moved(self, step: str) -> Guide:
        """Stand at another step."""
        return replace(self, progress=replace(self.progress, step=step))


GuideChoice = Callable[[Conversation, Guide, str, Home, Context], Turn]


def _guided(handler: GuideChoice) -> Callable[[Conversation, str, Home, Context], Turn]:
    """Give a handler the procedure that an option names ("egov.nie" or "egov.nie:<what>").

    What is not there says nothing; what may not be shown, or not in this language, says why, as the answer does."""

    def choose(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
        entry_id, _colon, what = argument.partition(":")
        entry = home.entry(entry_id)
        if entry is None or not entry.steps:
            return Turn(conversation)
        guide = _guide(conversation, entry, home, context)
        reader = remember(conversation, entry=entry.id, topic=entry.topic, misses=None, closing=None, unsaid=None)
        return handler(reader, guide, what, home, context) if guide else show(conversation, entry, home, context)

    return choose


def _guide(conversation: Conversation, entry: Entry, home: Home, context: Context, named: str = "") -> Guide | None:
    """Open a procedure in the contact's language, else in the one named or the one it was begun in; None where it may not be shown."""
    known = progress_of(conversation, home.counted_as, entry.id) or ended_of(conversation, home.counted_as, entry.id)
    progress = known or Progress(home.counted_as, entry.id)
    spoken = (tongue(conversation, context), named, progress.locale)
    locale = next((each for each in spoken if steps_of(entry, each)), None)
    if locale is None or is_hidden(entry, home, context, locale) or not may_show(entry, home, context):
        return None
    return Guide(entry, replace(progress, locale=locale), locale, steps_of(entry, locale))


# ---------------------------------------------------------------- before the first step


@at_home
def guide(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Show what a procedure needs ("egov.nie"), in a language other than the contact's if one is named ("egov.nie:es")."""
    entry_id, _colon, named = argument.partition(":")
    entry = home.entry(entry_id)
    found = _guide(conversation, entry, home, context, named) if entry and entry.steps else None
    if found:
        return _overview(remember(conversation, entry=found.entry.id, topic=found.entry.topic), found, home, context)
    return show(conversation, entry, home, context) if entry else Turn(conversation)


def _overview(conversation: Conversation, found: Guide, home: Home, context: Context, *lead: Block) -> Turn:
    entry, locale = found.entry, found.locale
    title = Heading((Run(entry.words[locale].title),))
    blocks = (*warnings(entry, locale, home, context), *_needed(conversation, found, home, context), *_checklist(found, home, context))
    options = [*_about_need(conversation, found, home, context), *_beginning(conversation, found, home, context)]
    options += _aside(conversation, found, context)
    sure = notes(entry, locale, home, context)
    return say(conversation, context, *lead, title, *blocks, *sure, options=options, locale=locale)


def _needed(conversation: Conversation, found: Guide, home: Home, context: Context) -> Iterator[Block]:
    """Yield what has to come first: what is there with a tick, and the question about the first thing that is not."""
    _ = context.translator(found.locale).gettext
    there = had(conversation, home.counted_as)
    for needed in _needs(found, home):
        if needed.id in there:
            yield Paragraph((Run("✓ "), Run(title_of(needed, found.locale, home.city), isolate=True)))
    lacking = _lacking(conversation, found, home)
    if lacking:
        title = Run(title_of(lacking, found.locale, home.city), bold=True, isolate=True)
        yield Paragraph(fill(_("First you need {title}: do that now?"), title=title))


def _needs(found: Guide, home: Home) -> list[Entry]:
    return [needed for entry_id in found.entry.needs if (needed := home.entry(entry_id))]


def _lacking(conversation: Conversation, found: Guide, home: Home) -> Entry | None:
    there = had(conversation, home.counted_as)
    return next((needed for needed in _needs(found, home) if needed.id not in there), None)


def _checklist(found: Guide, home: Home, context: Context) -> Iterator[Block]:
    """Yield what to bring, to be ticked off on paper."""
    entry, said = found.entry, found.entry.words[found.locale]
    if said.documents:
        yield strong(context.translator(found.locale).gettext("Bring:"))
        yield Listing(tuple(render_inline(line, entry.facts, found.locale, home.city.country) for line in said.documents), boxes=True)


def _about_need(conversation: Conversation, found: Guide, home: Home, context: Context) -> list[Option]:
    lacking = _lacking(conversation, found, home)
    if lacking is None:
        return []
    _, pair = words(conversation, context), f"{found.entry.id}:{lacking.id}"
    return [option("need", pair, _("Do that now"), "main"), option("have", pair, _("I have it"))]


def _beginning(conversation: Conversation, found: Guide, home: Home, context: Context) -> list[Option]:
    _, progress = words(conversation, context), found.progress
    named = found.entry.id if found.locale == tongue(conversation, context) else f"{found.entry.id}:{found.locale}"
    if not progress.step or progress.passed.issuperset(found.steps):
        return [option("begin", named, _("Start"), "main")]
    here, _is_there = standing(progress, found.steps)
    go_on = _("Go on with: {title}").format(title=found.title_of(here, home))
    return [option("resume", found.entry.id, go_on, "main"), option("begin", named, _("Begin again"))]


def _aside(conversation: Conversation, found: Guide, context: Context) -> list[Option]:
    """Offer all steps at once, the page to print, and the ways back."""
    _ = words(conversation, context)
    named = found.entry.id if found.locale == tongue(conversation, context) else f"{found.entry.id}:{found.locale}"
    everything = option("steps", named, _("All steps"), "plain")
    return [everything, option("entry", named, _("Back to the answer"), "quiet"), *ways_on(_)]


# ---------------------------------------------------------------- what has to come first


@at_home
def need(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Go into what is needed first ("egov.clave:egov.nie"); the first one comes back when that is finished."""
    entry, needed = _pair(argument, home)
    found = _guide(conversation, entry, home, context) if entry else None
    if entry is None or needed is None or found is None:
        return Turn(conversation)
    waiting = keep(conversation, found.progress)
    inner = _guide(waiting, needed, home, context) if needed.steps else None
    if inner is None or found.entry.id == needed.id:
        return _answer_of_need(waiting, entry, needed, home, context)
    back = entry.id if needed.id not in _chain(waiting, found.progress) else inner.progress.back
    begun = progress_of(waiting, home.counted_as, needed.id) or Progress(home.counted_as, needed.id, locale=inner.locale)
    entered = replace(inner, progress=replace(begun, back=back))
    return _shown(keep(waiting, entered.progress), entered, home, context)


def _pair(argument: str, home: Home) -> tuple[Entry | None, Entry | None]:
    entry_id, _colon, needed_id = argument.partition(":")
    entry = home.entry(entry_id)
    return entry, home.entry(needed_id) if entry and entry.steps and needed_id in entry.needs else None


def _chain(conversation: Conversation, progress: Progress) -> set[str]:
    """Return the procedures that wait for one another up to this one, so that none comes to wait for itself."""
    chain: set[str] = set()
    following: Progress | None = progress
    while following and following.entry_id not in chain:
        chain.add(following.entry_id)
        following = progress_of(conversation, following.place, following.back)
    return chain


def _answer_of_need(conversation: Conversation, entry: Entry, needed: Entry, home: Home, context: Context) -> Turn:
    """Show the answer of what has no steps, with the way back on top."""
    _ = words(conversation, context)
    title = title_of(entry, tongue(conversation, context), home.city)
    back = (
        option("have", f"{entry.id}:{needed.id}", _("I have it"), "main"),
        option("resume", entry.id, _("Back to: {title}").format(title=title), "main"),
    )
    turn = show(conversation, needed, home, context)
    return with_message(turn, lambda message: replace(message, options=(*back, *message.options)))


@at_home
def have(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Note that what is needed first is there ("egov.clave:egov.nie"), and go on."""
    entry, needed = _pair(argument, home)
    if entry is None or needed is None:
        return Turn(conversation)
    known = with_had(conversation, home.counted_as, needed.id)
    found = _guide(known, entry, home, context)
    return _shown(known, found, home, context) if found else show(known, entry, home, context)


# ---------------------------------------------------------------- one step at a time


@at_home
def begin(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Begin a procedure at its first step, also one that was begun before."""
    entry_id, _colon, named = argument.partition(":")
    entry = home.entry(entry_id)
    found = _guide(conversation, entry, home, context, named) if entry and entry.steps else None
    if found is None:
        return show(conversation, entry, home, context) if entry else Turn(conversation)
    afresh = Progress(home.counted_as, found.entry.id, found.steps[0], back=found.progress.back, locale=found.locale)
    return _step(_reading(conversation, found), replace(found, progress=afresh), home, context)


def _reading(conversation: Conversation, found: Guide) -> Conversation:
    return remember(conversation, entry=found.entry.id, topic=found.entry.topic, misses=None, closing=None, unsaid=None)


@at_home
@_guided
def step(conversation: Conversation, found: Guide, step: str, home: Home, context: Context) -> Turn:
    """Go to a step ("egov.nie:office")."""
    return _shown(conversation, found.moved(step), home, context)


@at_home
@_guided
def resume(conversation: Conversation, found: Guide, _what: str, home: Home, context: Context) -> Turn:
    """Go on where the contact stands; what is over, or forgotten, begins anew."""
    known = progress_of(conversation, home.counted_as, found.entry.id) or Progress(home.counted_as, found.entry.id, locale=found.locale)
    return _shown(conversation, replace(found, progress=known), home, context)


def _shown(conversation: Conversation, found: Guide, home: Home, context: Context, *lead: Block) -> Turn:
    """Show where a contact stands: before the first step, or at one; a step that is gone is called gone."""
    if not found.progress.step:
        return _overview(conversation, found, home, context, *lead)
    here, is_there = standing(found.progress, found.steps)
    if is_there:
        return _step(conversation, found, home, context, *lead)
    _ = words(conversation, context)
    changed = text(_("These steps have changed since. We go on here:"))
    return _step(conversation, found.moved(here), home, context, *lead, changed)


def _step(conversation: Conversation, found: Guide, home: Home, context: Context, *lead: Block) -> Turn:
    blocks = (*lead, *warnings(found.entry, found.locale, home, context), *_step_blocks(found, home, context))
    stays = remember(keep(conversation, found.progress), stuck=None)
    return say(stays, context, *blocks, options=_step_options(stays, found, home, context), locale=found.locale)


def _step_blocks(found: Guide, home: Home, context: Context) -> Iterator[Block]:
    here, facts = found.progress.step, found.entry.facts
    said = found.words_of(here)
    _ = context.translator(found.locale).gettext
    place = _("Step {n} of {count}").format(n=found.steps.index(here) + 1, count=len(found.steps))
    yield Paragraph((Run(place, bold=True), Run(" · "), Run(found.entry.words[found.locale].title, isolate=True)))
    yield Heading(render_inline(said.title, facts, found.locale, home.city.country))
    yield from render_text(said.text, facts, found.locale, home.city.country)


def _step_options(conversation: Conversation, found: Guide, home: Home, context: Context) -> list[Option]:
    _ = words(conversation, context)
    entry, named = found.entry, f"{found.entry.id}:{found.progress.step}"
    return [
        option("done", named, _("✓ Done"), "main"),
        option("skip", named, _("Skip")),
        option("stuck", named, _("I am stuck")),
        option("later", entry.id, _("Later")),
        *_places(conversation, entry, home, context),
        option("steps", _in(conversation, found, context), _("All steps"), "quiet"),
        to_menu(_),
    ]


def _in(conversation: Conversation, found: Guide, context: Context) -> str:
    return found.entry.id if found.locale == tongue(conversation, context) else f"{found.entry.id}:{found.locale}"


def _places(conversation: Conversation, entry: Entry, home: Home, context: Context) -> list[Option]:
    """Offer the offices of an entry, where it has any here."""
    _ = words(conversation, context)
    count = sum(home.local and slug in home.city.places for slug in entry.places)
    return [option("places", entry.id, _("Places ({n})").format(n=count))] if count else []


@at_home
@_guided
def done(conversation: Conversation, found: Guide, step: str, home: Home, context: Context) -> Turn:
    """Take a step as done."""
    return _passed(conversation, found, step, home, context, is_done=True)


@at_home
@_guided
def skip(conversation: Conversation, found: Guide, step: str, home: Home, context: Context) -> Turn:
    """Leave a step out; it is named at the end."""
    return _passed(conversation, found, step, home, context, is_done=False)


def _passed(conversation: Conversation, found: Guide, step: str, home: Home, context: Context, *, is_done: bool) -> Turn:
    if step not in found.steps:
        return _shown(conversation, found, home, context)
    progress, is_over = passing(found.progress, step, found.steps, is_done=is_done)
    passed = replace(found, progress=progress)
    return _end(conversation, passed, home, context) if is_over else _shown(conversation, passed, home, context)


@at_home
@_guided
def later(conversation: Conversation, found: Guide, _what: str, home: Home, context: Context) -> Turn:
    """Keep the place, and say how to come back to it."""
    _ = words(conversation, context)
    stays = keep(conversation, found.progress)
    back = replace(go_on_with(stays, found.entry, home, context), style="plain")
    return say(stays, context, text(_("Write /continue whenever you want to go on.")), options=[back, *ways_on(_)])


# ---------------------------------------------------------------- stuck


@at_home
@_guided
def stuck(conversation: Conversation, found: Guide, step: str, home: Home, context: Context) -> Turn:
    """Show a step once more with where to ask about it, and the way to a person, who reads which step it is."""
    here = found.moved(step)
    if step not in found.steps:
        return _shown(conversation, here, home, context)
    _ = words(conversation, context)
    stays = remember(keep(conversation, here.progress), stuck=f"{found.entry.id}/{step}")
    blocks = [*_step_blocks(here, home, context), *_where_to_ask(stays, here, home, context), text(_("A person can help you."))]
    person, menu = ways_on(_)
    back = option("step", f"{found.entry.id}:{step}", _("Back to: {title}").format(title=found.title_of(step, home)))
    return say(stays, context, *blocks, options=[replace(person, style="main"), back, menu], locale=found.locale)


def _where_to_ask(conversation: Conversation, found: Guide, home: Home, context: Context) -> Iterator[Block]:
    near = offices(found.entry.places, conversation, home, context)[:MAX_PLACES]
    if near:
        yield strong(context.translator(found.locale).gettext("Where to ask"))
        yield from cards(near, home, found.locale, context)


# ---------------------------------------------------------------- the end


def _end(conversation: Conversation, found: Guide, home: Home, context: Context) -> Turn:
    """Say that it is done, what was skipped, and what comes next; or go back to what waited for this."""
    over = ended(remember(conversation, stuck=None), found.progress)
    waiting = home.entry(found.progress.back)
    outer = _guide(over, waiting, home, context) if waiting and waiting.steps else None
    return _back_to(over, found, outer, home, context) if outer else _congratulated(over, found, home, context)


def _congratulated(conversation: Conversation, found: Guide, home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    heading = Heading((Run(found.entry.words[found.locale].title, isolate=True),))
    following = _next(conversation, found, home, context)
    ask = [text(_("What comes next:"))] if following else []
    options = [*_skipped_options(found, home), *following, *helped_options(found.entry, _), *ways_on(_)]
    return say(conversation, context, heading, *_told_end(conversation, found, home, context), *ask, options=options)


def _told_end(conversation: Conversation, found: Guide, home: Home, context: Context) -> Iterator[Block]:
    _ = words(conversation, context)
    yield strong(_("Well done! That was the last step."))
    if found.progress.skipped:
        titles: list[Runs] = [(Run(found.title_of(key, home), isolate=True),) for key in found.steps if key in found.progress.skipped]
        yield text(_("You skipped:"))
        yield Listing(tuple(titles))


def _skipped_options(found: Guide, home: Home) -> list[Option]:
    left = [key for key in found.steps if key in found.progress.skipped]
    return [option("step", f"{found.entry.id}:{key}", found.title_of(key, home)) for key in left]


def _next(conversation: Conversation, found: Guide, home: Home, context: Context) -> list[Option]:
    """Offer what goes with a procedure, and the first steps of newcomers that are not done."""
    there = {*had(conversation, home.counted_as), found.entry.id}
    ids = [entry_id for entry_id in (*found.entry.related, *home.city.first_steps) if entry_id not in there]
    return entry_options(conversation, home, context, ids)[:MAX_NEXT]


def _back_to(conversation: Conversation, found: Guide, outer: Guide, home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    title = Run(title_of(outer.entry, tongue(conversation, context), home.city), bold=True, isolate=True)
    lead = (*_told_end(conversation, found, home, context), Paragraph(fill(_("Back to: {title}"), title=title)))
    return with_options(_shown(_reading(conversation, outer), outer, home, context, *lead), _skipped_options(found, home))


# ---------------------------------------------------------------- coming back


def begun(conversation: Conversation, home: Home, context: Context, *lead: Block) -> Turn:
    """Show where a contact stands in the procedure they have begun; of several let them choose."""
    _, found = words(conversation, context), at(conversation, home)
    if len(found) == 1:
        entry = found[0][1]
        opened = _guide(conversation, entry, home, context)
        reader = _reading(conversation, opened) if opened else conversation
        turn = _shown(reader, opened, home, context, *lead) if opened else show(conversation, entry, home, context, lead=lead)
        return with_options(turn, _elsewhere(_))
    if not found:
        ask = text(_("You have not begun anything step by step."))
        return say(conversation, context, *lead, ask, options=[*_elsewhere(_), to_menu(_)])
    options = [option("resume", entry.id, _place(entry, progress, conversation, home, context), "answer") for progress, entry in found]
    return say(conversation, context, *lead, text(_("What do you want to go on with?")), options=[*options, *_elsewhere(_), to_menu(_)])


def _place(entry: Entry, progress: Progress, conversation: Conversation, home: Home, context: Context) -> str:
    """Name a procedure and how far it has come."""
    locale = tongue(conversation, context)
    steps, title = steps_of(entry, locale) or entry.steps, title_of(entry, locale, home.city)
    if not progress.step:
        return title
    here, _is_there = standing(progress, steps)
    return f"{shorten(title, MAX_TITLE)} · {steps.index(here) + 1}/{len(steps)}"


def _elsewhere(_: Callable[[str], str]) -> list[Option]:
    return [option("move", "", _("Go on on another device"), "quiet")]


def held(conversation: Conversation, context: Context) -> list[str]:
    """Name the procedures a contact has begun, in all places."""
    return [_title(progress.place, progress.entry_id, conversation, context) for progress in in_hand(conversation)]


def held_had(pairs: Sequence[tuple[str, str]], conversation: Conversation, context: Context) -> list[str]:
    """Name what a contact has, given as place and entry id."""
    return [_title(place, entry_id, conversation, context) for place, entry_id in pairs]


def _title(place: str, entry_id: str, conversation: Conversation, context: Context) -> str:
    cities = [city for city in context.knowledge.cities.values() if place in (city.slug, city.country)]
    city = next((city for city in cities if entry_id in city.entries), None)
    return title_of(city.entries[entry_id], tongue(conversation, context), city) if city else entry_id
