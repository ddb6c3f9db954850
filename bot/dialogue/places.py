"""Offices and organisations: which comes first, what is shown of each, and which are near a shared place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.dialogue.compose import fill, join, option, say, strong, text, tongue, ways_on, words
from bot.dialogue.context import Context
from bot.dialogue.home import Home, at_home, city_name, distance_km, home_of, is_on_earth, title_of
from bot.knowledge.hours import PlaceState, locale_of, place_state, weekly_hours
from bot.knowledge.render import render_fact
from bot.model import (
    Block,
    City,
    Conversation,
    Fact,
    FactTable,
    Heading,
    LocationShared,
    Message,
    Note,
    Paragraph,
    Place,
    Run,
    Runs,
    SendMessage,
    Turn,
    Venue,
)

MAX_PLACES = 5  # offices in one message; more is a directory, not an answer
NEAR_PLACES = 3
MAP = "https://www.openstreetmap.org"


@dataclass(frozen=True, slots=True)
class Office:
    """A place and whether it is open at this moment."""

    place: Place
    state: PlaceState


def offices(slugs: Iterable[str], conversation: Conversation, home: Home, context: Context) -> list[Office]:
    """Return the places with these names: open first, then unknown, then closed; among equals the contact's own area first."""
    if not home.local:
        return []
    places = [home.city.places[slug] for slug in slugs if slug in home.city.places]
    found = [Office(place, place_state(place, home.city, context.now)) for place in places]
    return sorted(found, key=lambda office: (openness(office), office.place.area != conversation.area))


def openness(office: Office) -> int:
    """Rank open before unknown before closed."""
    return {True: 0, None: 1, False: 2}[office.state.is_open]


# ---------------------------------------------------------------- what is shown of one place


def brief(office: Office, home: Home, locale: str, context: Context) -> Runs:
    """Show an office in one stretch: name, address, phone, until when, map."""
    _ = context.translator(locale).gettext
    place, city = office.place, home.city
    parts: list[Runs] = [(Run(place.name, isolate=True),)]
    parts += [(Run(place.address, isolate=True),)] if place.address else []
    parts += [*contact_runs(place, city, locale)[:1]]
    parts += [now_open] if (now_open := open_runs(office, city, locale, context)) else []
    parts += [(map_run(place, city, _),)] if place.address else []
    return join(parts)


def contact_runs(place: Place, city: City, locale: str) -> list[Runs]:
    """Return the ways to reach an office, the telephone first."""
    facts = (
        Fact("phone", place.phone or ""),
        Fact("short", place.short or ""),
        Fact("email", place.email or ""),
        Fact("url", place.url or ""),
    )
    return [(render_fact(fact, locale, city.country),) for fact in facts if fact.value]


def open_runs(office: Office, city: City, locale: str, context: Context) -> Runs:
    """Say whether an office is open and when that changes; nothing where its hours are unknown."""
    _ = context.translator(locale).gettext
    state = office.state
    if state.is_open is None:
        return ()
    if state.next_change is None:
        return (Run(_("open now") if state.is_open else _("closed now")),)
    when = Run(_moment(state.next_change, context, city, locale), isolate=True)
    return fill(_("open until {time}") if state.is_open else _("closed now, opens {time}"), time=when)


def _moment(moment: datetime, context: Context, city: City, locale: str) -> str:
    """Write a time with 24 hours, as on the door of the office, and the day where it is not today."""
    zone = ZoneInfo(city.time_zone)
    local = moment.astimezone(zone)
    day = "" if local.date() == context.now.astimezone(zone).date() else f"{format_date(local, 'EEE', locale=locale_of(locale))} "
    return f"{day}{local:%H:%M}"


def map_run(place: Place, city: City, _: Callable[[str], str]) -> Run:
    """Link to a map: the point where we know it, else a search for the address."""
    if place.latitude is not None and place.longitude is not None:
        point = f"{place.latitude}/{place.longitude}"
        return Run(_("map"), url=f"{MAP}/?mlat={place.latitude}&mlon={place.longitude}#map=17/{point}")
    town = city_name(city, city.host_language)
    address = place.address or place.name
    wanted = address if place.area or town in address else f"{address}, {town}"
    return Run(_("map"), url=f"{MAP}/search?query={quote(wanted)}")


def card(office: Office, home: Home, locale: str, context: Context) -> Iterator[Block]:
    """Show all we know of an office."""
    _ = context.translator(locale).gettext
    place, city = office.place, home.city
    rows: list[tuple[str, Runs]] = []
    if place.address:
        rows.append((_("Address"), (Run(place.address, isolate=True), Run(" · "), map_run(place, city, _))))
    if reach := contact_runs(place, city, locale):
        rows.append((_("Contact"), join(reach)))
    if now_open := open_runs(office, city, locale, context):
        rows.append((_("Now"), now_open))
    if place.hours and (lines := weekly_hours(place.hours, city, context.now, locale)):
        rows.append((_("Hours"), join([(Run(line, isolate=True),) for line in lines])))
    yield Paragraph((Run(place.name, bold=True, isolate=True),))
    if rows:
        yield FactTable(tuple(rows))


def venues(shown: Iterable[Office]) -> tuple[Venue, ...]:
    """Return the places that can be put on a map."""
    return tuple(
        Venue(office.place.name, office.place.address or "", office.place.latitude, office.place.longitude)
        for office in shown
        if office.place.latitude is not None and office.place.longitude is not None
    )


def caution(shown: Iterable[Office], _: Callable[[str], str]) -> tuple[Block, ...]:
    """Warn where nobody has confirmed an office's details."""
    if all(office.place.checked for office in shown):
        return ()
    return (Note((Run(_("Phone and hours may have changed. Call before you go.")),)),)


# ---------------------------------------------------------------- messages


@at_home
def places(conversation: Conversation, entry_id: str, home: Home, context: Context) -> Turn:
    """Show the offices that belong to an entry."""
    entry = home.entry(entry_id)
    found = offices(entry.places, conversation, home, context)[:MAX_PLACES] if entry else []
    if entry is None or not found:
        return Turn(conversation)
    locale = tongue(conversation, context)
    _ = words(conversation, context)
    heading = Heading((Run(title_of(entry, locale, home.city), isolate=True),))
    back = option("entry", entry.id, _("Back to the answer"))
    return _with_venues(say(conversation, context, heading, *cards(found, home, locale, context), options=(back, *ways_on(_))), found)


def cards(found: list[Office], home: Home, locale: str, context: Context) -> list[Block]:
    """Show several offices, one after the other, with one warning for all."""
    blocks = [block for office in found for block in card(office, home, locale, context)]
    return [*blocks, *caution(found, context.translator(locale).gettext)]


def _with_venues(turn: Turn, shown: list[Office]) -> Turn:
    def put(message: Message) -> Message:
        return replace(message, venues=venues(shown))

    return Turn(turn.conversation, tuple(SendMessage(put(e.message)) if isinstance(e, SendMessage) else e for e in turn.effects))


def near(conversation: Conversation, event: LocationShared, context: Context) -> Turn:
    """Show the offices nearest to a shared place, or say honestly that we do not know where ours are."""
    home = home_of(conversation, context)
    if home is None:
        return Turn(conversation)
    _ = words(conversation, context)
    point = (event.latitude, event.longitude)
    found = _nearest(point, conversation, home, context) if is_on_earth(*point) else []
    if not found:
        lead = text(_("I do not know exactly where the offices of your city are, so I cannot say which is nearest."))
        return say(conversation, context, lead, text(_("Tell me what you need, and I show the office for it.")), options=ways_on(_))
    shown = cards(found, home, tongue(conversation, context), context)
    return _with_venues(say(conversation, context, strong(_("Nearest to you")), *shown, options=ways_on(_)), found)


def _nearest(point: tuple[float, float], conversation: Conversation, home: Home, context: Context) -> list[Office]:
    def far(office: Office) -> float:
        return distance_km(point, (office.place.latitude or 0.0, office.place.longitude or 0.0))

    known = [slug for slug, place in home.city.places.items() if place.latitude is not None and place.longitude is not None]
    return sorted(offices(known, conversation, home, context), key=far)[:NEAR_PLACES]
