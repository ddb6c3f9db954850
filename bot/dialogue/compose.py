"""The small pieces every handler builds with: blocks, options, a turn that says one message, and the language it is said in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.dialogue.context import Context
from bot.model import (
    COMMANDS,
    Block,
    Conversation,
    Effect,
    Listing,
    Message,
    Option,
    Paragraph,
    Run,
    Runs,
    SendMessage,
    Style,
    Turn,
)

# Keys that outlive the history: what a contact should not be asked or told twice, and where they stand in procedures.
LASTING = ("device", "noticed", "country", "offered-", "signs", "doing/", "had/")
MAX_LABEL = 64  # characters of a button; longer ones are cut by every platform, each in its own way
GENERAL_EMERGENCY = "112"  # the single European number: Directive (EU) 2018/1972, article 109, read 2026-11-23


_COMMAND = re.compile(rf"(/(?:{'|'.join(COMMANDS)})\b)")

Value = str | bool | int | None


def tongue(conversation: Conversation, context: Context) -> str:
    """Return the language to speak: the chosen one, else what platform or text suggested, else English."""
    for locale in (conversation.locale, recall(conversation, "hint"), "en"):
        if isinstance(locale, str) and locale in context.locales:
            return locale
    return context.locales[0]


def words(conversation: Conversation, context: Context) -> Callable[[str], str]:
    """Return the function that translates our sentences for this contact."""
    return context.translator(tongue(conversation, context)).gettext


def remember(conversation: Conversation, **values: Value) -> Conversation:
    """Note values in the conversation; None forgets one. What is not LASTING goes with the history."""
    data, recent = dict(conversation.data), dict(conversation.recent)
    for key, value in values.items():
        (data if key.startswith(LASTING) else recent)[key] = value
    return replace(conversation, data=_without_none(data), recent=_without_none(recent))


def _without_none(values: Mapping[str, Value]) -> Mapping[str, Value]:
    return {key: value for key, value in values.items() if value is not None}


def recall(conversation: Conversation, key: str) -> str:
    """Return a text noted earlier, or an empty one."""
    value = noted(conversation, key)
    return value if isinstance(value, str) else ""


def noted(conversation: Conversation, key: str) -> Value:
    """Return a value noted earlier, or None."""
    return (conversation.data if key.startswith(LASTING) else conversation.recent).get(key)


# ---------------------------------------------------------------- blocks


def text(*sentences: str) -> Paragraph:
    """Make one paragraph of some sentences."""
    return Paragraph(sentence_runs(" ".join(sentence for sentence in sentences if sentence)))


def sentence_runs(sentence: str) -> Runs:
    """Keep the commands in a sentence ("/delete") in their own direction, so that the stroke stays in front."""
    parts = _COMMAND.split(sentence)
    return tuple(Run(part, isolate=_COMMAND.fullmatch(part) is not None) for part in parts if part)


def strong(sentence: str) -> Paragraph:
    """Make a paragraph in bold."""
    return Paragraph((Run(sentence, bold=True),))


def bullets(sentences: Iterable[str]) -> Listing:
    """Make a plain list."""
    return Listing(tuple(sentence_runs(sentence) for sentence in sentences))


def emergency_line(_: Callable[[str], str]) -> Paragraph:
    """Say the emergency number, as something to press."""
    return Paragraph(fill(_("In danger, call {number}."), number=call(GENERAL_EMERGENCY)))


def fill(sentence: str, **values: Run | Runs) -> Runs:
    """Put runs into the {places} of a translated sentence, so that numbers and names keep their direction and their links."""
    runs: list[Run] = []
    rest = sentence
    while rest:
        before, opened, after = rest.partition("{")
        name, closed, behind = after.partition("}")
        if not (opened and closed and name in values):
            runs.append(Run(rest))
            break
        value = values[name]
        runs += [*([Run(before)] if before else []), *((value,) if isinstance(value, Run) else value)]
        rest = behind
    return tuple(runs)


def join(parts: Sequence[Runs], separator: str = " · ") -> Runs:
    """Put stretches of text side by side with a separator between."""
    joined: list[Run] = []
    for part in parts:
        joined += [*([Run(separator)] if joined else []), *part]
    return tuple(joined)


def call(number: str) -> Run:
    """Show a short number as something to press."""
    return Run(number, bold=True, url=f"tel:{number}", isolate=True)


# ---------------------------------------------------------------- options


_STYLES: Mapping[str, Style] = {
    "guide": "main",
    "helped": "vote",
    "none": "quiet",
    "back": "quiet",
    "do:human": "person",
    "do:menu": "quiet",
    "do:help": "quiet",
}


def option(verb: str, argument: str, label: str, style: Style | None = None) -> Option:
    """Make a choice; where its place is not named, the verb tells it."""
    option_id = f"{verb}:{argument}"
    return Option(option_id, shorten(label), style or _STYLES.get(option_id) or _STYLES.get(verb, "plain"))


def shorten(label: str, room: int = MAX_LABEL) -> str:
    """Cut a label at a word, to so many characters."""
    label = " ".join(label.split())
    if len(label) <= room:
        return label
    head = label[: room - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:") + "…"


def ways_on(_: Callable[[str], str]) -> tuple[Option, ...]:
    """Return the two ways that are always open: a person, and the menu."""
    return option("do", "human", _("☎ Talk to a person")), to_menu(_)


def to_menu(_: Callable[[str], str]) -> Option:
    """Return the way to the menu."""
    return option("do", "menu", _("☰ All topics"))


# ---------------------------------------------------------------- turns


def say(
    conversation: Conversation,
    context: Context,
    *blocks: Block,
    options: Sequence[Option] = (),
    locale: str | None = None,
    alert: bool = False,
) -> Turn:
    """Answer with one message."""
    message = Message(locale=locale or tongue(conversation, context), blocks=blocks, options=tuple(options), alert=alert)
    return Turn(conversation, (SendMessage(message),))


def before(effects: Sequence[Effect], turn: Turn) -> Turn:
    """Put effects ahead of those of a turn."""
    return Turn(turn.conversation, (*effects, *turn.effects))


def with_options(turn: Turn, more: Sequence[Option]) -> Turn:
    """Add options to the last message of a turn, without repeating any."""
    said = [number for number, effect in enumerate(turn.effects) if isinstance(effect, SendMessage)]
    effect = turn.effects[said[-1]] if said else None
    if not isinstance(effect, SendMessage):
        return turn
    known = {choice.id for choice in effect.message.options}
    options = (*effect.message.options, *(choice for choice in more if choice.id not in known))
    effects = [*turn.effects]
    effects[said[-1]] = SendMessage(replace(effect.message, options=options))
    return Turn(turn.conversation, tuple(effects))


def with_message(turn: Turn, change: Callable[[Message], Message]) -> Turn:
    """Change every message of a turn."""
    effects = (SendMessage(change(effect.message)) if isinstance(effect, SendMessage) else effect for effect in turn.effects)
    return Turn(turn.conversation, tuple(effects))
