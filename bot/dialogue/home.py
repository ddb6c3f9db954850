"""Where a contact lives, as far as we know it: a city of ours, or only its country; and which entries hold there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from bot.dialogue.compose import recall, tongue
from bot.dialogue.context import Choice, Context
from bot.model import City, Conversation, Entry, Topic, Turn

EARTH_RADIUS_KM = 6371.0
READY = "ready"  # the state of a contact who has answered the first questions


@dataclass(frozen=True, slots=True)
class Home:
    """`local` is false when the contact lives elsewhere in the country: then only what holds in all of it is shown, and no office."""

    city: City
    local: bool

    @property
    def counted_as(self) -> str:
        """Return the name under which answers are counted."""
        return self.city.slug if self.local else self.city.country

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Return the entries that hold here, in the order of the files."""
        return {key: entry for key, entry in self.city.entries.items() if self._holds(entry)}

    def entry(self, entry_id: str) -> Entry | None:
        """Return an entry that holds here."""
        entry = self.city.entries.get(entry_id)
        return entry if entry and self._holds(entry) else None

    def topics(self, context: Context) -> list[Topic]:
        """Return the topics about which we know something here, in their order."""
        known = {entry.topic for entry in self.entries.values()}
        return sorted((topic for topic in context.knowledge.topics.values() if topic.slug in known), key=lambda topic: topic.order)

    def today(self, context: Context) -> date:
        """Return the day it is in this city."""
        return context.now.astimezone(ZoneInfo(self.city.time_zone)).date()

    def _holds(self, entry: Entry) -> bool:
        return entry.status == "published" and (self.local or entry.scope == "country")


def home_of(conversation: Conversation, context: Context) -> Home | None:
    """Return where the contact lives, or None while we do not know."""
    city = context.knowledge.cities.get(conversation.city or "")
    if city:
        return Home(city, local=True)
    country = recall(conversation, "country")
    abroad = next((city for city in context.knowledge.cities.values() if city.country == country), None)
    return Home(abroad, local=False) if abroad else None


def is_settled(conversation: Conversation, context: Context) -> bool:
    """Say whether language, device and place are known and the notice was shown."""
    asked = not context.shared_device or bool(recall(conversation, "device"))
    told = conversation.state == READY or bool(conversation.data.get("noticed"))
    return conversation.locale in context.locales and asked and told and home_of(conversation, context) is not None


HomeChoice = Callable[[Conversation, str, Home, Context], Turn]


def at_home(handler: HomeChoice) -> Choice:
    """Give a handler the contact's home; without one it says nothing, and the engine shows the present step instead."""

    def choose(conversation: Conversation, argument: str, context: Context) -> Turn:
        home = home_of(conversation, context)
        if home is None:
            return Turn(conversation)
        state = READY if is_settled(conversation, context) else conversation.state
        return handler(replace(conversation, state=state), argument, home, context)

    return choose


# ---------------------------------------------------------------- names


def city_name(city: City, locale: str) -> str:
    """Name a city in a language, else as it calls itself."""
    return city.names.get(locale) or city.names.get(city.host_language) or city.slug


def home_name(home: Home, conversation: Conversation, context: Context) -> str:
    """Name the city and, if known, the area the contact lives in."""
    locale = tongue(conversation, context)
    area = home.city.areas.get(conversation.area or "")
    return (area.names.get(locale) if area else None) or city_name(home.city, locale)


def country_name(code: str, locale: str) -> str:
    """Name a country (ISO 3166) in a language."""
    return str(Locale.parse(locale, sep="-").territories.get(code, code))


def own_name(locale: str) -> str:
    """Name a language as it names itself in the middle of a sentence: español, English."""
    try:
        return Locale.parse(locale, sep="-").get_display_name() or locale
    except (UnknownLocaleError, ValueError):
        return locale


def title_of(entry: Entry, locale: str, city: City) -> str:
    """Return an entry's title in a language, else in the city's own, else in any."""
    found = entry.words.get(locale) or entry.words.get(city.host_language) or next(iter(entry.words.values()), None)
    return found.title if found else entry.id


def topic_name(topic: Topic, locale: str) -> str:
    """Name a topic with its sign."""
    return f"{topic.icon} {topic.names.get(locale) or topic.names.get('en') or topic.slug}"


# ---------------------------------------------------------------- distances


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance of two places on the globe (degrees) by the haversine formula."""
    (lat_a, lon_a), (lat_b, lon_b) = ((math.radians(lat), math.radians(lon)) for lat, lon in (a, b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, max(0.0, h))))


def is_on_earth(latitude: float, longitude: float) -> bool:
    """Say whether degrees make a place (not: infinite, or no number at all)."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def nearest_city(point: tuple[float, float], context: Context) -> City | None:
    """Return the nearest city within whose radius a point lies."""
    if not is_on_earth(*point):
        return None
    reached = [(far, city) for city in context.knowledge.cities.values() if (far := _reach(point, city)) is not None]
    return min(reached, key=lambda pair: pair[0])[1] if reached else None


def _reach(point: tuple[float, float], city: City) -> float | None:
    if city.latitude is None or city.longitude is None or city.radius_km is None:
        return None
    far = distance_km(point, (city.latitude, city.longitude))
    return far if far <= city.radius_km else None
