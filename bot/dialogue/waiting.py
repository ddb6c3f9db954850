"""What a waiting contact is told: which desk it is, the place in line, when to expect an answer, and which numbers answer meanwhile."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from bot.cases import Case, CaseKind
from bot.dialogue.compose import fill, noted, recall, remember, strong, text, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home
from bot.dialogue.human import speaking
from bot.dialogue.places import Office, brief, openness
from bot.dialogue.safety import help_rows
from bot.knowledge.hours import UNKNOWN, PlaceState, desk_state, locale_of
from bot.model import Block, City, Conversation, DeskRule, FactTable, Paragraph, Run

CRISIS_S = 30 * 60  # so long after a safety phrase a request is urgent
OPEN_OFFICES = 2  # beside the numbers for emergencies


# ---------------------------------------------------------------- the desk


def topic_of(conversation: Conversation, home: Home) -> str:
    """Return what a request is about: the topic last looked at, by an answer or by its name; else help in general."""
    last = home.entry(recall(conversation, "entry"))
    return recall(conversation, "topic") or (last.topic if last else "support")


def desk_of(city: City, topic: str, kind: CaseKind) -> DeskRule | None:
    """Return the desk of a city for a topic and a kind of request.

    Advice goes by topic first, every other kind to the desk that names it; a desk that takes everything comes last."""
    fitting = [rule for rule in city.desks.values() if _takes(rule, topic, kind)]
    return min(fitting, key=lambda rule: (_vague(rule, kind), not rule.topics, not rule.kinds), default=None)


def _vague(rule: DeskRule, kind: CaseKind) -> bool:
    return not (rule.topics if kind == "advice" else rule.kinds)


def _takes(rule: DeskRule, topic: str, kind: CaseKind) -> bool:
    return (not rule.topics or topic in rule.topics) and (not rule.kinds or kind in rule.kinds)


def state_of(rule: DeskRule | None, city: City, context: Context) -> PlaceState:
    """Tell whether a desk is open now; a desk that is not there has no hours anybody knows."""
    return desk_state(rule, city, context.now) if rule else UNKNOWN


# ---------------------------------------------------------------- sentences


def place_line(case: Case, conversation: Conversation, context: Context) -> str:
    """Say how many requests come first; nothing where the case is not in line."""
    before = case.place - 1
    translator = context.translator(tongue(conversation, context))
    if before < 0:
        return ""
    if before == 0:
        return translator.gettext("You are the next in line.")
    sentence = translator.ngettext("{n} request is before yours.", "{n} requests are before yours.", before)
    return sentence.format(n=before)


def opening(state: PlaceState, city: City, conversation: Conversation, context: Context) -> Paragraph:
    """Say that a desk is closed, and when it opens, on the city's clock and in the contact's language."""
    _, locale = words(conversation, context), tongue(conversation, context)
    if state.next_change is None:
        return text(_("The desk is closed now."))
    zone = ZoneInfo(city.time_zone)
    opens = state.next_change.astimezone(zone)
    time = Run(f"{opens:%H:%M}", isolate=True)
    match (opens.date() - context.now.astimezone(zone).date()).days:
        case 0:
            return Paragraph(fill(_("The desk is closed now. It opens today at {time}."), time=time))
        case 1:
            return Paragraph(fill(_("The desk is closed now. It opens tomorrow at {time}."), time=time))
        case _days:
            day = Run(format_skeleton("MMMMEEEEd", opens, locale=locale_of(locale)), isolate=True)
            return Paragraph(fill(_("The desk is closed now. It opens on {day} at {time}."), day=day, time=time))


def expectation(case: Case, city: City, conversation: Conversation, context: Context, *, reachable: bool) -> list[Block]:
    """Say when an answer can be expected. Only what is known is promised: the hours of the desk, and whether somebody is there."""
    _ = words(conversation, context)
    state = state_of(city.desks.get(case.desk) or desk_of(city, case.topic, case.kind), city, context)
    closed = state.is_open is False
    if closed and not (reachable and case.priority == "high"):
        return [opening(state, city, conversation, context), text(_("Your request keeps its place."))]
    if not reachable:
        return [text(_("Nobody is at the desk just now. Your request stays and is answered when somebody is back."))]
    if case.priority == "high":
        return [text(_("Somebody who is on duty is being told now. As soon as they answer, you read it here."))]
    return [text(_("As soon as somebody is free, I will tell you here."))]


# ---------------------------------------------------------------- numbers that answer now


def with_crisis(conversation: Conversation, kind: str, context: Context) -> Conversation:
    """Note that a safety phrase was met."""
    return remember(conversation, crisis=kind, crisis_at=int(context.now.timestamp()))


def crisis_of(conversation: Conversation, context: Context) -> str:
    """Return the kind of crisis met within CRISIS_S and not answered yet, or an empty text."""
    at = noted(conversation, "crisis_at")
    is_fresh = isinstance(at, int) and context.now.timestamp() - at <= CRISIS_S
    return recall(conversation, "crisis") if is_fresh else ""


def numbers(conversation: Conversation, home: Home, context: Context) -> list[Block]:
    """Return what answers at this moment: the emergency number, lines that fit, offices that are open."""
    _, locale = words(conversation, context), tongue(conversation, context)
    rows = list(help_rows(conversation, crisis_of(conversation, context), home, context))
    rows += [(_("Open now"), brief(office, home, locale, context)) for office in open_offices(conversation, home, context)[:OPEN_OFFICES]]
    return [strong(_("These answer now:")), FactTable(tuple(rows))]


def open_offices(conversation: Conversation, home: Home, context: Context) -> list[Office]:
    """Return the offices that speak to people and are open now, those for the topic first."""
    return [office for office in speaking(conversation, home, context) if openness(office) == 0]
