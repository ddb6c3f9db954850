"""Phrase cards: sentences in the language of the city, to be shown at a desk, with what they mean and how they are said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.dialogue.compose import option, say, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home, at_home
from bot.dialogue.terms import SITUATIONS
from bot.dialogue.tongues import name_in
from bot.model import Block, Conversation, Heading, Note, Option, Paragraph, PhraseCard, Run, Situation, Turn

INTERPRETER = "interpreter"  # the card that asks for somebody who interprets
OF_TOPIC: Mapping[str, Situation] = {
    "healthcare": "doctor",
    "egov": "registry",
    "housing": "landlord",
    "education": "school",
    "work": "work",
    "support": "anywhere",
}


def cards_of(home: Home, context: Context) -> Mapping[str, PhraseCard]:
    """Return the cards in the language of a city, by their ids."""
    return context.knowledge.cards.get(home.city.host_language, {})


def cards_option(conversation: Conversation, home: Home, context: Context, topic: str = "") -> tuple[Option, ...]:
    """Return the way to the cards, or to those that go with a topic; none where there are none, or the contact speaks that language."""
    situation = OF_TOPIC.get(topic, "")
    known = {card.situation for card in cards_of(home, context).values()}
    if not known or (topic and situation not in known) or tongue(conversation, context) == home.city.host_language:
        return ()
    _ = words(conversation, context)
    return (option("cards", situation, _("Phrases to show at a desk")),)


@at_home
def cards(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """List the situations, or ("doctor") the phrases of one."""
    known = cards_of(home, context)
    _ = words(conversation, context)
    situation = next((slug for slug in SITUATIONS if slug == argument), None)
    if not known or (argument and situation is None):
        return Turn(conversation)
    if situation is None:
        there = {card.situation for card in known.values()}
        options = [option("cards", slug, _(name)) for slug, name in SITUATIONS.items() if slug in there]
        heading = Heading((Run(_("Phrases to show at a desk")),))
        return say(conversation, context, heading, text(_("Where are you?")), options=[*options, to_menu(_)])
    locale = tongue(conversation, context)
    options = [option("card", card.slug, _meaning(card, locale, home), "answer") for card in known.values() if card.situation == situation]
    heading = Heading((Run(_(SITUATIONS[situation])),))
    ask = text(_("Choose what you want to say. Then show it in large letters."))
    return say(conversation, context, heading, ask, options=[*options, option("cards", "", _("Other situations"), "quiet"), to_menu(_)])


@at_home
def card(conversation: Conversation, slug: str, home: Home, context: Context) -> Turn:
    """Show one card."""
    chosen = cards_of(home, context).get(slug)
    if chosen is None:
        return Turn(conversation)
    _ = words(conversation, context)
    locale = tongue(conversation, context)
    back = option("cards", chosen.situation, _("More phrases"), "main")
    return say(conversation, context, *card_blocks(chosen, locale, locale, home), options=[back, to_menu(_)])


def card_blocks(card: PhraseCard, tag: str, locale: str, home: Home) -> Iterator[Block]:
    """Yield a card: large in the language of the city, what it means, and how it is said. `tag`: the language it may name."""
    host = home.city.host_language
    yield Heading((Run(card.host.format(language=name_in(tag, host)), isolate=True, locale=host),))
    if locale == host:
        return
    meaning = _meaning(card, locale, home, tag)
    yield Paragraph((Run(meaning, isolate=locale not in card.words),))
    if reading := card.reading.get(locale):
        yield Note((Run(f"🗣 {reading}"),))


def _meaning(card: PhraseCard, locale: str, home: Home, tag: str = "") -> str:
    """Return a card in a language, English where it has none in that one."""
    known = locale if locale in card.words else "en"
    return card.words.get(known, card.host).format(language=name_in(tag or locale, known))
