"""A question in the contact's own words: answered when sure, offered when not, and said plainly when nothing fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bot.dialogue import after, followup, handoff, human, keeping
from bot.dialogue.browse import entry_options, menu_of, nearest_topics, topic_options
from bot.dialogue.compose import emergency_line, noted, option, recall, remember, say, text, tongue, ways_on, with_message, words
from bot.dialogue.context import Context
from bot.dialogue.entry import show
from bot.dialogue.home import Home, at_home, home_of, own_name
from bot.dialogue.lacking import of_writing
from bot.dialogue.onboarding import ask_language, choose_language
from bot.dialogue.requests import go_on_options
from bot.dialogue.unspoken import say_lacking, with_note
from bot.model import (
    Block,
    Conversation,
    Count,
    Entry,
    Event,
    Message,
    Option,
    Paragraph,
    Run,
    TextReceived,
    Turn,
    Understanding,
)

MAX_SUGGESTIONS = 3
SUPPORT = "support"  # the topic whose first entry names those who know whom to ask
MISSES_UNTIL_PERSON = 2  # questions in a row that nothing fits, after which the way to a person is shown without being asked for


def answer(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Answer a text, then offer to change to the language it was written in."""
    home = home_of(conversation, context)
    if home is None or not isinstance(event, TextReceived) or event.understood is None:
        return Turn(conversation)
    unspoken = say_lacking(conversation, event, context)
    if unspoken:
        return unspoken
    named = context.matcher.resolve_language(event.text) if event.understood.outcome == "none" else None
    if named in context.locales:
        return choose_language(conversation, named or "", context)
    conversation = keeping.asked(conversation, event, context)
    understood = followup.read_on(conversation, event, event.understood, home, context)
    turn = followup.answer(conversation, understood, home, context)
    turn = turn or _by_outcome(conversation, event, understood, home, context)
    return _mind_language(turn, event, understood, context)


def _by_outcome(conversation: Conversation, event: TextReceived, understood: Understanding, home: Home, context: Context) -> Turn:
    if understood.outcome == "smalltalk":
        return _smalltalk(conversation, understood.smalltalk or "", home, context)
    fitting = [entry for match in understood.matches if (entry := home.entry(match.entry_id))]
    if fitting and understood.outcome == "answer" and understood.matches[0].entry_id == fitting[0].id:
        return _answered(conversation, fitting[0], understood, home, context)
    if fitting and understood.outcome in ("answer", "suggest"):
        return _suggest(conversation, event.text, fitting[:MAX_SUGGESTIONS], home, context)
    further = after.further_word(conversation, event, context)
    return further or _nothing_on(conversation, understood, home, context) or _unknown(conversation, event.text, fitting, home, context)


def _answered(conversation: Conversation, found: Entry, understood: Understanding, home: Home, context: Context) -> Turn:
    """Show the entry that answers; further questions of the same message stay one press away."""
    others = entry_options(conversation, home, context, understood.also)
    if not others:
        return show(conversation, found, home, context)
    _ = words(conversation, context)
    lead = text(_("You asked more than one thing. Here is the first answer; the next one is under it."))
    turn = show(conversation, found, home, context, lead=(lead,))
    return with_message(turn, lambda message: replace(message, options=(*others, *message.options)))


# ---------------------------------------------------------------- not sure


def _suggest(conversation: Conversation, written: str, fitting: list[Entry], home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    go_on = go_on_options(conversation, context)
    options = entry_options(conversation, home, context, [entry.id for entry in fitting])
    options += [option("none", "", _("None of these")), *go_on, ways_on(_)[0]]
    danger = [emergency_line(_)] if any(entry.topic == human.EMERGENCY for entry in fitting) else []
    unsaid = written[: after.MAX_KEPT] if go_on else None
    meant = remember(conversation, misses=None, closing=None, unsaid=unsaid, topic=fitting[0].topic)
    turn = say(meant, context, text(_("Do you mean one of these?")), *danger, options=options)
    return _counted(turn, "suggest", home, context)


@at_home
def none_of_these(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Help on when no suggestion fits."""
    _ = words(conversation, context)
    ask = text(_("Then tell me in other words, choose a topic, or talk to a person."))
    options = [*topic_options(conversation, home, context), *go_on_options(conversation, context), ways_on(_)[0]]
    return _counted(say(conversation, context, ask, options=options), "none-fits", home, context)


def _unknown(conversation: Conversation, written: str, fitting: list[Entry], home: Home, context: Context) -> Turn:
    _ = words(conversation, context)
    missed = noted(conversation, "misses")
    misses = (missed if isinstance(missed, int) else 0) + 1
    go_on = go_on_options(conversation, context)
    lost = remember(conversation, misses=misses, unsaid=written[: after.MAX_KEPT] if go_on else None)
    sorry = text(_("I do not know this."), _("I do not want to guess."))
    if misses >= MISSES_UNTIL_PERSON:
        return _counted(handoff.person(remember(lost, misses=None), "", context, sorry), "none", home, context)
    topics = topic_options(conversation, home, context, nearest_topics(fitting, home, context))
    ask = text(_("Ask me in other words, choose a topic, or talk to a person."))
    # A cry for help that was not recognised ends here: the number stands under every "I do not know".
    return _counted(say(lost, context, sorry, ask, emergency_line(_), options=[*go_on, *topics, *ways_on(_)]), "none", home, context)


def _counted(turn: Turn, result: str, home: Home, context: Context) -> Turn:
    return Turn(turn.conversation, (*turn.effects, Count(home.counted_as, "", tongue(turn.conversation, context), result)))


def _nothing_on(conversation: Conversation, understood: Understanding, home: Home, context: Context) -> Turn | None:
    """Say by name what there is nothing on, and who may know."""
    topic = context.knowledge.uncovered.get(understood.uncovered or "")
    name = topic and (topic.names.get(tongue(conversation, context)) or topic.names.get("en"))
    if not name:
        return None
    _ = words(conversation, context)
    lost = remember(conversation, misses=None, unsaid=None)
    helping = [entry.id for entry in home.entries.values() if entry.topic == SUPPORT][:1]
    said = text(_("I have nothing on this: {topic}.").format(topic=name), _("I do not want to guess."))
    ask = text(_("These people can tell you where to ask:")) if helping else text(_("Choose a topic, or talk to a person."))
    options = [*entry_options(conversation, home, context, helping), *topic_options(conversation, home, context), *ways_on(_)]
    return _counted(say(lost, context, said, ask, emergency_line(_), options=options), "none", home, context)


# ---------------------------------------------------------------- small talk


def _smalltalk(conversation: Conversation, slug: str, home: Home, context: Context) -> Turn:
    if slug == "human":
        return handoff.person(conversation, "", context)
    kind = context.knowledge.smalltalk.get(slug)
    said = kind.reply.get(tongue(conversation, context)) or kind.reply.get("en") if kind else None
    lead = (text(said),) if said else ()
    special = _SPECIAL.get(slug)
    if special:
        return special(conversation, lead, home, context)
    options = [*topic_options(conversation, home, context), ways_on(words(conversation, context))[0]]
    return say(conversation, context, *lead, options=options) if lead else menu_of(conversation, home, context)


def _repeat(conversation: Conversation, lead: tuple[Block, ...], home: Home, context: Context) -> Turn:
    last = home.entry(recall(conversation, "entry"))
    return show(conversation, last, home, context, lead=lead) if last else menu_of(conversation, home, context)


def _other_language(conversation: Conversation, lead: tuple[Block, ...], home: Home, context: Context) -> Turn:
    return ask_language(conversation, context, *lead)


_SPECIAL: dict[str, Callable[[Conversation, tuple[Block, ...], Home, Context], Turn]] = {
    "repeat": _repeat,
    "wrong-language": _other_language,
}


# ---------------------------------------------------------------- another language


def _mind_language(turn: Turn, event: TextReceived, understood: Understanding, context: Context) -> Turn:
    """Offer to go on in the language of the text, or say that we lack it; once per language."""
    conversation, written = turn.conversation, understood.language
    if not written or noted(conversation, f"offered-{written}") or not turn.effects:
        return turn
    if lacking := of_writing(conversation, event, context):
        change = partial(with_note, lacking=lacking, conversation=conversation, context=context)
    elif conversation.locale and written in context.locales and written != conversation.locale:
        change = partial(_with_offer, locale=conversation.locale, wanted=written, context=context)
    else:
        return turn
    changed = with_message(turn, lambda message: change(message) if message.options else message)
    return replace(changed, conversation=remember(conversation, **{f"offered-{written}": True}))


def _with_offer(message: Message, locale: str, wanted: str, context: Context) -> Message:
    question, go = _in_new_language(wanted, context)
    _ = context.translator(locale).gettext
    keep = option("stay", wanted, _("Stay with {language}").format(language=own_name(locale)))
    return replace(message, blocks=(*message.blocks, question), options=(go, keep, *message.options))


def _in_new_language(wanted: str, context: Context) -> tuple[Paragraph, Option]:
    _, name = context.translator(wanted).gettext, own_name(wanted)
    question = Paragraph((Run(_("Shall I go on in {language}?").format(language=name), isolate=True),))
    return question, option("switch", wanted, _("Go on in {language}").format(language=name))


def switch(conversation: Conversation, locale: str, context: Context) -> Turn:
    """Change the language and show the last answer in it."""
    if locale not in context.locales:
        return Turn(conversation)
    turn = choose_language(conversation, locale, context)
    home = home_of(turn.conversation, context)
    last = home.entry(recall(conversation, "entry")) if home else None
    return show(turn.conversation, last, home, context) if home and last else turn


def stay(conversation: Conversation, locale: str, context: Context) -> Turn:
    """Keep the language; the offer is not made again."""
    home = home_of(conversation, context)
    if home is None or locale not in context.locales:
        return Turn(conversation)
    return menu_of(remember(conversation, **{f"offered-{locale}": True}), home, context)
