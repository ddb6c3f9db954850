"""Questions the bot could not help with: kept to improve the answers only where the contact taps for it, masked, and tied to nobody.

Until then the masked question is part of what goes with the history. The offer is made once a day, never beside a person who listens, and
never for words of danger."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256

from bot.dialogue import human
from bot.dialogue.compose import before, option, recall, remember, say, text, tongue, ways_on, with_options, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home, at_home, home_of
from bot.dialogue.requests import open_talks
from bot.masking import mask, unmarked
from bot.model import (
    CommandReceived,
    Conversation,
    Count,
    Event,
    GapReason,
    KeepQuestion,
    Note,
    Option,
    OptionChosen,
    Paragraph,
    Run,
    SendMessage,
    TextReceived,
    Turn,
)

COUNTED = ("none", "none-fits", "not-helped")  # results after which the offer is made
ELSEWHERE = ("do", "topic", "first")  # verbs that leave the question behind
QUESTIONS = ("answer", "suggest", "none")
_LETTERS = re.compile(r"[^\W\d_]")


def asked(conversation: Conversation, event: TextReceived, context: Context) -> Conversation:
    """Remember a question, masked, until another one is asked or the history goes."""
    understood = event.understood
    if understood is None or understood.outcome not in QUESTIONS:
        return conversation
    masked = mask(event.text)
    if not _LETTERS.search(unmarked(masked)):
        return forgotten(conversation)
    written = understood.language if understood.language in context.locales else tongue(conversation, context)
    return remember(conversation, **{"asked": masked, "asked-in": written})


def forgotten(conversation: Conversation) -> Conversation:
    """Forget which question was asked last."""
    return remember(conversation, **{"asked": None, "asked-in": None})


# ---------------------------------------------------------------- the offer


def with_offer(turn: Turn, event: Event, context: Context) -> Turn:
    """Offer to keep the question where this turn had no answer to it, or the answer did not help."""
    if _is_elsewhere(event) or _is_heard(turn.conversation):
        return Turn(forgotten(turn.conversation), turn.effects)
    home = home_of(turn.conversation, context)
    count = next((effect for effect in turn.effects if isinstance(effect, Count) and effect.result in COUNTED), None)
    if home is None or count is None or not _may_offer(turn, home, count, context):
        return turn
    conversation, question = turn.conversation, recall(turn.conversation, "asked")
    offered = remember(
        conversation,
        **{
            "keep": question,
            "keep-in": recall(conversation, "asked-in"),
            "keep-entry": count.entry_id,
            "keep-asked": home.today(context).isoformat(),
        },
    )
    return with_options(_with_sentence(Turn(offered, turn.effects), context), [_button(question, conversation, context)])


def _is_elsewhere(event: Event) -> bool:
    verb = event.option_id.partition(":")[0] if isinstance(event, OptionChosen) else ""
    return isinstance(event, CommandReceived) or verb in ELSEWHERE


def _is_heard(conversation: Conversation) -> bool:
    """Say whether a person reads what is written here: then it is said to them, not asked the bot."""
    return conversation.owner != "bot" or bool(open_talks(conversation))


def _may_offer(turn: Turn, home: Home, count: Count, context: Context) -> bool:
    conversation = turn.conversation
    entry = home.entry(count.entry_id)
    is_danger = entry is not None and entry.topic == human.EMERGENCY
    is_new = recall(conversation, "keep-asked") != home.today(context).isoformat()
    return home.local and is_new and bool(recall(conversation, "asked")) and not is_danger


def _with_sentence(turn: Turn, context: Context) -> Turn:
    """Say under the last message that has buttons what keeping means."""
    _ = words(turn.conversation, context)
    why = _("You can let us keep your question: without name or number, for 90 days, read by the people who write the answers.")
    places = [number for number, effect in enumerate(turn.effects) if isinstance(effect, SendMessage)]
    effect = turn.effects[places[-1]] if places else None
    if not isinstance(effect, SendMessage):
        return turn
    effects = [*turn.effects]
    effects[places[-1]] = SendMessage(replace(effect.message, blocks=(*effect.message.blocks, Note((Run(why),)))))
    return Turn(turn.conversation, tuple(effects))


def _button(question: str, conversation: Conversation, context: Context) -> Option:
    _ = words(conversation, context)
    return option("keep", _mark(question), _("Keep this question to improve the answers"), "quiet")


def _mark(question: str) -> str:
    """Name a question, so that an old button never keeps a later one."""
    return sha256(question.encode()).hexdigest()[:12]


# ---------------------------------------------------------------- the tap


@at_home
def keep(conversation: Conversation, mark: str, home: Home, context: Context) -> Turn:
    """Keep the question that was offered, once, and show what is kept of it."""
    question, locale = recall(conversation, "keep"), recall(conversation, "keep-in")
    _ = words(conversation, context)
    if not question or _mark(question) != mark or not home.local:
        return say(conversation, context, text(_("This question is not there any more.")), options=ways_on(_))
    entry_id = recall(conversation, "keep-entry")
    why: GapReason = "not-helpful" if entry_id else "none"
    done = remember(conversation, **{"keep": None, "keep-in": None, "keep-entry": None})
    shown = Paragraph((Run(question, isolate=True),))
    turn = say(done, context, text(_("Thank you. This is kept for 90 days, and nothing else:")), shown, options=ways_on(_))
    return before((KeepQuestion(home.city.slug, locale, question, why, entry_id),), turn)
