"""What a contact is told of a request, and what people of the desk write, show and take back: each with the name of who it is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.cases import TALKING, Case
from bot.dialogue.after import without_files
from bot.dialogue.compose import fill, option, remember, say, strong, text, to_menu, tongue, ways_on, with_message, words
from bot.dialogue.context import Context
from bot.dialogue.deskwords import pseudonym
from bot.dialogue.entry import show
from bot.dialogue.home import READY, Home, city_name, is_settled
from bot.dialogue.places import MAP, brief
from bot.dialogue.requests import case_options, go_on, rate_options
from bot.dialogue.terms import ROLES
from bot.dialogue.waiting import expectation, numbers, open_offices, place_line
from bot.knowledge.render import format_date
from bot.model import (
    Block,
    CaseNews,
    CaseStep,
    Conversation,
    Event,
    InviteUsed,
    Message,
    Option,
    Paragraph,
    PersonWithdrew,
    PersonWrote,
    Run,
    SendMessage,
    Turn,
    Venue,
)

# ---------------------------------------------------------------- what becomes of a request


def news(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Tell the contact what happened to a request of theirs."""
    if not isinstance(event, CaseNews):
        return Turn(conversation)
    return _NEWS.get(event.step, _standing)(conversation, event, context)


def _say(conversation: Conversation, event: CaseNews, context: Context, *blocks: Block, more: Sequence[Option] = ()) -> Turn:
    """Say something about a request that stays open; in one a person talks in here, files reach them from now on."""
    options = [*more, *case_options(event.case, conversation, context)]
    files = True if event.case.kind in TALKING else None
    return with_message(say(conversation, context, *blocks, options=options), lambda message: replace(message, files=files))


def _line(event: CaseNews, conversation: Conversation, context: Context) -> list[Block]:
    """Return the place in line and what to expect, as far as the case waits."""
    place, home = place_line(event.case, conversation, context), _home(event.case, context)
    known = [text(place)] if place else []
    if home is None or event.case.state != "waiting":
        return [*known]
    return [*known, *expectation(event.case, home.city, conversation, context, reachable=event.reachable)]


def _home(case: Case, context: Context) -> Home | None:
    city = context.knowledge.cities.get(case.city)
    return Home(city, local=True) if city else None


def _opened(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Say number, place in line and what to expect; where an urgent request meets nobody, first the numbers that answer now."""
    case, home = event.case, _home(event.case, context)
    fresh = _anew(conversation)
    _ = words(fresh, context)
    is_alone = case.priority == "high" and not event.reachable and home is not None
    first = numbers(fresh, home, context) if is_alone and home else []
    blocks = [*first, strong(_("Your request has the number {number}.").format(number=case.number))]
    blocks += [text(_("It is marked as urgent."))] if case.priority == "high" else []
    blocks += [*_line(event, fresh, context), *_deadline(case, fresh, context)]
    blocks.append(text(_("Write here whatever else matters, and send photos of letters: I add it to the request.")))
    return with_message(_say(fresh, event, context, *blocks), lambda message: replace(message, alert=bool(first)))


def _anew(conversation: Conversation) -> Conversation:
    """Forget what was noted about an earlier wait."""
    return remember(conversation, acked=None, passed=None, aside=None, heard=None, closing=None, unsaid=None)


def _deadline(case: Case, conversation: Conversation, context: Context) -> list[Block]:
    _ = words(conversation, context)
    try:
        day = date.fromisoformat(dict(case.facts).get("date", ""))
    except ValueError:
        return []
    shown = Run(format_date(day, tongue(conversation, context)), isolate=True)
    return [Paragraph(fill(_("The date you gave: {date}."), date=shown))]


def _claimed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    here = _with_person(_anew(conversation), context)
    _ = words(here, context)
    reads = _("{name} is reading what you wrote.").format(name=event.name) if event.name else _("Somebody is reading what you wrote.")
    goes = _("What you write now goes there, and I stay out of it.")
    ways = _("/withdraw takes your last message back, /end ends the request.")
    return _say(here, event, context, text(reads, goes), text(ways))


def _returned(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    fresh = _anew(conversation)
    _ = words(fresh, context)
    back = _("Who had request {number} cannot go on with it just now, so it waits for somebody else.").format(number=event.case.number)
    return _say(fresh, event, context, text(back), *_line(event, fresh, context))


def _passed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    fresh = _anew(conversation)
    _ = words(fresh, context)
    number, team = event.case.number, _organisation(event.case.organisation, event.case, context)
    if event.case.state == "claimed" and event.name:
        return _with(fresh, event, context)
    if team:
        on = _("Request {number} is with {team} now.").format(number=number, team=team)
    else:
        on = _("Request {number} has been passed on to somebody who can help better.").format(number=number)
    return _say(fresh, event, context, text(on), *_line(event, fresh, context))


def _with(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Say that somebody has a request who did not have to wait for it: it was handed to them, or is theirs again."""
    here = _with_person(conversation, context)
    _ = words(here, context)
    told = _("Request {number} is with {name} now.").format(number=event.case.number, name=event.name)
    return _say(here, event, context, text(told, _("What you write now goes there, and I stay out of it.")))


def _organisation(slug: str | None, case: Case, context: Context) -> str:
    home = _home(case, context)
    organisation = home.city.organisations.get(slug or "") if home else None
    return organisation.name if organisation else ""


def _consent(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Ask before anything goes to another organisation."""
    _ = words(conversation, context)
    case = event.case
    team = _organisation(case.passing_to, case, context) or case.passing_to or ""
    asked = _("May request {number} go to {team}? They would read what is in it.").format(number=case.number, team=team)
    why = event.text or case.passing_why
    blocks = [text(asked), *([Paragraph(fill(_("The reason: {why}"), why=Run(why, isolate=True)))] if why else [])]
    options = option("consent", f"{case.number}:yes", _("Yes, pass it on")), option("consent", f"{case.number}:no", _("No"))
    return say(conversation, context, *blocks, options=options)


def _closed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Say that it is over, give the conversation back to the bot, and ask the one question."""
    case = event.case
    if event.text == "too-late":
        return _too_late(conversation, event, context)
    if case.kind not in TALKING:
        return _pool_closed(conversation, event, context)
    over = remember(_anew(conversation), closing=case.number, crisis=None, crisis_at=None)
    _ = words(over, context)
    others = [each for each in over.cases if each.kind in TALKING and each.is_open and each.number != case.number]
    blocks = [text(_closing_line(event, over, context)), *([] if others else [text(_("I am here again for your questions."))])]
    blocks.append(text(_("Did it help?")))
    options = [*rate_options(case, over, context), go_on(case, over, context), to_menu(_)]
    turn = say(over, context, *blocks, options=options)
    return turn if others else without_files(turn)


def _too_late(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    late = _("Request {number} was closed too long ago to go on with it. You can ask for a person again.")
    return say(conversation, context, text(late.format(number=event.case.number)), options=ways_on(_))


def _pool_closed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    options = [*rate_options(event.case, conversation, context), go_on(event.case, conversation, context), to_menu(_)]
    told = text(_closing_line(event, conversation, context), _("Did it help?"))
    return say(conversation, context, told, options=options)


def _closing_line(event: CaseNews, conversation: Conversation, context: Context) -> str:
    _ = words(conversation, context)
    number = event.case.number
    if event.case.outcome == "unreachable":
        return _("Request {number} is closed, because nothing more came from you.").format(number=number)
    if event.name:
        return _("{name} has closed request {number}.").format(name=event.name, number=number)
    return _("Request {number} is closed.").format(number=number)


def _reopened(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    fresh = _anew(conversation)
    _ = words(fresh, context)
    if event.case.state == "claimed" and event.name:
        return _with(fresh, event, context)
    again = _("Request {number} is open again.").format(number=event.case.number)
    return _say(fresh, event, context, text(again), *_line(event, fresh, context))


def _no_answer(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Say that it still waits, with the offices that are open meanwhile."""
    _ = words(conversation, context)
    case, home = event.case, _home(event.case, context)
    waits = _("Nobody has been able to take request {number} yet. It stays in line.").format(number=case.number)
    blocks: list[Block] = [text(waits), *_line(event, conversation, context)]
    offices = open_offices(conversation, home, context) if home else []
    if home and case.priority == "high":
        blocks = [*numbers(conversation, home, context), *blocks]
    elif home and offices:
        shown = Paragraph(fill("{office}", office=brief(offices[0], home, tongue(conversation, context), context)))
        blocks += [text(_("This office is open now:")), shown]
    return _say(conversation, event, context, *blocks)


def _standing(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    known = _("There is news about request {number}.").format(number=event.case.number)
    return _say(conversation, event, context, text(known), *_line(event, conversation, context))


_NEWS: Mapping[CaseStep, Callable[[Conversation, CaseNews, Context], Turn]] = {
    "opened": _opened,
    "claimed": _claimed,
    "returned": _returned,
    "passed": _passed,
    "consent": _consent,
    "closed": _closed,
    "reopened": _reopened,
    "no-answer": _no_answer,
}


# ---------------------------------------------------------------- what people write


def _with_person(conversation: Conversation, context: Context) -> Conversation:
    """Leave a question of ours that is open: now a person has the word, and what is written next is for them."""
    return replace(conversation, state=READY) if is_settled(conversation, context) else conversation


def wrote(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Bring what a person wrote, with their name. Who writes in a case without a talk (an interpreter) is answered by a button."""
    if not isinstance(event, PersonWrote):
        return Turn(conversation)
    case = next((case for case in conversation.cases if case.number == event.number), None)
    if case is None or case.kind not in TALKING:
        return _wrote_beside(conversation, event, context)
    here = remember(_with_person(conversation, context), crisis=None, crisis_at=None, closing=None, acked=None, passed=None, heard=True)
    if event.entry_id:
        return _shown(here, event, case, context)
    return Turn(here, (SendMessage(replace(_message(event, here, context), files=True)),))


def _wrote_beside(conversation: Conversation, event: PersonWrote, context: Context) -> Turn:
    """Bring what the other side of a request for a helper wrote. A helper reads the contact's made-up name in their own language."""
    _ = words(conversation, context)
    named = replace(event, name=pseudonym(event.name, context.translator(tongue(conversation, context))))
    # Translators: a button that lets the reader write to the person named
    answer = option("write", str(event.number), _("Answer {name}").format(name=named.name), "main")
    return Turn(conversation, (SendMessage(replace(_message(named, conversation, context), options=(answer,))),))


def _message(event: PersonWrote, conversation: Conversation, context: Context) -> Message:
    said = event.translated or event.text
    blocks: list[Block] = [Paragraph((Run(line.strip()),)) for line in said.splitlines() if line.strip()]
    return Message(
        locale=tongue(conversation, context) if event.translated else event.locale or tongue(conversation, context),
        blocks=(*blocks, *_map_link(event, conversation, context)),
        venues=_venues(event, conversation, context),
        author="translation" if event.translated else "person",
        author_name=event.name,
        original=event.text if event.translated else "",
        original_locale=event.locale if event.translated else "",
        attachment=event.attachment,
        line=event.line,
        edits=event.edits,
    )


def _map_link(event: PersonWrote, conversation: Conversation, context: Context) -> list[Block]:
    if event.place is None:
        return []
    _ = words(conversation, context)
    latitude, longitude = event.place
    url = f"{MAP}/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
    return [Paragraph((Run(_("Map"), url=url),))]


def _venues(event: PersonWrote, conversation: Conversation, context: Context) -> tuple[Venue, ...]:
    return (Venue(event.name, "", *event.place),) if event.place else ()


def _shown(conversation: Conversation, event: PersonWrote, case: Case, context: Context) -> Turn:
    """Show an answer of ours that a person chose, in the contact's language."""
    home = _home(case, context)
    entry = home.entry(event.entry_id) if home else None
    if home is None or entry is None:
        _ = words(conversation, context)
        gone = Message(tongue(conversation, context), (text(_("This answer is not there any more.")),))
        return Turn(conversation, (SendMessage(_signed(gone, event)),))
    turn = show(conversation, entry, home, context)
    said = tuple(SendMessage(_signed(e.message, event)) for e in turn.effects if isinstance(e, SendMessage))
    return Turn(turn.conversation, said)  # not counted as an answer of the bot


def _signed(message: Message, event: PersonWrote) -> Message:
    return replace(message, author="person", author_name=event.name, line=event.line, edits=event.edits, files=True)


def withdrew(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Remove what a person took back."""
    if not isinstance(event, PersonWithdrew):
        return Turn(conversation)
    gone = Message(locale=tongue(conversation, context), author="person", line=event.line, withdraws=True)
    return Turn(conversation, (SendMessage(gone),))


# ---------------------------------------------------------------- somebody joins the desk


def invited(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Welcome somebody whose invitation is good, with the way into the web desk; else say that it is not."""
    if not isinstance(event, InviteUsed):
        return Turn(conversation)
    _ = words(conversation, context)
    if not event.name:
        bad = text(_("This does not open the desk: the invitation was used, is too old, or is not for you. Ask for a new one."))
        return say(conversation, context, bad, options=[to_menu(_)])
    city = context.knowledge.cities.get(event.city)
    role = next((_(name) for known, name in ROLES.items() if known == event.role), event.role)
    hello = _("Welcome, {name}. You are here as: {role}.").format(name=event.name, role=role)
    place = _("City: {city}.").format(city=city_name(city, tongue(conversation, context))) if city else ""
    return say(conversation, context, text(hello, place), *_way_in(event, conversation, context))


def _way_in(event: InviteUsed, conversation: Conversation, context: Context) -> list[Block]:
    _ = words(conversation, context)
    if event.role == "reviewer":
        return [text(_("Write /review, and I show you what people are told, to say whether it is still right."))]
    called = text(_("When you are needed, I write to you here."))
    if not event.login_code or not context.desk_url:
        return [called]
    url = f"{context.desk_url}/join#{event.login_code}"
    return [called, text(_("This link opens the desk. It works once:")), Paragraph((Run(url, url=url, isolate=True),))]
