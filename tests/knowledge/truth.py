"""Every number, phone, price, date, address and link of a city, and whether its facts file holds it.

What a facts file marks [UNVERIFIED] counts as not found: such a clause is cut out before anything is looked up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import phonenumbers
import yaml
from babel import Locale
from babel.dates import format_date

from bot.knowledge.values import LINK, PLACEHOLDER
from bot.model import City, Entry, Fact, Place, Source, Words

Kind = Literal["number", "phone", "time", "date", "url", "email", "address", "code"]

URL = re.compile(r"https?://[^\s;,`<>\"|]+")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w.,])\+?\d[\d ]{6,}\d(?![\w])")
PRINTED_PHONE = re.compile(
    r"(?<![\w.,])\+?\d[\d -]{5,}\d(?![\w])(?: / (\d{1,4})(?!\d))?"
)  # in facts files also "055 055", "872-6690" and "7078 / 7079"
TIME = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
NUMBER = re.compile(r"(?<![\d])\d+(?:[.,]\d+)*")
UNVERIFIED = re.compile(r"(?:(?!; |\. |`|\||\{|\[R).)*(?:`\[UNVERIFIED\]`|\{UNVERIFIED\})")
ENGLISH_DATE = re.compile(r"(?<!\d)(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?(?: (\d{4}))?")
DOTTED_DATE = re.compile(r"(?<![\d.])(\d{1,2})[.-](\d{1,2})[.-](\d{4})(?!\d)")
SOURCE_MARK = re.compile(r"[\[{](?:[AB] )?([A-Z])\d+[^\]}]*[\]}]")
HOURS = re.compile(r"(?P<day>\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]* )?\b(\d{1,2})(:\d{2})?-(\d{1,2})(:\d{2})?(?P<unit> h\b)?")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COUNT = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNTED = {word: str(number) for number, word in enumerate(COUNT, 1)}
DAY_WORD = re.compile(
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|weekday|weekend|working day|holiday|daily|every day|night|evening|morning|open)", re.I
)
FULL_HOUR = re.compile(r"(?:(?<=[-–])|(?<=from )|(?<=to )|(?<=day )|(?<![\d:.–-])(?=\d{1,2}[-–]\d))(\d{1,2})(?![\d:.])")
ARTICLES = frozenset({"de", "del", "della", "dei", "di", "la", "el", "und", "i", "d", "l", "strada", "and", "y", "e", "kai"})
CITY_NAMES = {"firenze": "florence", "bucuresti": "bucharest", "wien": "vienna"}
STREET = re.compile(
    r"\b(?:Plaza|Pza\.|Calle|Avenida|Avda\.|Carrera|Paseo|Ronda|Glorieta|Camino|Centro Cívico)"
    r"(?:,? (?:de la|de los|de las|del|de|el|la|[A-ZÁÉÍÓÚÑ][\wáéíóúñü]+|\d+))+"
    r"|\b(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Uu]lica|Trg|Str\.|Bd\.|Calea|Piața)(?: (?:della|dei|di|d'|[A-ZÀ-Ž][\w'À-ž]+))+,? \d+\w?"
    r"|\b[A-ZÄÖÜ][\wäöüß-]+(?:straße|gasse|platz|gürtel|kai|allee) \d+\w?"
)


@dataclass(frozen=True)
class Claim:
    """Something the knowledge says that the facts file must hold. `entry` is empty for the city and its places."""

    kind: Kind
    value: str
    where: str
    entry: str = ""


# ---------------------------------------------------------------- the facts file


class FactsFile:
    """A facts file: what an entry says must be in its own section, or where the emergency numbers and service points are.

    Phones, links and years of sources are looked up in the whole file."""

    def __init__(self, text: str, country_code: str) -> None:
        verified = UNVERIFIED.sub("", text)
        found = re.findall(r"^#{2,3} ([a-z]+\.[a-z0-9-]+|(?:[A-Z]\. )?[A-Z][\w ]+)(.*?)(?=^#{2,3} |\Z)", verified, re.M | re.S)
        sections = {head: part for head, part in found if head[0].islower() or "ervice points" in head}
        common = "\n".join(part for head, part in sections.items() if head.startswith("emergency.") or head[0].isupper())
        self.whole = Part(verified, country_code)
        self.near = {head: Part(f"{part}\n{common}", country_code) for head, part in sections.items() if head[0].islower()}
        self.ids = frozenset(self.near)

    def holds(self, claim: Claim) -> bool:
        """Tell whether the file says this too."""
        is_of_entry = claim.kind in ("number", "date", "time", "code", "address") and not claim.where.endswith((" note", " sources"))
        part = self.near.get(claim.entry, self.whole) if is_of_entry else self.whole
        return part.holds(claim)


class Part:
    """What a stretch of a facts file holds, in forms that can be compared."""

    def __init__(self, verified: str, country_code: str) -> None:
        self.country_code = country_code
        self.urls = {plain_url(url) for url in _urls(verified)}
        self.hosts = {re.split("[/?]", url)[0] for url in self.urls}
        bare = _without_marks(URL.sub(" ", verified))
        self.lower = bare.casefold()
        self.words = f" {plain_words(bare)} "
        self.phones = set(_printed_phones(bare))
        self.times = {f"{int(hour):02}:{minute}" for hour, minute in TIME.findall(bare)} | set(_full_hours(bare))
        self.dates = {(int(day), MONTHS.index(month) + 1, int(year or 0)) for day, month, year in ENGLISH_DATE.findall(bare)}
        self.dates |= {(int(day), int(month), int(year)) for day, month, year in DOTTED_DATE.findall(bare)}
        self.numbers = {reading for token in NUMBER.findall(bare) for reading in readings(token)}
        self.numbers |= {digit for phrase, digit in (("half", "50"), ("a year", "1"), ("an hour", "1")) if phrase in self.lower}
        self.numbers |= {digit for word, digit in COUNTED.items() if re.search(rf"\b{word}\b", self.lower)}

    def holds(self, claim: Claim) -> bool:
        """Tell whether this stretch says so too."""
        return bool(getattr(self, f"_holds_{claim.kind}")(claim.value))

    def _holds_number(self, value: str) -> bool:
        return not readings(value).isdisjoint(self.numbers) or ("0" in readings(value) and "free" in self.lower)

    def _holds_phone(self, value: str) -> bool:
        """Accept the number in international or national form, and without its area code where the facts leave that out."""
        digits = re.sub(r"\D", "", value)
        if len(digits) <= 6:
            return digits in self.phones | self.numbers
        national = digits.removeprefix(self.country_code).lstrip("0")
        known = {number.lstrip("0") for number in self.phones | self.numbers}
        return not {digits, national}.isdisjoint(known) or any(len(number) >= 7 and national.endswith(number) for number in known)

    def _holds_time(self, value: str) -> bool:
        hour, _, minute = value.partition(":")
        return f"{int(hour):02}:{minute}" in self.times

    def _holds_date(self, value: str) -> bool:
        year, month, day = (int(part) for part in value.split("-"))
        return any((day, month) == known[:2] and 0 in (year, known[2], known[2] - year) for known in self.dates)

    def _holds_url(self, value: str) -> bool:
        """Accept an address the file has, with or without https://, and the front page of a site it names."""
        plain = plain_url(value)
        return (
            plain in self.urls
            or plain in self.hosts
            or re.search(rf"(?<![\w.-])(?:www\.)?{re.escape(plain)}(?![\w/-])", self.lower) is not None
        )

    def _holds_email(self, value: str) -> bool:
        return value.casefold() in self.lower

    def _holds_code(self, value: str) -> bool:
        return f" {plain_words(value)} " in self.words

    def _holds_address(self, value: str) -> bool:
        """Look for the whole address, or for each of its parts; a house number belongs to the street before it.

        Names in Greek letters are looked up in the Latin ones that stand beside them in brackets."""
        latin = re.findall(r"\(([^)]*)\)", value)
        parts = [part for part in re.split(r", (?!\d+\b(?! *\w))", re.sub(r"\([^)]*\)", "", value)) if part.strip()]
        return all(self._holds_part(part) for part in (*parts, *latin))

    def _holds_part(self, part: str) -> bool:
        """Look for words in a row; a name may be abbreviated to its first letter or have its article left out."""
        words = plain_words(part).split()
        if all(word.isdigit() for word in words):
            return f" {' '.join(words)} " in self.words or "".join(words) in self.numbers
        if re.search(r"[α-ω]", part.casefold()):
            digits = "".join(word for word in words if word.isdigit())
            return not digits or digits in self.numbers or f" {digits} " in self.words
        row = "".join(_loose(word) for word in words)
        return re.search(rf" {row}", self.words) is not None


def _without_marks(text: str) -> str:
    """Take out the keys of sources: "[A M21]", "{G3; high}", and bare ones of the same letter."""
    letters = "".join(sorted(set(SOURCE_MARK.findall(text))))
    bare = SOURCE_MARK.sub(" ", text)
    return re.sub(rf"\b[{letters}]\d+[a-z]?\b", " ", bare) if letters else bare


def _loose(word: str) -> str:
    if word in ARTICLES:
        return f"(?:{word} )?"
    names = {word, CITY_NAMES.get(word, word)} | ({word[0]} if len(word) > 4 and word.isalpha() else set())
    return f"(?:{'|'.join(sorted(map(re.escape, names)))}) "


def _printed_phones(text: str) -> Iterator[str]:
    """Find phones, also the second of two that differ in their last digits ("276 7078 / 7079")."""
    for found in PRINTED_PHONE.finditer(text):
        digits = re.sub(r"\D", "", found[0].partition("/")[0])
        yield digits
        if found[1]:
            yield digits[: -len(found[1])] + found[1]


def _urls(text: str) -> Iterator[str]:
    """Find addresses, also one that is given as a file in the same folder as the address before it."""
    last = ""
    for found in re.finditer(rf"same folder, (?P<file>\S+)|{URL.pattern}", text):
        last = f"{last.rpartition('/')[0]}/{found['file']}" if found["file"] else found[0].rstrip(").")
        yield last


def _full_hours(text: str) -> Iterator[str]:
    """Find hours written without minutes: "Mon-Fri 9-19", "8:30-17", "8-22 h"."""
    for found in HOURS.finditer(text):
        _, start, start_minutes, end, end_minutes, _ = found.groups()
        if found["day"] or found["unit"] or start_minutes or end_minutes:
            yield from (f"{int(hour):02}{minutes or ':00'}" for hour, minutes in ((start, start_minutes), (end, end_minutes)))
    for clause in re.split(r"[;|]|\. ", text):
        if DAY_WORD.search(clause):
            yield from (f"{int(hour):02}:00" for hour in FULL_HOUR.findall(clause) if int(hour) <= 24)


def plain_url(url: str) -> str:
    """Reduce an address to host, path and query."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}{query}".casefold()


def plain_words(text: str) -> str:
    """Reduce text to lower-case words and numbers without accents."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"\bpza\b", "plaza", re.sub(r"[\W_]+", " ", plain)).split())


def readings(token: str) -> set[str]:
    """Read a number every way it may be meant: 1.221 is one thousand two hundred and twenty-one or a little more than one."""
    found = set()
    for thousands, decimal in ((",", "."), (".", ",")):
        plain = token.replace(thousands, "").replace(decimal, ".")
        if re.fullmatch(r"\d+(?:\.\d+)?", plain):
            found.add(plain.rstrip("0").rstrip(".") if "." in plain else plain)
    return found


# ---------------------------------------------------------------- the knowledge


def claims_of(city: City) -> Iterator[Claim]:
    """List everything a city's knowledge says in numbers, addresses and links."""
    for name, fact in city.emergency.items():
        yield from _fact_claims(fact, f"city.yaml emergency.{name}")
    for organisation in city.organisations.values():
        if organisation.url:
            yield Claim("url", organisation.url, f"city.yaml {organisation.slug}")
    for number in (city.latitude, city.longitude):
        if number is not None:
            yield Claim("number", str(abs(number)), "city.yaml centre")
    for names in (city.names, *(area.names for area in city.areas.values())):
        for locale, name in names.items():
            yield from _text_claims(name, locale, f"city.yaml names {locale}")
    for place in city.places.values():
        yield from _place_claims(place)
    for entry in city.entries.values():
        yield from _entry_claims(entry)
    for alert in city.alerts:
        for locale, text in alert.text.items():
            yield from _text_claims(text, locale, f"alerts.yaml {locale}")


def _entry_claims(entry: Entry) -> Iterator[Claim]:
    found: list[Claim] = []
    for name, fact in entry.facts.items():
        found.extend(_fact_claims(fact, f"{entry.id} facts.{name}"))
    found.extend(_source_claims(entry.sources, entry.id))
    for locale, words in entry.words.items():
        found.extend(_words_claims(words, locale, f"{entry.id} {locale}"))
    for claim in found:
        yield Claim(claim.kind, claim.value, claim.where, entry.id)


def _fact_claims(fact: Fact, where: str) -> Iterator[Claim]:
    kinds: Mapping[str, Kind] = {"phone": "phone", "short": "phone", "url": "url", "email": "email", "date": "date"}
    if fact.kind == "hours_open":
        yield from (Claim("time", f"{hour}:{minute}", where) for hour, minute in TIME.findall(fact.value))
    elif fact.kind == "text":
        yield from _text_claims(fact.value, "en", where)
        yield from (Claim("code", code, where) for code in re.findall(r"\S*[^\W\d_]\S*\d\S*|\S*\d\S*/\S+", fact.value))
    else:
        yield Claim(kinds.get(fact.kind, "number"), fact.value, where)
    yield from _text_claims(fact.note or "", "en", f"{where} note")


def _source_claims(sources: tuple[Source, ...], where: str) -> Iterator[Claim]:
    for source in sources:
        if source.url:
            yield Claim("url", source.url, f"{where} sources")
        if source.copy_of and source.copy_of not in (source.url or ""):
            yield from _text_claims(source.copy_of, "en", f"{where} sources")
        yield from _text_claims(source.title or "", "en", f"{where} sources")


def _place_claims(place: Place) -> Iterator[Claim]:
    where = f"places.yaml {place.slug}"
    given: tuple[tuple[Kind, str | None], ...] = (
        ("address", place.address),
        ("phone", place.phone),
        ("phone", place.short),
        ("email", place.email),
        ("url", place.url),
        ("number", None if place.latitude is None else str(abs(place.latitude))),
        ("number", None if place.longitude is None else str(abs(place.longitude))),
    )
    yield from (Claim(kind, value, where) for kind, value in given if value)
    yield from (Claim("time", f"{hour}:{minute}", where) for hour, minute in TIME.findall(place.hours or "") if place.hours != "24/7")
    yield from (Claim("date", f"0000-{month:02}-{day:02}", where) for month, day in _month_days(place.hours or ""))
    yield from _text_claims(place.name, "es", where)
    yield from _source_claims(place.sources, where)


def _month_days(hours: str) -> Iterator[tuple[int, int]]:
    """Find the bounds of seasons; a season may begin on the day after one the facts name, and end on the day before."""
    for month, day in re.findall(rf"({'|'.join(MONTHS)}) (\d\d)", hours):
        yield MONTHS.index(month) + 1, int(day)


def _words_claims(words: Words, locale: str, where: str) -> Iterator[Claim]:
    """Read what is shown as an answer; questions and keywords are what people type, not what we say."""
    texts = [words.title, words.answer, *words.documents]
    for step in words.steps.values():
        texts += (step.title, step.text)
    for text in texts:
        yield from _text_claims(text, locale, where)


def _text_claims(text: str, locale: str, where: str) -> Iterator[Claim]:
    plain = PLACEHOLDER.sub(" ", western(text))
    for found in LINK.finditer(plain):
        yield from (Claim("url", url, where) for url in URL.findall(found[2]))
    plain = LINK.sub(r" \1 ", plain)
    for kind, pattern in (("url", URL), ("email", EMAIL), ("phone", PHONE), ("address", STREET)):
        for match in pattern.finditer(plain):
            yield Claim(kind, match[0].rstrip(".,)"), where)  # type: ignore[arg-type]
        plain = pattern.sub(" ", plain) if kind != "address" else plain
    for match in _dates(locale).finditer(plain):
        yield Claim("date", _iso(match, locale), where)
    yield from (Claim("time", f"{hour}:{minute}", where) for hour, minute in TIME.findall(plain))
    yield from (Claim("number", number, where) for number in NUMBER.findall(TIME.sub(" ", plain)))


def western(text: str) -> str:
    """Write Arabic-Indic and Persian digits and their separators as Western ones."""
    signs = {ord(sign): plain for sign, plain in (("٫", "."), ("٬", ","), ("،", ","))}
    return "".join(str(unicodedata.digit(sign)) if sign.isdigit() and sign not in "⁰¹²³" else sign for sign in text.translate(signs))


@cache
def _month_names(locale: str) -> dict[str, int]:
    """Collect how a language writes its months, alone and after a day."""
    months = Locale.parse(locale, sep="-").months
    forms = {name.casefold(): number for context in ("format", "stand-alone") for number, name in months[context]["wide"].items()}
    for number in range(1, 13):  # some languages bend the name inside a date
        words = re.findall(r"[^\W\d]{3,}", format_date(date(2026, number, 5), "long", locale=Locale.parse(locale, sep="-")))
        forms |= {word.casefold(): number for word in words if word.casefold() not in forms and len(words) == 1}
    return forms


@cache
def _dates(locale: str) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _month_names(locale)), key=len, reverse=True))
    tail = r"(?:(?: de|,)? (?P<year>\d{4}))?"
    return re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})\.? (?:de )?(?P<month>{names}){tail}|(?P<month_first>{names}) (?P<day_last>\d{{1,2}})(?!\d)", re.I
    )


def _iso(match: re.Match[str], locale: str) -> str:
    month = _month_names(locale)[(match["month"] or match["month_first"]).casefold()]
    return f"{int(match['year'] or 0):04}-{month:02}-{int(match['day'] or match['day_last']):02}"


# ---------------------------------------------------------------- both together


def unsupported(city: City, facts: FactsFile, allowed: Mapping[str, str]) -> list[Claim]:
    """List what the knowledge says and neither the facts file nor the list of exceptions holds."""
    return [
        claim for claim in claims_of(city) if not facts.holds(claim) and not is_allowed(claim, allowed) and not _next_to_known(claim, facts)
    ]


def is_allowed(claim: Claim, allowed: Mapping[str, str]) -> bool:
    """Tell whether the exceptions name the value."""
    return claim.value in allowed


def _next_to_known(claim: Claim, facts: FactsFile) -> bool:
    """Accept the day before or after a date of the facts as the bound of a season ("not 22 Dec-8 Jan" is open until the 21st)."""
    if claim.kind != "date" or not claim.value.startswith("0000") or not claim.where.startswith("places.yaml"):
        return False
    day = date.fromisoformat(claim.value.replace("0000", "2026"))
    near = {(moved.day, moved.month) for moved in (day - timedelta(days=1), day, day + timedelta(days=1))}
    return any(known[:2] in near for known in facts.whole.dates) or day.day in (1, 30, 31)


def load_facts(folder: Path, city: City) -> FactsFile:
    """Read the facts file of a city."""
    code = phonenumbers.country_code_for_region(city.country)
    return FactsFile((folder / f"{city.slug}.md").read_text(encoding="utf-8"), str(code))


def load_allowed(folder: Path) -> dict[str, str]:
    """Read the values that may stand without the facts file, each with its reason."""
    loaded = yaml.load((folder / "allowed.yaml").read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return {str(value): str(reason) for value, reason in (loaded or {}).items()}
