"""Confirming answers in the chat: somebody of the city sees what is due, one at a time, and says whether it is still right.

First the facts of an entry, then its wording in each language of theirs beside the text it was translated from. What they say counts for
what they were shown: every button carries its fingerprint, and an answer that has changed meanwhile is shown again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from bot.dialogue import faq
from bot.dialogue.compose import before, join, noted, option, recall, remember, say, strong, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.due import Task, due, hash_of, task_of
from bot.dialogue.entry import condition_rows, documents, notes, sources_of, step_list, warnings
from bot.dialogue.home import READY, Home, is_settled, own_name, title_of
from bot.dialogue.places import card, offices
from bot.dialogue.terms import ROLES
from bot.knowledge.render import render_fact, render_text
from bot.model import (
    Block,
    Confirm,
    Conversation,
    Event,
    FactTable,
    Heading,
    Listing,
    Message,
    Note,
    Option,
    Paragraph,
    ReportAnswer,
    Reviewing,
    Run,
    Runs,
    SendMessage,
    TextReceived,
    Turn,
)

WHY = "review-why"  # the state in which the next text says what is wrong
MAX_SEEN = 400  # tasks of one round that are remembered, so that none comes twice

About = Literal["answer", "changed", "wording"]


def _home(reviews: Reviewing, conversation: Conversation, context: Context) -> Home | None:
    """Return the city whose answers somebody reviews: their own, or for who reviews everywhere the one they are in."""
    city = context.knowledge.cities.get(reviews.city or conversation.city or "")
    return Home(city, local=True) if city else None


def _languages(reviews: Reviewing, conversation: Conversation, context: Context) -> tuple[str, ...]:
    return reviews.languages or (tongue(conversation, context),)


# ---------------------------------------------------------------- the round


def begin(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Begin a round: say how much is due, and show the first of it."""
    reviews = conversation.reviews
    home = _home(reviews, conversation, context) if reviews else None
    if reviews is None or home is None:
        return Turn(conversation)
    if conversation.locale not in context.locales:
        own = next((locale for locale in reviews.languages if locale in context.locales), None)
        conversation = replace(conversation, locale=own)
    translator = context.translator(tongue(conversation, context))
    count = len({task.entry.id for task in due(home, _languages(reviews, conversation, context), context)})
    line = translator.ngettext("{n} answer is due for a look.", "{n} answers are due for a look.", count).format(n=count)
    return _next(remember(conversation, reviewed=None), home, context, *([text(line)] if count else []))


def choose(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take what somebody says about the answer they were shown ("right:egov.nie::a1b2"), or leaves ("skip:egov.nie:ar", "stop")."""
    verb, _colon, rest = argument.partition(":")
    home = _home(conversation.reviews, conversation, context) if conversation.reviews else None
    handler = _VERBS.get(verb)
    return handler(_calm(conversation, context), rest, home, context) if handler and home else Turn(conversation)


def _calm(conversation: Conversation, context: Context) -> Conversation:
    """Leave the question what is wrong."""
    if conversation.state != WHY:
        return conversation
    return remember(replace(conversation, state=READY if is_settled(conversation, context) else "new"), why=None)


def _next(conversation: Conversation, home: Home, context: Context, *lead: Block) -> Turn:
    """Show the next task that was not seen in this round, or say that there is none."""
    reviews, seen = conversation.reviews, recall(conversation, "reviewed").split()
    tasks = due(home, _languages(reviews, conversation, context), context) if reviews else []
    task = next((task for task in tasks if task.key not in seen), None)
    if task:
        return _show(conversation, task, home, context, *lead)
    _ = words(conversation, context)
    return say(conversation, context, *lead, text(_("Nothing more is due now.")), options=[to_menu(_)])


def _seen(conversation: Conversation, task: Task) -> Conversation:
    seen = [key for key in recall(conversation, "reviewed").split() if key != task.key]
    return remember(conversation, reviewed=" ".join([*seen, task.key][-MAX_SEEN:]))


# ---------------------------------------------------------------- what is shown


def _show(conversation: Conversation, task: Task, home: Home, context: Context, *lead: Block) -> Turn:
    show = _show_wording if task.locale else _show_facts
    return show(conversation, task, home, context, *lead)


def _show_facts(conversation: Conversation, task: Task, home: Home, context: Context, *lead: Block) -> Turn:
    _ = words(conversation, context)
    blocks = (*lead, *_facts(conversation, task, home, context), strong(_("Are these facts still right?")))
    options = (
        option("review", f"right:{task.key}:{hash_of(task, home)}", _("Still right"), "main"),
        option("review", f"wrong:{task.key}", _("Wrong, because …")),
        option("review", f"changed:{task.key}", _("Changed …")),
        *_leave(task, _),
    )
    return say(conversation, context, *blocks, options=options)


def _facts(conversation: Conversation, task: Task, home: Home, context: Context) -> Iterator[Block]:
    entry, locale = task.entry, tongue(conversation, context)
    _ = words(conversation, context)
    yield Heading((Run(title_of(entry, locale, home.city), isolate=True),))
    yield from warnings(entry, locale, home, context)
    rows = [*condition_rows(entry, locale, home, _)]
    for name, fact in entry.facts.items():
        rows.append((fact.note or name.replace("_", " "), (render_fact(fact, locale, home.city.country),)))
    yield FactTable(tuple(rows))
    said = entry.words.get(locale) or entry.words.get(home.city.host_language)
    if said and said.steps:
        yield Listing(tuple((Run(said.steps[key].title, isolate=True),) for key in entry.steps if key in said.steps), ordered=True)
    for office in offices(entry.places, conversation, home, context):
        yield from card(office, home, locale, context)
    yield from _sources(sources_of(entry), _)


def _sources(sources: Sequence[Runs], _: Callable[[str], str]) -> Iterator[Block]:
    if sources:
        yield strong(_("Sources"))
        yield Note(join(sources))


def _show_wording(conversation: Conversation, task: Task, home: Home, context: Context, *lead: Block) -> Turn:
    """Show the words in a language of theirs, after those they were translated from."""
    _ = words(conversation, context)
    source = task.entry.words[task.locale].wording.of
    is_translated = source is not None and source in task.entry.words
    question = _("Does the second text say the same, in good words?") if is_translated else _("Does this read right?")
    options = (
        option("review", f"right:{task.key}:{hash_of(task, home)}", _("Reads right"), "main"),
        option("review", f"wrong:{task.key}", _("Not right, because …")),
        *_leave(task, _),
    )
    shown = [_wording(task, source, home, context)] if is_translated and source else []
    shown.append(_wording(task, task.locale, home, context))
    asked = say(conversation, context, strong(question), options=options)
    intro = say(conversation, context, *lead).effects if lead else ()
    return before((*intro, *map(SendMessage, shown)), asked)


def _wording(task: Task, locale: str, home: Home, context: Context) -> Message:
    """Show the whole text of an entry in a language, as contacts read it, under the name of the language."""
    entry, said = task.entry, task.entry.words[locale]
    _ = context.translator(locale).gettext
    steps = [step_list(entry, said, locale, home)] if said.steps else []
    blocks = (
        Note((Run(own_name(locale), bold=True, isolate=True),)),
        Heading((Run(said.title),)),
        *render_text(said.answer, entry.facts, locale, home.city.country),
        *documents(entry, said, locale, home, _),
        *steps,
        *notes(entry, locale, home, context),
    )
    return Message(locale=locale, blocks=blocks)


def _leave(task: Task, _: Callable[[str], str]) -> tuple[Option, Option]:
    stop = option("review", "stop", _("Stop"), "quiet")
    return option("review", f"skip:{task.key}", _("Skip")), stop


# ---------------------------------------------------------------- what they say


def _right(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Confirm what was shown; the first time ask whether under their name."""
    entry_id, _colon, rest = argument.partition(":")
    locale, _colon, mark = rest.partition(":")
    task = task_of(f"{entry_id}:{locale}", home)
    _ = words(conversation, context)
    if task is None:
        return _next(conversation, home, context, text(_("This answer is not there any more.")))
    if mark != hash_of(task, home):
        return _show(conversation, task, home, context, text(_("This answer has changed meanwhile. Now it reads like this:")))
    if not recall(conversation, "signs"):
        return _ask_name(remember(conversation, confirming=argument), context)
    confirm = Confirm(home.city.slug, task.entry.id, locale, mark, home.today(context), noted(conversation, "signs") == "name")
    return before((confirm,), _next(_seen(conversation, task), home, context, text(_("Thank you."))))


def _ask_name(conversation: Conversation, context: Context) -> Turn:
    reviews = conversation.reviews
    if reviews is None:
        return Turn(conversation)
    _ = words(conversation, context)
    ask = text(_("What may stand beside what you confirm? Everybody can read it in the files."))
    role = _("Only my role: {role}").format(role=_(ROLES[reviews.role]))
    options = (
        option("review", "name:name", _("My name: {name}").format(name=reviews.name)),
        option("review", "name:role", role),
    )
    return say(conversation, context, ask, options=options)


def _name(conversation: Conversation, answer: str, home: Home, context: Context) -> Turn:
    """Note what may stand beside a confirmation, and go on with the one that waits."""
    if answer not in ("name", "role"):
        return Turn(conversation)
    waiting = recall(conversation, "confirming")
    signed = remember(conversation, signs=answer, confirming=None)
    return _right(signed, waiting, home, context) if waiting else _next(signed, home, context)


def _skip(conversation: Conversation, key: str, home: Home, context: Context) -> Turn:
    task = task_of(key, home)
    return _next(_seen(conversation, task) if task else conversation, home, context)


def _stop(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    later = text(_("Write /review when you want to go on."))
    return say(remember(conversation, reviewed=None, confirming=None), context, later, options=[to_menu(_)])


# ---------------------------------------------------------------- what is wrong


def _wrong(conversation: Conversation, key: str, home: Home, context: Context) -> Turn:
    return _ask_why(conversation, f"wrong:{key}", home, context)


def _changed(conversation: Conversation, key: str, home: Home, context: Context) -> Turn:
    return _ask_why(conversation, f"changed:{key}", home, context)


def _ask_why(conversation: Conversation, why: str, home: Home, context: Context, *lead: Block) -> Turn:
    verb, _colon, key = why.partition(":")
    task = task_of(key, home)
    if task is None:
        return _next(conversation, home, context)
    _ = words(conversation, context)
    ask = _("What has changed? Write it in one message.") if verb == "changed" else _("What is wrong? Write it in one message.")
    title = Paragraph((Run(title_of(task.entry, tongue(conversation, context), home.city), bold=True, isolate=True),))
    asking = remember(replace(conversation, state=WHY), why=why)
    return say(asking, context, *lead, title, text(ask), options=_leave(task, _))


def is_asking(conversation: Conversation) -> bool:
    """Say whether our question what is wrong is the last thing that was said."""
    return conversation.state == WHY and bool(recall(conversation, "why")) and ("review:stop" in dict(conversation.options))


def ask_again(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Ask once more what is wrong."""
    home = _home(conversation.reviews, conversation, context) if conversation.reviews else None
    return _ask_why(conversation, recall(conversation, "why"), home, context, *lead) if home else Turn(conversation)


def why_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Take a text for the reason, which goes to the admins; where something else was shown since, it is a question like any other."""
    home = _home(conversation.reviews, conversation, context) if conversation.reviews else None
    if home is None or not isinstance(event, TextReceived) or not is_asking(conversation):
        return faq.answer(_calm(conversation, context), event, context)
    verb, _colon, key = recall(conversation, "why").partition(":")
    task, calm = task_of(key, home), _calm(conversation, context)
    if task is None:
        return _next(calm, home, context)
    about: About = "changed" if verb == "changed" else "wording" if task.locale else "answer"
    report = ReportAnswer(home.city.slug, task.entry.id, task.locale or tongue(conversation, context), event.text, about)
    _ = words(conversation, context)
    return before((report,), _next(_seen(calm, task), home, context, text(_("Thank you. The admins have been told."))))


_Verb = Callable[[Conversation, str, Home, Context], Turn]
_VERBS: Mapping[str, _Verb] = {
    "right": _right,
    "wrong": _wrong,
    "changed": _changed,
    "skip": _skip,
    "stop": _stop,
    "name": _name,
}
