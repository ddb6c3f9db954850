"""Asking for a person: what would be passed on and to whom, how it stands once it is, and the consent to pass it further."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from bot.cases import Case, CaseKind
from bot.dialogue import intake
from bot.dialogue.compose import before, bullets, option, say, strong, text, to_menu, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home, at_home, city_name, home_of, is_on_earth
from bot.dialogue.human import ask_where, offices_of
from bot.dialogue.intake import Share
from bot.dialogue.onboarding import proceed
from bot.dialogue.requests import aside_of, case_of, case_options, go_on_options, open_of_kind, open_talks, talking, with_case
from bot.dialogue.terms import BADGES, KINDS, ROLES
from bot.dialogue.waiting import crisis_of, desk_of, opening, place_line, state_of, topic_of
from bot.matching.normalise import normalise
from bot.model import (
    AddToCase,
    Block,
    CommandReceived,
    ConsentToPass,
    Conversation,
    Event,
    Heading,
    LocationShared,
    MediaReceived,
    Option,
    Run,
    TextReceived,
    Turn,
)

# ---------------------------------------------------------------- asking for a person


def person(conversation: Conversation, argument: str, context: Context, *lead: Block) -> Turn:
    """Show the way to a person: the request that is open, else what would be passed on, else the offices where people can be asked."""
    home = home_of(conversation, context)
    if open_talks(conversation):
        return status(conversation, context, *lead)
    if home is None:
        return ask_where(conversation, context)
    if home.local and conversation.staffed:
        return _offer(conversation, "advice", home, context, *lead)
    return offices_of(conversation, home, context, *lead)


@at_home
def ask(conversation: Conversation, kind: str, home: Home, context: Context) -> Turn:
    """Say what would be passed on to a person with a request of one kind ("advice", "legal")."""
    if kind not in ("advice", "legal") or not (home.local and conversation.staffed):
        return person(conversation, "", context)
    wanted: CaseKind = "legal" if kind == "legal" else "advice"
    return status(conversation, context) if open_of_kind(conversation, wanted) else _offer(conversation, wanted, home, context)


def _offer(conversation: Conversation, kind: CaseKind, home: Home, context: Context, *lead: Block) -> Turn:
    _ = words(conversation, context)
    heading = _("I will pass this on to a person") if kind == "advice" else _("I will pass your legal question on to a person")
    blocks: list[Block] = [Heading((Run(heading),)), *_what_it_is(conversation, kind, home, context)]
    options = [
        option("pass", f"all:{kind}", _("Yes, with the last messages"), "main"),
        option("pass", f"last:{kind}", _("Yes, with my last message only"), "main"),
        *go_on_options(conversation, context),
        *(other_kinds(conversation, context) if kind == "advice" else ()),
        option("do", "cancel", _("Cancel"), "quiet"),
    ]
    return say(conversation, context, *lead, *blocks, options=options)


def _what_it_is(conversation: Conversation, kind: CaseKind, home: Home, context: Context) -> Iterator[Block]:
    """Say who reads it, what they get, how long it is kept, and, where the desk is closed, when it opens."""
    translator = context.translator(tongue(conversation, context))
    _, days = translator.gettext, context.retention_days
    rule = desk_of(home.city, topic_of(conversation, home), kind)
    organisation = home.city.organisations.get((rule.organisation if rule else None) or "")
    team = organisation.name if organisation else city_name(home.city, tongue(conversation, context))
    if kind == "legal":
        yield text(_("I do not give legal advice myself."))
    lines = [
        # Translators: team is a city or an organisation
        _("The advisors of {team} read it.").format(team=team),
        _("They get your language, your city, the topic, and what we wrote here: the last messages, or your last one only."),
        _("They do not get your name or your number. They see a made-up name."),
        _("You get their answer in this chat."),
        translator.ngettext(
            "It is erased {n} day after the request is closed. /delete erases it at once.",
            "It is erased {n} days after the request is closed. /delete erases it at once.",
            days,
        ).format(n=days),
    ]
    yield bullets(lines)
    if crisis_of(conversation, context):
        yield strong(_("I mark it as urgent."))
    state = state_of(rule, home.city, context)
    if state.is_open is False:
        yield opening(state, home.city, conversation, context)


def other_kinds(conversation: Conversation, context: Context) -> list[Option]:
    """Return what else a person can be asked for, without what is asked for already."""
    _ = words(conversation, context)
    options: list[tuple[CaseKind, Option]] = [
        ("interpreter", option("pool", "interpreter", _("I need an interpreter"))),
        ("companion", option("pool", "companion", _("Somebody who comes along or calls for me"))),
        ("mentor", option("pool", "mentor", _("A mentor who stays in touch"))),
        ("legal", option("ask", "legal", _("I have a legal question"))),
    ]
    return [choice for kind, choice in options if not open_of_kind(conversation, kind)]


def pass_on(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Open a request ("all:advice", "last:legal"), after what the desk wants to know first."""
    share, _colon, kind = argument.partition(":")
    home = home_of(conversation, context)
    if home is None or share not in ("all", "last") or kind not in ("advice", "legal"):
        return Turn(conversation)
    wanted: CaseKind = "legal" if kind == "legal" else "advice"
    shared: Share = "last" if share == "last" else "all"
    if open_of_kind(conversation, wanted):
        return status(conversation, context)
    if not (home.local and conversation.staffed):
        return person(conversation, "", context)
    return intake.begin(conversation, wanted, shared, home, context)


# ---------------------------------------------------------------- how it stands


def status(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Say how the open requests stand that people talk in here, and what can be done about them."""
    talks = open_talks(conversation)
    if not talks:
        return proceed(conversation, context, *lead)
    _ = words(conversation, context)
    lines = [text(_standing(case, conversation, context), place_line(case, conversation, context)) for case in talks]
    write = text(_("What you write here goes there.")) if talking(conversation) and not aside_of(conversation) else None
    options = [choice for case in talks for choice in case_options(case, conversation, context)]
    options += [*other_kinds(conversation, context), *_another_question(conversation, context), to_menu(_)]
    return say(conversation, context, *lead, *lines, *([write] if write else []), options=options)


def _another_question(conversation: Conversation, context: Context) -> list[Option]:
    if open_of_kind(conversation, "advice") or not conversation.staffed:
        return []
    _ = words(conversation, context)
    return [option("ask", "advice", _("Another question for a person"))]


def _standing(case: Case, conversation: Conversation, context: Context) -> str:
    _ = words(conversation, context)
    if case.state == "waiting":
        return _("Your request {number} ({kind}) waits for a person.").format(number=case.number, kind=_(KINDS[case.kind]))
    if not case.advisor_name:
        return _("Your request {number} ({kind}) is with a person.").format(number=case.number, kind=_(KINDS[case.kind]))
    told = _("Your request {number} ({kind}) is with {name}.")
    return told.format(number=case.number, kind=_(KINDS[case.kind]), name=case.advisor_name)


# ---------------------------------------------------------------- to another organisation


def consent(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take the answer whether a case may go to another organisation ("214:yes")."""
    number, _colon, answer = argument.partition(":")
    case = case_of(conversation, number)
    if case is None or not case.is_open or case.passing_to is None or answer not in ("yes", "no"):
        return Turn(conversation)
    _ = words(conversation, context)
    agrees = answer == "yes"
    said = _("Thank you. I am passing it on.") if agrees else _("All right. It stays where it is.")
    turn = say(conversation, context, text(said), options=case_options(case, conversation, context))
    answered = with_case(turn.conversation, replace(case, passing_to=None, passing_why=""))
    return before((ConsentToPass(case.number, agrees),), Turn(answered, turn.effects))


# ---------------------------------------------------------------- what is passed on, in which nobody poses as somebody else

_SEPARATORS = re.compile("[·\u0387\u1427•∙⋅・･‧᛫⸱ꞏ●◦▪⦁᛬|｜¦]")
# Letters of Cyrillic and Greek that look like Latin ones: "pеrson" may be written with either e.
_ALIKE = str.maketrans("авекмнорстухіјѕԁԛԝһαεικνορτυχγ", "abekmhopctyxijsdqwhaeiknoptuxy")
_LINE_ENDS = re.compile(r"(\r\n|[\n\r\u2028\u2029\x0b\x0c\x85])")
_ALSO_SAID = ("robot", "بوت", "روبوت")  # for a bot, beside the word our catalogues have


def passed_on(number: int, event: Event, context: Context) -> AddToCase | None:
    """Return how an event goes into a case; None where it holds nothing to pass on."""
    match event:
        case TextReceived() if event.text.strip():
            clean = unbadge(event.text, badge_words(context))
            translated = unbadge(event.translated, badge_words(context)) if event.translated else None
            return AddToCase(
                number, clean, translated, event.translated_to, event.attachment, edited=event.edited, source_id=event.source_id
            )
        case CommandReceived() if event.argument.strip():
            return AddToCase(number, unbadge(event.argument, badge_words(context)))
        case MediaReceived() if event.attachment:
            caption = unbadge(event.caption, badge_words(context))
            return AddToCase(number, caption, attachment=event.attachment, source_id=event.source_id)
        case LocationShared():
            return AddToCase(number, place=(event.latitude, event.longitude)) if is_on_earth(event.latitude, event.longitude) else None
        case _:
            return None


def badge_words(context: Context) -> frozenset[str]:
    """Return, in every language of ours, the words that stand after a name to say who wrote a message, and what people here are."""
    marks = (*BADGES, *ROLES.values())
    said = (context.translator(locale).gettext(mark) for locale in context.locales for mark in marks)
    return frozenset(_seen(mark) for mark in (*marks, *said, *_ALSO_SAID))


def unbadge(text: str, names: Collection[str]) -> str:
    """Break up what looks like our mark of who wrote a message: "Lucía · person" becomes "Lucía, person".

    `names`: the words of such marks, as `badge_words` gives them."""
    return "".join(_unbadged(line, names) for line in _LINE_ENDS.split(text))


def _unbadged(line: str, names: Collection[str]) -> str:
    parts = [part.strip() for part in _SEPARATORS.split(line)]
    ends = {" ".join(word for word in _seen(part).split() if not word.isdecimal()) for part in (parts[0], parts[-1])}
    return ", ".join(part for part in parts if part) if len(parts) > 1 and ends & set(names) else line


def _seen(text: str) -> str:
    """Reduce a text to what an eye sees of it."""
    return normalise(text).translate(_ALIKE)
