"""/continue: back to what was begun, here or on another device of the same person, who brings a code along that works once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.dialogue import procedure
from bot.dialogue.compose import before, recall, remember, say, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import READY, home_of, is_settled
from bot.dialogue.onboarding import MOVE, proceed
from bot.dialogue.progress import taken_over
from bot.model import Block, Conversation, Event, FactTable, MakeMove, Moved, MoveMade, Paragraph, Run, Runs, Turn, UseMove

_CODE = re.compile(rf"(?:{MOVE})?([A-Za-z0-9]{{4}}(?:-?[A-Za-z0-9]{{4}}){{4,9}})")  # as it stands in a link, or alone


def go_on(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Show what was begun; with a code behind the command, take over what another device knows."""
    code = _CODE.fullmatch(argument)
    if code:
        return Turn(conversation, (UseMove(code[1]),))
    home = home_of(conversation, context)
    if home is None or not is_settled(conversation, context):
        return proceed(remember(conversation, open="do:continue"), context)
    return procedure.begun(replace(conversation, state=READY), home, context)


def move(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Ask for a code that takes language, city and what was begun to another device."""
    return Turn(conversation, (MakeMove(),)) if is_settled(conversation, context) else Turn(conversation)


def made(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Show a code as the links it makes, or as what to write."""
    if not isinstance(event, MoveMade):
        return Turn(conversation)
    translator = context.translator(tongue(conversation, context))
    works = translator.ngettext(
        "Open this on your other device. It works once, for {n} minute.",
        "Open this on your other device. It works once, for {n} minutes.",
        event.minutes,
    ).format(n=event.minutes)
    links = tuple(_links(event.code, context))
    told = Run(f"/continue {event.code}", isolate=True)
    blocks: list[Block] = [text(works), *([FactTable(links)] if links else [])]
    blocks += [text(translator.gettext("Or write this to me there:")), Paragraph((told,))]
    return say(conversation, context, *blocks, options=[to_menu(translator.gettext)])


def _links(code: str, context: Context) -> Iterator[tuple[str, Runs]]:
    if context.bot_name:
        yield "Telegram", (_link(f"https://t.me/{context.bot_name}?start={MOVE}{code}"),)
    if context.whatsapp_number:
        yield "WhatsApp", (_link(f"https://wa.me/{context.whatsapp_number}?text=%2Fstart%20{MOVE}{code}"),)
    if context.public_url:
        yield "Web", (_link(f"{context.public_url}/?start={MOVE}{code}"),)


def _link(url: str) -> Run:
    return Run(url, url=url, isolate=True)


def arrived(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Go on where another device stood, as far as is known what to show here; or say why not."""
    if not isinstance(event, Moved):
        return Turn(conversation)
    _ = words(conversation, context)
    if event.outcome != "moved":
        own = _("This link is for your other device: open it there.")
        bad = _("This link was used or is too old. Make a new one there with /continue.")
        return _said(conversation, own if event.outcome == "own" else bad, context)
    known = remember(_with(conversation, event, context), open="do:continue")
    _ = words(known, context)
    hello = text(_("I know you again: your language, your city and what you have begun."))
    if not is_settled(known, context):
        turn = proceed(known, context, hello)
        return _opened(turn, context, hello) if is_settled(turn.conversation, context) else turn
    return _opened(Turn(known), context, hello)


def _said(conversation: Conversation, sentence: str, context: Context) -> Turn:
    if not is_settled(conversation, context):
        return proceed(conversation, context, text(sentence))
    return say(conversation, context, text(sentence), options=[to_menu(words(conversation, context))])


def _with(conversation: Conversation, event: Moved, context: Context) -> Conversation:
    """Take over language, place and procedures; what the other device said and asked people stays there."""
    known = taken_over(conversation, event.data)
    if event.locale in context.locales:
        known = remember(replace(known, locale=event.locale), hint=None)
    city = context.knowledge.cities.get(event.city or "")
    country = event.data.get("country")
    if city:
        known = remember(replace(known, city=city.slug, area=event.area if event.area in city.areas else None), country=None)
    elif isinstance(country, str):
        known = remember(replace(known, city=None, area=None), country=country)
    return known


def _opened(turn: Turn, context: Context, *lead: Block) -> Turn:
    """Show where the contact stands, after what was said."""
    home = home_of(turn.conversation, context)
    if home is None or not recall(turn.conversation, "open"):
        return turn
    ready = remember(replace(turn.conversation, state=READY), open=None)
    return before(turn.effects, procedure.begun(ready, home, context, *lead))
