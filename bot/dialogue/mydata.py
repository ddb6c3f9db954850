"""What is kept about a contact: shown whole, and erased at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.cases import Case
from bot.dialogue import procedure
from bot.dialogue.compose import bullets, option, strong, text, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import home_name, home_of, own_name
from bot.dialogue.progress import had_anywhere
from bot.dialogue.terms import CASE_STATES, KINDS
from bot.model import (
    Conversation,
    Document,
    EraseContact,
    Message,
    Option,
    SendData,
    SendMessage,
    StoredMessage,
    Turn,
)
from bot.records import CaseLine
from bot.wire import encode_message


def mydata(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Send the contact everything we hold about them."""
    return Turn(conversation, (SendData(tongue(conversation, context)),))


def delete(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Erase everything at once, and say that it is done."""
    _ = words(conversation, context)
    done = text(
        _("Done. I have erased everything about you: this chat, your language and your city."),
        _("Your requests to people are erased, too.") if conversation.cases else "",
    )
    again = text(_("To begin again, write anything."))
    begin = option("do", "start", _("Begin again"))
    message = Message(locale=tongue(conversation, context), blocks=(done, again), options=(begin,))
    forgotten = Conversation(conversation.contact_id, conversation.channel, version=conversation.version)
    return Turn(forgotten, (SendMessage(message), EraseContact()))


def data_options(_: Callable[[str], str]) -> tuple[Option, ...]:
    """Return what can be done after seeing one's data."""
    return option("do", "delete", _("Erase everything now")), option("do", "menu", _("☰ All topics"))


def render_data(
    context: Context,
    conversation: Conversation,
    history: Sequence[StoredMessage],
    lines: Mapping[int, Sequence[CaseLine]],
) -> Message:
    """Write down all we hold about a contact: a plain list to read, and a file with every detail."""
    _ = words(conversation, context)
    held = bullets(_held(context, conversation, len(history)))
    lacking = text(_("I do not keep your name, your phone number or your exact position."))
    document = Document("dragoman-data.json", "application/json", _as_json(conversation, history, lines))
    blocks = (strong(_("What I keep about you")), held, lacking)
    return Message(locale=tongue(conversation, context), blocks=blocks, options=data_options(_), document=document)


def _held(context: Context, conversation: Conversation, count: int) -> Iterator[str]:
    translator = context.translator(tongue(conversation, context))
    _ = translator.gettext
    yield _("a random code that stands for you: {code}").format(code=conversation.contact_id)
    yield _("the address of this chat, encrypted, so that answers reach you")
    if conversation.locale:
        yield _("your language: {language}").format(language=own_name(conversation.locale))
    home = home_of(conversation, context)
    if home and home.local:
        yield _("your city: {city}").format(city=home_name(home, conversation, context))
    yield _("the point you have reached in this chat, so that you can go on")
    yield from _procedures(context, conversation)
    yield from _requests(context, conversation)
    hours = context.history_hours
    yield translator.ngettext(
        "the last messages of this chat ({count}), until {n} hour after the last one",
        "the last messages of this chat ({count}), until {n} hours after the last one",
        hours,
    ).format(count=count, n=hours)


def _procedures(context: Context, conversation: Conversation) -> Iterator[str]:
    """Name the procedures that were begun, and what the contact has finished or said they have."""
    _ = words(conversation, context)
    if begun := procedure.held(conversation, context):
        yield _("what you do step by step: {titles}").format(titles=", ".join(begun))
    if had := procedure.held_had(had_anywhere(conversation), conversation, context):
        yield _("what you have done, or said that you have: {titles}").format(titles=", ".join(had))


def _requests(context: Context, conversation: Conversation) -> Iterator[str]:
    """List the requests to people, and say once when they are erased."""
    translator = context.translator(tongue(conversation, context))
    _, days = translator.gettext, context.retention_days
    for case in conversation.cases:
        told = _("your request {number}: {kind}; {state}")
        yield told.format(number=case.number, kind=_(KINDS[case.kind]), state=_(CASE_STATES[case.state]))
    if conversation.cases:
        yield translator.ngettext(
            "a request is erased {n} day after it is closed; /delete erases it at once",
            "a request is erased {n} days after it is closed; /delete erases it at once",
            days,
        ).format(n=days)


def _as_request(case: Case, lines: Sequence[CaseLine]) -> dict[str, object]:
    """Write down a request, with all that contact, bot and people said in it; what staff note among themselves is theirs."""
    said = [line for line in lines if line.author in ("contact", "bot", "person")]
    return {
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "topic": case.topic,
        "language": case.language,
        "priority": case.priority,
        "facts": dict(case.facts),
        "name shown to people": case.pseudonym,
        "opened": case.opened_at.isoformat(),
        "closed": case.closed_at.isoformat() if case.closed_at else None,
        "said": [
            {"at": line.at.isoformat(), "by": line.name or line.author, "message": json.loads(encode_message(line.message))}
            for line in said
            if line.message
        ],
    }


def _as_json(conversation: Conversation, history: Sequence[StoredMessage], lines: Mapping[int, Sequence[CaseLine]]) -> str:
    held = {
        "contact": conversation.contact_id,
        "channel": conversation.channel,
        "language": conversation.locale,
        "city": conversation.city,
        "area": conversation.area,
        "state": conversation.state,
        "owner": conversation.owner,
        "data": {**conversation.data, **conversation.recent},
        "requests": [_as_request(case, lines.get(case.number, ())) for case in conversation.cases],
        "options": [list(pair) for pair in conversation.options],
        "messages": [{"at": kept.at.isoformat(), "message": json.loads(encode_message(kept.message))} for kept in history],
    }
    return json.dumps(held, ensure_ascii=False, indent=2)
