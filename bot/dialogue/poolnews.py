"""What contacts and helpers are told of requests for an interpreter, a companion or a mentor.

No name is said before both have agreed: the contact hears that of the helper then, the helper a made-up one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.cases import POOL, Case
from bot.dialogue.compose import before, fill, option, say, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.deskwords import pseudonym
from bot.dialogue.poolwords import card, case_options, home_of_case, moment, stays, tools, what, where
from bot.dialogue.terms import N_
from bot.model import Block, CaseNews, Conversation, Option, Paragraph, Run, SendMessage, Turn

_Tell = Callable[[Conversation, CaseNews, Context], Turn]


def news(conversation: Conversation, event: CaseNews, context: Context) -> Turn | None:
    """Tell the contact or the helper what happened to such a request; None for what is told as of every other."""
    if event.case.kind not in POOL:
        return None
    if event.case.contact_id == conversation.contact_id:
        tell = _TO_CONTACT.get(event.step)
        return tell(conversation, event, context) if tell else None
    return _TO_HELPER.get(event.step, _KNOWN)(conversation, event, context)


# ---------------------------------------------------------------- to the contact


def _told(conversation: Conversation, case: Case, context: Context, *blocks: Block, more: Sequence[Option] = ()) -> Turn:
    return say(conversation, context, *blocks, options=[*more, *case_options(case, conversation, context)])


def _opened(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Say that somebody is looked for, and the number."""
    _ = words(conversation, context)
    number = text(_("Your request has the number {number}.").format(number=event.case.number))
    return _stands(conversation, event, context, _looking(conversation, event.case, context), number)


def _stands(conversation: Conversation, event: CaseNews, context: Context, *said: Block) -> Turn:
    """Say this of a request that waits; of one that somebody has already, how it stands."""
    if event.case.state == "claimed":
        return (_agreed if event.case.agreed else _found)(conversation, event, context)
    if not event.reachable:
        return _alone(conversation, event.case, context, *said)
    _ = words(conversation, context)
    hope = text(_("As soon as somebody says yes I tell you here. You can go on asking me meanwhile."))
    return _told(conversation, event.case, context, *said, hope)


def _looking(conversation: Conversation, case: Case, context: Context) -> Block:
    _ = words(conversation, context)
    wanted, when = Run(what(case, conversation, context), isolate=True), moment(case, conversation, context)
    return Paragraph(fill(_("I am looking for {what}. When: {when}."), what=wanted, when=when))


def _reopened(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Say that it is looked for anew: both sides must agree again."""
    _ = words(conversation, context)
    again = text(_("Request {number} is open again.").format(number=event.case.number))
    return _stands(conversation, event, context, again, _looking(conversation, event.case, context))


def _passed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Say who looks for somebody now."""
    _ = words(conversation, context)
    number, home = event.case.number, home_of_case(event.case, context)
    team = home.city.organisations.get(event.case.organisation or "") if home else None
    on = _("Request {number} has been passed on to somebody who can help better.").format(number=number)
    told = _("Request {number} is with {team} now.").format(number=number, team=team.name) if team else on
    return _stands(conversation, event, context, text(told), _looking(conversation, event.case, context))


def _alone(conversation: Conversation, case: Case, context: Context, *lead: Block) -> Turn:
    """Say that nobody is free; who needs an interpreter gets the card to show, and what else helps."""
    home = home_of_case(case, context)
    blocks = [*lead, *stays(case, conversation, context)]
    if home is None or not case.language:
        return _told(conversation, case, context, *blocks)
    _ = words(conversation, context)
    meanwhile = text(_("Meanwhile you can show these large letters at a desk."))
    turn = _told(conversation, case, context, *blocks, meanwhile, more=tools(conversation, home, context, case.topic))
    return before((SendMessage(card(case.language, home, conversation, context)),), turn)


def _not_found(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    return _alone(conversation, event.case, context)


def _found(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Ask whether the contact agrees to a helper who would do it; no name yet."""
    _ = words(conversation, context)
    case = event.case
    wanted, when = Run(what(case, conversation, context), isolate=True), moment(case, conversation, context)
    found = Paragraph(fill(_("There is {what} for you. When: {when}."), what=wanted, when=when))
    ask = text(_("Do you agree? Then I tell you the name, and you can write to each other here."), _("They see a made-up name of you."))
    options = [
        option("agree", f"{case.number}:yes", _("Yes"), "main"),
        option("agree", f"{case.number}:no", _("No, look for somebody else")),
    ]
    return say(conversation, context, found, ask, options=options)


def _agreed(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    case = event.case
    name = Run(event.name or case.advisor_name, bold=True, isolate=True)
    yes = Paragraph(fill(_("It is settled: {name} helps you. When: {when}."), name=name, when=moment(case, conversation, context)))
    remind = [text(_("I remind you the day before and an hour before."))] if case.when else []
    return _told(conversation, case, context, yes, *remind)


def _returned(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    sorry = text(_("The person who wanted to help cannot come after all."))
    if not event.reachable:
        return _alone(conversation, event.case, context, sorry)
    return _told(conversation, event.case, context, sorry, text(_("I am asking others.")))


def _reminded(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    _ = words(conversation, context)
    case = event.case
    sentence = _("Tomorrow {name} helps you: {when}.") if event.step == "tomorrow" else _("In an hour {name} helps you: {when}.")
    name = Run(event.name or case.advisor_name, bold=True, isolate=True)
    return _told(conversation, case, context, Paragraph(fill(sentence, name=name, when=moment(case, conversation, context))))


# ---------------------------------------------------------------- to the helper


def _offered(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
    """Ask a helper. They learn what for, where and when, and nothing else of the contact."""
    _ = words(conversation, context)
    case = event.case
    asked = fill(
        _("Somebody in {place} needs {what}. When: {when}."),
        place=where(case, conversation, context),
        what=Run(what(case, conversation, context), isolate=True),
        when=moment(case, conversation, context),
    )
    topic = context.knowledge.topics.get(case.topic)
    named = (topic.names.get(tongue(conversation, context)) or topic.names.get("en") or "") if topic else ""
    about = [text(_("It is about: {topic}.").format(topic=named))] if named else []
    options = [
        option("offer", f"{case.number}:yes", _("I can"), "main"),
        option("offer", f"{case.number}:no", _("I cannot")),
    ]
    return say(conversation, context, Paragraph(asked), *about, options=options)


def _helper_told(sentence: str) -> _Tell:
    """Make the telling of what both have agreed on: with whom, when, and the ways to write and to give it back."""

    def tell(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
        _ = words(conversation, context)
        case = event.case
        name = pseudonym(case.pseudonym, context.translator(tongue(conversation, context)))
        said = fill(_(sentence), name=Run(name, bold=True, isolate=True), when=moment(case, conversation, context))
        options = [
            option("write", str(case.number), _("Write to {name}").format(name=name), "main"),
            option("offer", f"{case.number}:no", _("I cannot come after all"), "quiet"),
        ]
        return say(conversation, context, Paragraph(said), options=options)

    return tell


def _helper_line(sentence: str) -> _Tell:
    """Make the telling of one line."""

    def tell(conversation: Conversation, event: CaseNews, context: Context) -> Turn:
        _ = words(conversation, context)
        return say(conversation, context, text(_(sentence).format(number=event.case.number)), options=[to_menu(_)])

    return tell


# ---------------------------------------------------------------- which step is told how


_TO_CONTACT: Mapping[str, _Tell] = {
    "opened": _opened,
    "claimed": _opened,
    "passed": _passed,
    "reopened": _reopened,
    "found": _found,
    "agreed": _agreed,
    "returned": _returned,
    "not-found": _not_found,
    "no-answer": _not_found,
    "tomorrow": _reminded,
    "soon": _reminded,
}
_KNOWN = _helper_line(N_("There is news about request {number}."))
_TO_HELPER: Mapping[str, _Tell] = {
    "offered": _offered,
    "agreed": _helper_told(N_("It is settled: you help {name}. When: {when}.")),
    "tomorrow": _helper_told(N_("Tomorrow you help {name}: {when}.")),
    "soon": _helper_told(N_("In an hour you help {name}: {when}.")),
    "lost": _helper_line(N_("Request {number} is taken by somebody else, or no longer wanted. Thank you for being ready.")),
    "unavailable": _helper_line(N_("Request {number} can no longer be answered here.")),
    "closed": _helper_line(N_("Request {number} is closed. Thank you.")),
    "returned": _helper_line(N_("Thank you for telling me. I am asking others for request {number}.")),
}
