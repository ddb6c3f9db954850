"""What one written value must look like: checks that return None when it is right and a complaint in plain words when it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency
from opening_hours import validate

Check = Callable[[str], str | None]

MAX_HOURS = 400  # characters of an opening_hours expression
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")  # control and bidi override characters
HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_][\w-]{0,61}[^\W_]")
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")
SEASON = re.compile(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|week|easter|[12][0-9]{3}\b(?!:)")  # of an opening_hours expression
LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")


def _matches(pattern: str, complaint: str) -> Check:
    compiled = re.compile(pattern)
    return lambda text: None if compiled.fullmatch(text) else complaint


def prose(text: str) -> str | None:
    """Text of any number of lines."""
    return "holds an invisible control character: type it again" if UNSEEN.search(text) else None


def line(text: str) -> str | None:
    """Text of one line."""
    return "must be one line" if "\n" in text.strip() else None


def choice(*words: str) -> Check:
    """Make a check for one of a few words."""
    return lambda text: None if text in words else f"must be one of: {', '.join(words)}"


slug = _matches(r"[a-z0-9][a-z0-9-]{0,31}", "must be 1 to 32 small letters a-z, digits and hyphens, and not begin with a hyphen")
name = _matches(r"[a-z][a-z0-9_]{0,31}", "must be 1 to 32 small letters a-z, digits and _, and begin with a letter")
entry_id = _matches(r"[a-z0-9][a-z0-9-]{0,31}\.[a-z0-9][a-z0-9-]{0,31}", "must be an entry id such as egov.nie")
short_number = _matches(r"[0-9]{3,6}", "must be 3 to 6 digits, as people dial them")
number = _matches(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", "must be digits, with a point before decimals: 3.5")
signed = _matches(r"-?[0-9]{1,3}(?:\.[0-9]{1,12})?", "must be digits, with a point before decimals: -3.7038")
money = _matches(r"[0-9]{1,9}(?:\.[0-9]{1,2})?", "must be an amount such as 10 or 10.50, without a currency sign")
digits = _matches(r"[0-9]{1,3}", "must be a whole number")
fingerprint = _matches(r"[0-9a-f]{12}", "must be the 12 characters that `dragoman check` names")
area_code = _matches(r"[A-Z]{2}", "must be two capital letters, such as ES")


def country(text: str) -> str | None:
    """ISO 3166 code of a country."""
    return area_code(text) or (None if text in phonenumbers.SUPPORTED_REGIONS else "is no country code")


def region(text: str) -> str | None:
    """Part after the dash of an ISO 3166-2 code."""
    return None if re.fullmatch("[A-Z0-9]{1,3}", text) else "is no region code: write the part after the dash of ISO 3166-2, such as MD"


def currency(text: str) -> str | None:
    """ISO 4217 code of a currency."""
    return None if re.fullmatch("[A-Z]{3}", text) and is_currency(text) else "is no currency code such as EUR"


def day(text: str) -> str | None:
    """A day, as 2026-11-28."""
    complaint = "is no date: write year-month-day, such as 2026-11-28"
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return complaint
    try:
        date.fromisoformat(text)
    except ValueError:
        return complaint
    return None


@cache
def locale(text: str) -> str | None:
    """A language tag babel has data for, such as es or zh."""
    complaint = "is no language code such as es, ar or zh"
    if not re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}", text):
        return complaint
    try:
        Locale.parse(text, sep="-")
    except (UnknownLocaleError, ValueError):
        return complaint
    return None


language = _matches(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}", "is no language code such as es, ar or zh")


def time_zone(text: str) -> str | None:
    """A time zone of the IANA list."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        return "is no time zone such as Europe/Madrid"
    return None


def url(text: str) -> str | None:
    """A web address with http or https and a host; no name and password in it."""
    complaint = "is no web address: it must begin with https:// or http:// and name a site"
    if re.search(r"[\s<>\"{}|\\^`]", text) or UNSEEN.search(text):
        return "is no web address: it holds a space or another sign that cannot stand there"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return complaint
    good = parts.scheme in ("http", "https") and host and HOST.fullmatch(host) and "@" not in parts.netloc
    return None if good else complaint


def email(text: str) -> str | None:
    """A plausible e-mail address."""
    user, _, host = text.partition("@")
    good = re.fullmatch(r"[\w.+-]{1,64}", user) and HOST.fullmatch(host)
    return None if good else "is no e-mail address"


def phone(text: str) -> str | None:
    """A telephone number in international form, valid for its country by libphonenumber."""
    if short_number(text) is None:
        return "is a short number: write short: instead of phone:"
    if not re.fullmatch(r"\+[0-9][0-9 ]{5,24}", text):
        return "must be international: +, country code, number, such as +34 914 800 010"
    try:
        good = phonenumbers.is_valid_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        good = False
    return None if good else "is no valid telephone number of its country"


def hours(text: str) -> str | None:
    """Opening hours in OpenStreetMap syntax."""
    if len(text) > MAX_HOURS:
        return f"must be at most {MAX_HOURS} characters"
    return None if validate(text) else "are no opening hours such as: Mo-Fr 09:00-14:00; Sa 10:00-13:00"


def known_short(text: str, region: str) -> bool:
    """Tell whether libphonenumber knows this short number in the country."""
    return phonenumbers.is_valid_short_number_for_region(phonenumbers.parse(text, region), region)


SAYS: Mapping[Check, str] = {  # what the checks without words of their own want
    slug: "small letters, digits and hyphens",
    name: "small letters, digits and _",
    entry_id: "an entry id such as egov.nie",
    short_number: "3 to 6 digits, as people dial them",
    number: "digits, with a point before decimals",
    signed: "degrees, with a point before decimals",
    money: "an amount such as 10.50, without a currency sign",
    digits: "a whole number",
    fingerprint: "the 12 characters that `dragoman check` names",
    language: "a language code such as es, ar or zh",
}
