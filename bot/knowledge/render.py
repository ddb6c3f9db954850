"""Facts and words to runs and blocks in the reader's language; pure, by babel and phonenumbers.

Digits are Latin everywhere, in Arabic too: they are what people dial and type, what forms print and what the Maghreb writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlsplit

import phonenumbers
from babel import dates
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from bot.knowledge.hours import locale_of, ordinary_hours, place_state
from bot.knowledge.values import LINK, PLACEHOLDER
from bot.model import Block, Fact, Listing, Paragraph, Run, Runs

__all__ = ["format_date", "place_state", "render_fact", "render_inline", "render_text"]

DIGITS = "latn"
UNITS = {
    "age": "duration-year-person",
    "minutes": "duration-minute",
    "hours": "duration-hour",
    "days": "duration-day",
    "weeks": "duration-week",
    "months": "duration-month",
    "years": "duration-year",
}
AGES = {"zh": "{}岁"}  # babel 2.19 has the word for a span of years here, not for an age
DIALLED_AT_HOME = frozenset({PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.UAN})
LONGEST_ADDRESS = 40  # characters of a web address that are shown; the link is whole

# ---------------------------------------------------------------- facts


@lru_cache(maxsize=4096)
def render_fact(fact: Fact, locale: str, country: str) -> Run:
    """Show one fact in the reader's language; `country` is where they are.

    What is dialled, opened or copied is a link or stands in an isolate."""
    return RENDERERS[fact.kind](fact, locale, country)


def format_date(day: date, locale: str) -> str:
    """Write a day in full: "26 de febrero de 2026"."""
    return dates.format_date(day, "long", locale=locale_of(locale))


def _money(fact: Fact, locale: str, country: str) -> Run:
    amount = format_currency(Decimal(fact.value), fact.currency or "", locale=locale_of(locale), numbering_system=DIGITS)
    return Run(LETTER_BEFORE_DIGIT.sub("\\1\u00a0", amount.replace("EUR", "€")))


def _percent(fact: Fact, locale: str, country: str) -> Run:
    share = Decimal(fact.value) / 100
    return Run(format_percent(share, locale=locale_of(locale), decimal_quantization=False, numbering_system=DIGITS))


def _duration(fact: Fact, locale: str, country: str) -> Run:
    amount = Decimal(fact.value)
    if fact.kind == "age" and locale_of(locale).language in AGES:
        return Run(AGES[locale_of(locale).language].format(fact.value))
    return Run(format_unit(amount, UNITS[fact.kind], length="long", locale=locale_of(locale), numbering_system=DIGITS))


def _number(fact: Fact, locale: str, country: str) -> Run:
    return Run(format_decimal(Decimal(fact.value), locale=locale_of(locale), numbering_system=DIGITS))


def _date(fact: Fact, locale: str, country: str) -> Run:
    return Run(format_date(date.fromisoformat(fact.value), locale))


def _phone(fact: Fact, locale: str, country: str) -> Run:
    """Show numbers of the reader's country as people there write them; free and special lines are also dialled so."""
    number = phonenumbers.parse(fact.value)
    is_own = phonenumbers.region_code_for_number(number) == country
    text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if is_own else PhoneNumberFormat.INTERNATIONAL)
    if is_own and phonenumbers.number_type(number) in DIALLED_AT_HOME:
        return Run(text, url=f"tel:{re.sub('[^0-9]', '', text)}", isolate=True)
    return Run(text, url=f"tel:{phonenumbers.format_number(number, PhoneNumberFormat.E164)}", isolate=True)


def _short(fact: Fact, locale: str, country: str) -> Run:
    return Run(fact.value, url=f"tel:{fact.value}", isolate=True)


def _url(fact: Fact, locale: str, country: str) -> Run:
    return Run(shown_address(fact.value), url=fact.value, isolate=True)


def _email(fact: Fact, locale: str, country: str) -> Run:
    return Run(fact.value, url=f"mailto:{fact.value}", isolate=True)


def _text(fact: Fact, locale: str, country: str) -> Run:
    return Run(fact.value, isolate=True)


def _hours(fact: Fact, locale: str, country: str) -> Run:
    return Run(ordinary_hours(fact.value, locale), isolate=True)


Renderer = Callable[[Fact, str, str], Run]
RENDERERS: Mapping[str, Renderer] = {
    "money": _money,
    "percent": _percent,
    "number": _number,
    "date": _date,
    "phone": _phone,
    "short": _short,
    "url": _url,
    "email": _email,
    "text": _text,
    "hours_open": _hours,
    **dict.fromkeys(UNITS, _duration),
}


def shown_address(url: str) -> str:
    """Shorten a web address to what people recognise: the site and, where there is room, the path."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    path = parts.path.rstrip("/")
    more = "…" if parts.query or parts.fragment else ""
    whole = host + path + more
    return whole if len(whole) <= LONGEST_ADDRESS else f"{host}/…"


# ---------------------------------------------------------------- words

ITEM = re.compile(r"(?:- |(?P<number>[0-9]{1,2})\. )(?P<text>.*)")
LETTER_BEFORE_DIGIT = re.compile(r"([A-Za-z])(?=\d)")  # CLDR parts a currency code from its amount, babel does not (RON21.32)
TOKEN = re.compile(rf"(?P<bold>\*\*)|{LINK.pattern}|{PLACEHOLDER.pattern}")


def render_text(markdown: str, facts: Mapping[str, Fact], locale: str, country: str) -> tuple[Block, ...]:
    """Turn words into blocks and fill in the facts.

    The subset: paragraphs between empty lines, lists of lines beginning with "- " or "1. ", **bold**, [text](address) and {placeholder};
    everything else is plain text, and what a fact holds is never read as markup."""
    return tuple(
        Listing(tuple(render_inline(text, facts, locale, country) for text in texts), ordered=kind == "ordered")
        if kind != "plain"
        else Paragraph(render_inline(" ".join(texts), facts, locale, country))
        for kind, texts in _pieces(markdown)
    )


def render_inline(markdown: str, facts: Mapping[str, Fact], locale: str, country: str) -> Runs:
    """Turn one line of words into runs and fill in the facts."""
    return _merge(_runs(markdown.strip(), facts, locale, country))


def _pieces(markdown: str) -> list[tuple[str, list[str]]]:
    """Cut text into paragraphs (one text) and lists (a text for each item); a line that only goes on is joined to the one above."""
    pieces: list[tuple[str, list[str]]] = []
    after_gap = True
    for line in markdown.splitlines():
        kind, text = _kind_of(line)
        last = pieces[-1][0] if pieces else ""
        if kind == "plain" and text and not after_gap and (last == "plain" or line.startswith(" ")):
            pieces[-1][1][-1] += f" {text}"
        elif text and kind == last != "plain":
            pieces[-1][1].append(text)
        elif text:
            pieces.append((kind, [text]))
        after_gap = not text
    return pieces


def _kind_of(line: str) -> tuple[str, str]:
    item = ITEM.match(line)
    if item is None:
        return "plain", line.strip()
    return "ordered" if item["number"] else "bullets", item["text"].strip()


def _runs(markdown: str, facts: Mapping[str, Fact], locale: str, country: str) -> Iterator[Run]:
    bold, at = False, 0
    tokens = list(TOKEN.finditer(markdown))
    closing = sum(token["bold"] is not None for token in tokens) // 2 * 2  # a last unpaired ** is two asterisks
    for token in tokens:
        yield Run(markdown[at : token.start()], bold=bold)
        at = token.end()
        if token["bold"] and closing:
            bold, closing = not bold, closing - 1
        else:
            filled = _token_run(token, facts, locale, country)
            yield replace(filled, bold=True) if bold else filled
    yield Run(markdown[at:], bold=bold)


def _token_run(token: re.Match[str], facts: Mapping[str, Fact], locale: str, country: str) -> Run:
    _, label, target, name = token.groups()
    if name in facts:
        return render_fact(facts[name], locale, country)
    if label is None:
        return Run(token[0])
    placeholder = PLACEHOLDER.fullmatch(target)
    address = facts[placeholder[1]].value if placeholder and placeholder[1] in facts else target
    text = PLACEHOLDER.sub(lambda found: render_fact(facts[found[1]], locale, country).text if found[1] in facts else found[0], label)
    return Run(text.replace("**", ""), url=address if address.startswith(("https://", "http://")) else None)


def _one_full_stop(runs: Iterable[Run]) -> Iterator[Run]:
    """Drop the full stop after a fact that ends with one ("31. 12. 2027." closes a sentence by itself)."""
    before = ""
    for run in runs:
        if before.endswith(".") and run.text.startswith(".") and not run.text.startswith(".."):
            run = replace(run, text=run.text[1:])  # the rest of the sentence
        before = run.text or before
        yield run


def _merge(runs: Iterable[Run]) -> Runs:
    """Join neighbours that look alike and drop empty ones; facts stay by themselves."""
    merged: list[Run] = []
    runs = _one_full_stop(runs)
    for (bold, is_plain), group in groupby(
        (run for run in runs if run.text), key=lambda run: (run.bold, run.url is None and not run.isolate)
    ):
        if is_plain:
            merged.append(Run("".join(run.text for run in group), bold=bold))
        else:
            merged.extend(group)
    return tuple(merged)
