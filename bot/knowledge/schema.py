"""The format of every knowledge file on one screen; validate.py holds files against it.

must(...): the key has to be there and have a value; may(...): it can be left out or be null. `refer("place")` is the id of something that
exists in the same city. What a single value must look like is in values.py; rules between files are in rules.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.cases import POOL, TALKING
from bot.knowledge import values

# ---------------------------------------------------------------- the words the format is written in


@dataclass(frozen=True, slots=True)
class Value:
    """One text. `refers`: it must be among the known ids of that sort; `words`: it must be one of these."""

    check: values.Check
    refers: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; `ids`: nothing may stand in it twice."""

    item: Kind
    least: int = 0
    ids: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping whose keys people choose."""

    key: Value
    value: Kind


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with fixed keys. Of `one_of` exactly one key is there, of `any_of` at least one; `pairs` come together or not at all."""

    keys: Mapping[str, Key]
    one_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


Kind = Value | ListOf | MapOf | Record


@dataclass(frozen=True, slots=True)
class Key:
    """What stands under a key of a record."""

    kind: Kind
    required: bool


def must(kind: Kind) -> Key:
    """Mark a key that has to have a value."""
    return Key(kind, required=True)


def may(kind: Kind) -> Key:
    """Mark a key that can be left out or be null."""
    return Key(kind, required=False)


def refer(sort: str) -> Value:
    """Name something of the same city by its id."""
    return Value(values.entry_id if sort == "entry" else values.locale if sort == "language" else values.slug, refers=sort)


def word_of(*words: str) -> Value:
    """Allow a few words only."""
    return Value(values.choice(*words), words=words)


def ids(item: Value) -> ListOf:
    """List ids, each once."""
    return ListOf(item, ids=True)


# ---------------------------------------------------------------- the format

AUDIENCES = (
    "everyone", "insured", "workers", "asylum-seekers", "temporary-protection", "refugees", "undocumented", "eu-citizens", "students",
    "minors", "families",
)  # fmt: skip
TEXT, LINE, SLUG, NAME, DAY = (Value(check) for check in (values.prose, values.line, values.slug, values.name, values.day))
URL, PHONE, SHORT, EMAIL = (Value(check) for check in (values.url, values.phone, values.short_number, values.email))
HOURS, NUMBER, DEGREES, LANGUAGE = (Value(check) for check in (values.hours, values.number, values.signed, values.language))
LINES = ListOf(LINE)
PER_LANGUAGE = MapOf(LANGUAGE, LINE)
LINES_PER_LANGUAGE = MapOf(LANGUAGE, LINES)
CHECKED = Record({"on": must(DAY), "by": must(LINE)})
FACT_KINDS: Mapping[str, Kind] = {
    "money": Value(values.money), "phone": PHONE, "short": SHORT, "hours_open": HOURS, "age": NUMBER, "url": URL, "email": EMAIL,
    "date": DAY,
    "minutes": NUMBER, "hours": NUMBER, "days": NUMBER, "weeks": NUMBER, "months": NUMBER, "years": NUMBER, "percent": NUMBER,
    "number": NUMBER, "text": LINE,
}  # fmt: skip
FACT = Record(
    {"currency": may(Value(values.currency)), "note": may(LINE)} | {kind: may(value) for kind, value in FACT_KINDS.items()},
    one_of=tuple(FACT_KINDS),
    pairs=(("money", "currency"),),
)
SOURCE = Record(
    {
        "url": may(URL),
        "title": may(LINE),
        "seen": must(DAY),
        "kind": must(word_of("official", "secondary")),
        "copy_of": may(LINE),
    },
    any_of=("url", "title"),
)

# <city>/<topic>.yaml: slug -> entry
ENTRY = Record(
    {
        "status": must(word_of("draft", "published", "archived")),
        "scope": may(word_of("city", "country")),
        "audience": must(ids(word_of(*AUDIENCES))),
        "owner": may(refer("organisation")),
        "checked": may(CHECKED),
        "review_by": may(DAY),
        "facts": may(MapOf(NAME, FACT)),
        "steps": may(ids(NAME)),
        "needs": may(ids(refer("entry"))),
        "places": may(ids(refer("place"))),
        "related": may(ids(refer("entry"))),
        "sources": may(ListOf(SOURCE)),
        "unverified": may(LINES),
    }
)

# <city>/<language>/<topic>.yaml: slug -> words
WORDS = Record(
    {
        "title": must(LINE),
        "questions": must(ListOf(LINE, least=1)),
        "keywords": may(LINES),
        "answer": must(TEXT),
        "documents": may(LINES),
        "steps": may(MapOf(NAME, Record({"title": must(LINE), "text": must(TEXT)}))),
        "wording": must(
            Record(
                {
                    "by": must(word_of("machine", "person")),
                    "of": may(refer("language")),
                    "hash": may(Value(values.fingerprint)),
                    "checked_by": may(LINE),
                }
            )
        ),
    }
)

# <city>/places.yaml: slug -> place
PLACE = Record(
    {
        "name": must(LINE),
        "kind": must(SLUG),
        "area": may(refer("area")),
        "address": may(LINE),
        "phone": may(PHONE),
        "short": may(SHORT),
        "email": may(EMAIL),
        "url": may(URL),
        "hours": may(HOURS),
        "languages": may(ids(LANGUAGE)),
        "topics": may(ids(refer("topic"))),
        "for_whom": may(ids(word_of(*AUDIENCES))),
        "latitude": may(DEGREES),
        "longitude": may(DEGREES),
        "speaks_to_people": may(word_of("yes", "no")),
        "sources": may(ListOf(SOURCE)),
        "checked": may(CHECKED),
    },
    pairs=(("latitude", "longitude"),),
)

# one desk of city.yaml
CASE_KINDS = (*TALKING, *POOL)
INTAKE = ("letter", "date", "children")  # the questions a desk can have asked before a case is opened
DESK = Record(
    {
        "topics": must(ids(refer("topic"))),
        "hours": may(HOURS),
        "intake": may(ids(word_of(*INTAKE))),
        "organisation": may(refer("organisation")),
        "kinds": may(ids(word_of(*CASE_KINDS))),
    }
)

# <city>/city.yaml
CITY = Record(
    {
        "names": must(PER_LANGUAGE),
        "aliases": may(LINES_PER_LANGUAGE),
        "country": must(Value(values.country)),
        "time_zone": must(Value(values.time_zone)),
        "currency": must(Value(values.currency)),
        "host_language": must(refer("language")),
        "languages": must(ListOf(Value(values.locale), least=1, ids=True)),
        "controller": may(refer("organisation")),
        "on_call": may(LINE),
        "centre": may(Record({"latitude": must(DEGREES), "longitude": must(DEGREES), "radius_km": must(NUMBER)})),
        "emergency": must(MapOf(NAME, FACT)),
        "areas": may(MapOf(SLUG, Record({"names": must(PER_LANGUAGE), "aliases": may(LINES_PER_LANGUAGE)}))),
        "organisations": may(MapOf(SLUG, Record({"name": must(LINE), "kind": must(SLUG), "url": may(URL)}))),
        "first_steps": may(ids(refer("entry"))),
        "region": may(Value(values.region)),
        "covers": may(ids(SLUG)),
        "desks": may(MapOf(SLUG, DESK)),
    }
)

# <city>/alerts.yaml: a list of
ALERT = Record(
    {
        "entries": may(ListOf(refer("entry"), least=1, ids=True)),
        "city": may(word_of("yes")),
        "from": must(DAY),
        "until": must(DAY),
        "text": must(PER_LANGUAGE),
    },
    one_of=("entries", "city"),
)

# the files of all cities together
TOPICS = MapOf(SLUG, Record({"icon": must(LINE), "order": must(Value(values.digits)), "names": must(PER_LANGUAGE)}))
SAFETY = Record(
    {
        "kinds": must(
            MapOf(
                SLUG,
                Record(
                    {
                        "entry": must(MapOf(SLUG, Value(values.entry_id))),
                        "phrases": must(LINES_PER_LANGUAGE),
                        "not": may(LINES_PER_LANGUAGE),
                    }
                ),
            )
        ),
        "not": may(LINES_PER_LANGUAGE),
    }
)
# safety.<language>.yaml
CRISIS_WORDS = Record({"groups": may(MapOf(NAME, LINE)), "kinds": must(MapOf(SLUG, ListOf(LINE, least=1))), "not": may(ListOf(LINE))})
# phrases/<host language>.yaml: slug -> card to show at a desk
SITUATIONS = ("doctor", "registry", "landlord", "school", "work", "anywhere")
CARDS = MapOf(
    SLUG,
    Record({"situation": must(word_of(*SITUATIONS)), "host": must(LINE), "words": must(PER_LANGUAGE), "reading": must(PER_LANGUAGE)}),
)
# lexicon/<language>.yaml: concept -> words, beginnings of words ("evict*") and phrases
LISTS = MapOf(SLUG, ListOf(LINE, least=1))
LEXICON = LISTS
# cries/<language>.yaml: kind of safety.yaml, or "calm" -> what somebody writes
CRIES = LISTS
# talk/<language>.yaml: kind of smalltalk.yaml -> further phrases, in a language that no reply is written in
TALK = LISTS
# uncovered/<language>.yaml: topic -> its name and how people ask about it
UNCOVERED = MapOf(SLUG, Record({"name": must(LINE), "questions": must(ListOf(LINE, least=1))}))
SMALLTALK = Record({"kinds": must(MapOf(SLUG, Record({"phrases": must(LINES_PER_LANGUAGE), "reply": must(PER_LANGUAGE)})))})
