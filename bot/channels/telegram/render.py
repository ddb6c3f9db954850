"""From our message to Telegram's HTML and keyboards. Pure; every inserted value is escaped, so no text can break the formatting."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove

from bot.errors import ChannelRejected
from bot.model import Block, FactTable, Heading, Listing, Message, Note, Option, Run, Runs

Markup = Literal["html", "plain"]

ALERT_SIGN: Final = "🚨"
HERE: Final = "👇"  # stands for the text of a message that has only buttons
SHARE_PLACE: Final = "📎 → 📍"  # a message takes one keyboard: with buttons under it, the way to share a place is shown in the text
PLACE_BUTTON: Final = "📍"
NAME_LENGTH: Final = 64

# Limits of the Bot API (telegram.constants InlineKeyboardButtonLimit and InlineKeyboardMarkupLimit, read November 2025)
MAX_CALLBACK_BYTES: Final = 64
MAX_BUTTONS: Final = 100
LABEL_LENGTH: Final = 64
SHORT_LABEL: Final = 18  # two such labels fit beside each other on a small phone

_RLM, _FSI, _RLI, _PDI = "\u200f", "\u2068", "\u2067", "\u2069"
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff]")
# What could turn a name or file name round, or hide in it.
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
# Telegram turns control characters into spaces and drops U+2028-202E (tdlib/td misc.cpp, clean_input_string); we do the same beforehand.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f\u2028-\u202e\ud800-\udfff]")  # whether any of it is there: nearly never
_DROPPED = re.compile("\r(?=\n)|[\u2028-\u202e]")


# ---------------------------------------------------------------- text


def render(message: Message, markup: Markup = "html", *, with_addresses: bool = True) -> str:
    """Write the text of a message; empty where there is nothing to read.

    In "plain" the address of a link follows in brackets, unless `with_addresses` is off."""
    rtl = message.direction == "rtl"
    parts: list[str] = []
    for runs, is_note in _paragraphs(message):
        text = "\n".join(_line(line, markup, rtl, with_addresses) for line in _lines(runs))
        if text.strip():
            parts.append(f"<i>{text}</i>" if is_note and markup == "html" else text)
    return "\n\n".join(parts)


def _paragraphs(message: Message) -> list[tuple[Runs, bool]]:
    """Return what stands apart, with whether it is small print: who speaks or the alert sign, the blocks, how to share a place."""
    parts = [(block_runs(block), isinstance(block, Note)) for block in message.blocks]
    opening = _opening(message)
    if opening:
        first, is_note = parts[0] if parts else ((), False)
        parts[:1] = [((*opening, *first), is_note)]
    if message.ask_location and message.options:
        parts.append(((Run(SHARE_PLACE),), False))
    return parts


def _opening(message: Message) -> Runs:
    alert = (Run(f"{ALERT_SIGN} "),) if message.alert else ()
    name = plain_name(message.author_name)
    return (*alert, Run(f"{name}:\n", bold=True)) if name and message.author != "bot" else alert


def block_runs(block: Block) -> Runs:
    """Lay a block out as runs; line breaks stand inside the texts."""
    match block:
        case Heading():
            return tuple(replace(run, bold=True) for run in block.runs)
        case Listing():
            marks = (f"{number}. " if block.ordered else "☐ " if block.boxes else "• " for number in range(1, len(block.items) + 1))
            return _joined((Run(mark), *item) for mark, item in zip(marks, block.items, strict=True))
        case FactTable():
            return _joined((Run(f"{label}:", bold=True), Run(" "), *value) for label, value in block.rows)
        case _:
            return block.runs


def _joined(lines: Iterable[Runs]) -> Runs:
    runs: list[Run] = []
    for line in lines:
        runs += [Run("\n"), *line] if runs else line
    return tuple(runs)


def plain_name(name: str) -> str:
    """Make a name safe to show: one line, no marks that turn text round, not endless."""
    return clean(_DIRECTION_MARKS.sub("", name)).replace("\n", " ").strip()[:NAME_LENGTH]


def clean(text: str) -> str:
    """Replace what Telegram would replace itself: control characters, and halves of surrogate pairs."""
    if not _ODD.search(text):
        return text
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROLS.sub(" ", _DROPPED.sub("", text))


def _lines(runs: Runs) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    for run in runs:
        cleaned = clean(run.text)
        if cleaned is run.text and "\n" not in cleaned:
            lines[-1].append(run)
            continue
        first, *more = cleaned.split("\n")
        lines[-1].append(replace(run, text=first))
        lines += [[replace(run, text=text)] for text in more]
    return lines


def _line(line: list[Run], markup: Markup, rtl: bool, with_addresses: bool) -> str:
    text = "".join(_run(run, markup, rtl, with_addresses) for run in line)
    return _RLM + text if rtl and _starts_left_to_right("".join(run.text for run in line)) else text


def _starts_left_to_right(line: str) -> bool:
    """Tell whether a Latin word or a number opens the line, which would turn a whole right-to-left line round."""
    first = next((letter for letter in line if letter.isalnum()), "")
    return bool(first) and unicodedata.bidirectional(first) in ("L", "EN", "AN")


def _run(run: Run, markup: Markup, rtl: bool, with_addresses: bool) -> str:
    if not run.text.strip():
        return run.text  # formatting around nothing would pass for a text
    text = html.escape(run.text) if markup == "html" else run.text
    url = web_address(run.url)
    if url and markup == "html":
        text = f'<a href="{html.escape(url)}">{text}</a>'
    elif run.url and (not url or with_addresses):
        text += _address_beside(run.url if url else dialled(run.url), run.text, markup)
    if run.isolate and rtl:
        text = f"{_RLI if _RIGHT_TO_LEFT.search(run.text) else _FSI}{text}{_PDI}"  # also where it begins with a Latin word
    return f"<b>{text}</b>" if run.bold and markup == "html" else text


def _address_beside(address: str, text: str, markup: Markup) -> str:
    """Add an address in brackets, unless the text shows it already; apps make numbers and e-mail addresses touchable by themselves."""
    shown, wanted = _bare(text), _bare(address)
    if not wanted or wanted in shown or (len(shown) >= 3 and shown.isdigit() and wanted.endswith(shown)):  # "112", or without the country
        return ""
    return f" ({html.escape(address) if markup == 'html' else address})"


def _bare(address: str) -> str:
    return "".join(letter for letter in address.casefold() if letter.isalnum())


@lru_cache(maxsize=4096)
def web_address(url: str | None) -> str | None:
    """Return an address Telegram makes a link of: http or https with a host; else None."""
    if url is None:
        return None
    try:
        parts = urlsplit(clean(url).strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in ("http", "https") and parts.hostname else None


def dialled(url: str) -> str:
    """Return what a tel: or mailto: address stands for, which Telegram allows no link to; empty for other schemes."""
    scheme, _, rest = clean(url).strip().partition(":")
    return rest.partition("?")[0].replace("\n", " ") if scheme.lower() in ("tel", "mailto", "sms") else ""


# ---------------------------------------------------------------- keyboards


def keyboard(message: Message, token: str) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove:
    """Make the keyboard of a message. Raises ChannelRejected past a limit of Telegram: that is a mistake of ours."""
    buttons = [button for index, option in enumerate(message.options) if (button := _button(option, f"{token}:{index}"))]
    if len(buttons) > MAX_BUTTONS:
        raise ChannelRejected(f"telegram: {len(buttons)} buttons under one message")
    if buttons:
        return InlineKeyboardMarkup(_rows(buttons, one_each=message.direction == "rtl"))
    if message.ask_location:
        share = KeyboardButton(PLACE_BUTTON, request_location=True)
        return ReplyKeyboardMarkup([[share]], resize_keyboard=True, one_time_keyboard=True)
    return ReplyKeyboardRemove()  # takes an unused place button away


def without_links(message: Message) -> Message:
    """Make link buttons unusable without moving the others from their places."""
    return replace(message, options=tuple(replace(option, url=option.url and "") for option in message.options))


def _button(option: Option, data: str) -> InlineKeyboardButton | None:
    label = short_label(option.label)
    if option.url is not None:
        url = web_address(option.url)
        return InlineKeyboardButton(label, url=url) if url else None
    if len(data.encode()) > MAX_CALLBACK_BYTES:
        raise ChannelRejected(f"telegram: button data of {len(data.encode())} bytes")
    return InlineKeyboardButton(label, callback_data=data)


def short_label(label: str) -> str:
    """Cut a label to what a button shows, at a word where there is one."""
    label = " ".join(clean(label).split())
    if len(label) > LABEL_LENGTH:
        head = label[: LABEL_LENGTH - 1]
        label = (head[: head.rfind(" ")] if " " in head[LABEL_LENGTH // 2 :] else head).rstrip() + "…"
    return label or "·"


def _rows(buttons: list[InlineKeyboardButton], *, one_each: bool) -> list[list[InlineKeyboardButton]]:
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        short = not one_each and len(button.text) <= SHORT_LABEL
        if short and rows and len(rows[-1]) == 1 and len(rows[-1][0].text) <= SHORT_LABEL:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows
