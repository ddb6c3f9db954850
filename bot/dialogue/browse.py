"""Finding an answer by buttons alone: topics, the entries of a topic, first steps for newcomers, help."""

from __future__ import annotations

from collections.abc import Iterable

from bot.dialogue.alerts import told_of_city
from bot.dialogue.cards import cards_option
from bot.dialogue.compose import bullets, emergency_line, option, remember, say, strong, text, tongue, ways_on, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home, at_home, home_name, is_settled, title_of, topic_name
from bot.dialogue.progress import latest
from bot.model import Block, Conversation, Entry, Heading, Option, Run, Turn


def menu_of(conversation: Conversation, home: Home, context: Context, *lead: Block) -> Turn:
    """Show the topics, the way for newcomers, a person, the settings, what was begun; above, once, today's notices about the city."""
    conversation, notices = told_of_city(conversation, home, context)
    _ = words(conversation, context)
    options = [*latest(conversation, home, context), *topic_options(conversation, home, context)]
    options += _first(home, _("You are new here? First steps"))
    options += cards_option(conversation, home, context)
    options += [option("do", "human", _("☎ Talk to a person")), option("do", "help", _("Help, language, city, my data"))]
    ask = text(_("What do you need?"), _("Choose a topic or write your question in your own words."))
    return say(conversation, context, *lead, *notices, ask, options=options)


@at_home
def menu(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """Show the menu, once the first questions are answered."""
    return menu_of(conversation, home, context) if is_settled(conversation, context) else Turn(conversation)


def topic_options(conversation: Conversation, home: Home, context: Context, slugs: Iterable[str] | None = None) -> list[Option]:
    """Return the topics as choices: all of them, or those named, in that order."""
    locale = tongue(conversation, context)
    known = {topic.slug: topic for topic in home.topics(context)}
    chosen = known if slugs is None else [slug for slug in slugs if slug in known]
    return [option("topic", slug, topic_name(known[slug], locale)) for slug in chosen]


def entry_options(conversation: Conversation, home: Home, context: Context, entry_ids: Iterable[str]) -> list[Option]:
    """Return entries that hold here as choices, each once."""
    locale = tongue(conversation, context)
    entries = [entry for entry_id in dict.fromkeys(entry_ids) if (entry := home.entry(entry_id))]
    return [option("entry", entry.id, title_of(entry, locale, home.city), "answer") for entry in entries]


def _first(home: Home, label: str) -> list[Option]:
    return [option("first", "", label)] if any(home.entry(entry_id) for entry_id in home.city.first_steps) else []


@at_home
def topic(conversation: Conversation, slug: str, home: Home, context: Context) -> Turn:
    """List the entries of a topic."""
    chosen = next((topic for topic in home.topics(context) if topic.slug == slug), None)
    if chosen is None:
        return Turn(conversation)
    _ = words(conversation, context)
    ids = [entry.id for entry in home.entries.values() if entry.topic == slug]
    options = [*entry_options(conversation, home, context, ids), *cards_option(conversation, home, context, slug), *ways_on(_)]
    heading = Heading((Run(topic_name(chosen, tongue(conversation, context))),))
    return say(
        remember(conversation, topic=slug), context, heading, text(_("Choose what it is about, or write your question.")), options=options
    )


@at_home
def first_steps(conversation: Conversation, argument: str, home: Home, context: Context) -> Turn:
    """List what newcomers do first, in order."""
    steps = entry_options(conversation, home, context, home.city.first_steps)
    if not steps:
        return Turn(conversation)
    _ = words(conversation, context)
    place = home_name(home, conversation, context) if home.local else ""
    heading = _("New in {city}").format(city=place) if place else _("You are new here")
    blocks = (Heading((Run(heading),)), text(_("Many people begin with these, in this order.")))
    return say(conversation, context, *blocks, options=[*steps, *ways_on(_)])


def nearest_topics(entries: Iterable[Entry], home: Home, context: Context, limit: int = 3) -> list[str]:
    """Return the topics of some entries, filled up with the first ones of the menu."""
    slugs = [*(entry.topic for entry in entries), *(topic.slug for topic in home.topics(context))]
    return list(dict.fromkeys(slugs))[:limit]


def help_command(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Say in a few lines what can be done, and offer the settings as buttons."""
    _ = words(conversation, context)
    lines = (
        _("Write your question in your own words, in your language."),
        _("Or choose from the buttons. You can also type the number or the words of a button."),
        _("I am a bot. I answer from pages and offices of your city. I give information, not legal advice."),
    )
    options = (
        option("do", "language", _("Change language")),
        option("do", "city", _("Change city")),
        option("do", "mydata", _("What you keep about me")),
        *ways_on(_),
    )
    return say(conversation, context, strong(_("How I can help")), bullets(lines), emergency_line(_), options=options)
