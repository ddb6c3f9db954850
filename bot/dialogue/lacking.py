"""Languages we do not have: which one a text names or is written in, what we have that is nearest, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.compose import fill, join, tongue
from bot.dialogue.context import Context
from bot.dialogue.home import home_of, own_name
from bot.dialogue.nearest_tongues import NEAREST, SERVED
from bot.dialogue.tongues import COMMON, is_language, name_in, named, own_name_of
from bot.matching.normalise import normalise
from bot.matching.scripts import LATIN, script_of
from bot.model import Block, Conversation, Outcome, Paragraph, Run, Runs, TextReceived

MAX_NEAREST = 3
MAX_NAMED = 3  # languages one name may stand for
_WHOLE = "ku"  # the name of several languages that is one of their names as well
_LEAST_WORDS = 3  # of a text that a foreign letter gives away: fewer may be a name ("Łódź", "São Paulo")
_SHORT_NAME = 4  # letters; where a text may be a question as well, a shorter name is one only of what people often speak
_OTHER_MATTERS = ("weather-or-other-topic", "other-service")
_QUESTIONS: frozenset[Outcome] = frozenset({"answer", "suggest"})


@dataclass(frozen=True, slots=True)
class Lacking:
    """A language, or several of one name, that we lack.

    `nearest`: those of ours to offer, best first. `serves`: one of ours that whoever speaks this reads anyway (Darija: Arabic).
    `is_sure`: named by its very name, not misspelt. `is_written`: it was not named but written."""

    tags: tuple[str, ...]
    nearest: tuple[str, ...] = ()
    serves: str | None = None
    is_sure: bool = True
    is_written: bool = False


# ---------------------------------------------------------------- which one


def of_text(conversation: Conversation, event: TextReceived, context: Context) -> Lacking | None:
    """Return the language we lack that a text names and does nothing else, or else is written in and not understood.

    One of ours by a name that the matcher does not know ("mexicano") is found as well, served by itself."""
    outcome = event.understood.outcome if event.understood else "none"
    if event.understood and event.understood.smalltalk in _OTHER_MATTERS:
        outcome = "suggest"  # nothing is known of a strange name: it may stand for anything
    if outcome in ("smalltalk", "emergency"):
        return None
    named = _named(conversation, event.text, outcome, context)
    return named or (of_writing(conversation, event, context) if outcome == "none" else None)


def of_name(conversation: Conversation, written: str, context: Context) -> Lacking | None:
    """Return the language we lack that is named behind a command."""
    return _named(conversation, written, "none", context)


def _named(conversation: Conversation, written: str, outcome: Outcome, context: Context) -> Lacking | None:
    found = named(written, context.locales, misspelt=outcome not in _QUESTIONS)
    ours = [tag for tag in found.tags if tag in context.locales]
    lacking = tuple(tag for tag in found.tags if tag not in context.locales)
    if outcome in _QUESTIONS and (ours or not found.is_sure or not _is_plain(written, lacking)):
        return None
    serves = _serving(found.tags, context) if found.is_sure or conversation.state == "language" else None
    if not lacking:
        new = serves and context.matcher.resolve_language(written) is None
        return Lacking(found.tags, serves=serves) if new else None
    shown = (_WHOLE,) if _WHOLE in lacking else lacking[:MAX_NAMED]
    return Lacking(shown, nearest(lacking, conversation, context, *ours), serves, found.is_sure)


def _serving(tags: tuple[str, ...], context: Context) -> str | None:
    """Return the one language of ours that speakers of all these read anyway; their own, said in another name, as well."""
    serving = {SERVED.get(tag, tag) for tag in tags} & set(context.locales)
    return serving.pop() if len(serving) == 1 and all(SERVED.get(tag, tag) in context.locales for tag in tags) else None


def _is_plain(written: str, tags: tuple[str, ...]) -> bool:
    return len(normalise(written)) >= _SHORT_NAME or not set(COMMON).isdisjoint(tags)


def of_writing(conversation: Conversation, event: TextReceived, context: Context) -> Lacking | None:
    """Return the language we lack that a text is written in, understood or not."""
    tag = event.understood.language if event.understood else None
    if not tag or tag in context.locales or not is_language(tag):
        return None
    if script_of(event.text) == LATIN and len(event.text.split()) < _LEAST_WORDS:
        return None
    return Lacking((tag,), nearest((tag,), conversation, context), is_written=True)


def nearest(tags: tuple[str, ...], conversation: Conversation, context: Context, *first: str) -> tuple[str, ...]:
    """List what we have for who speaks these, after what they named themselves; without a line for it English and the city's language."""
    home = home_of(conversation, context)
    known = (*first, *(locale for tag in tags for locale in ((SERVED[tag],) if tag in SERVED else NEAREST.get(tag, ()))))
    ours = [locale for locale in dict.fromkeys(known) if locale in context.locales]
    others = ("en", home.city.host_language if home else "en")
    return tuple(ours or dict.fromkeys(locale for locale in others if locale in context.locales))[:MAX_NEAREST]


# ---------------------------------------------------------------- what is said


def sentences(lacking: Lacking, conversation: Conversation, context: Context) -> list[Block]:
    """Say what we lack and what is nearest, in the contact's language; before one was chosen in the nearest one of ours, too."""
    spoken = [tongue(conversation, context)]
    if conversation.locale not in context.locales:
        spoken += lacking.nearest[:1]
    return [_in(locale, lacking, context) for locale in dict.fromkeys(spoken)]


def _in(locale: str, lacking: Lacking, context: Context) -> Paragraph:
    _ = context.translator(locale).gettext
    # Translators: {language} is the name of a language as yours calls it, and as it calls itself.
    written = _("I see that you write {language}. I do not speak it yet.")
    lack = written if lacking.is_written else _("I do not speak {language} yet.")
    # Translators: {languages} is one language or a few, with dots between them.
    near = _("The nearest I have: {languages}.")
    ours = join([(Run(name_in(own, locale), isolate=True),) for own in lacking.nearest])
    theirs = join([(Run(_both(tag, locale), isolate=True),) for tag in lacking.tags])
    said: Runs = fill(lack, language=theirs)
    return Paragraph((*said, Run(" "), *fill(near, languages=ours)) if ours else said)


def _both(tag: str, locale: str) -> str:
    """Name a language in the reader's, and in itself where that differs."""
    theirs, own = name_in(tag, locale), own_name_of(tag).partition(" (")[0]
    return theirs if normalise(own) == normalise(theirs) or not own else f"{theirs} ({own})"


def served(locale: str, context: Context) -> Paragraph:
    """Say that one may write a variety of a language of ours, and is answered in that."""
    _ = context.translator(locale).gettext
    # Translators: said to somebody who speaks a variety of {language}, such as Moroccan or Egyptian Arabic.
    return Paragraph(fill(_("I answer in {language}; write as you speak."), language=Run(own_name(locale), isolate=True)))
