"""From our message to lines of text with one platform's marks for bold, small print and links. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from bot.model import Block, FactTable, Heading, Listing, Message, Note, Option, Paragraph, Run, Runs

ALERT_SIGN: Final = "🚨"
SHARE_PLACE: Final = "📎 → 📍"  # a message takes one keyboard: with buttons under it, the way to share a place is shown in the text
NAME_LENGTH: Final = 64
MACHINE: Final = "🌐"  # stands for "machine translation" where nobody has said it in the reader's language

_RLM, _FSI, _RLI, _PDI = "\u200f", "\u2068", "\u2067", "\u2069"
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff]")
# What could turn a name or file name round, or hide in it.
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
# Telegram turns control characters into spaces and drops U+2028-202E (tdlib/td misc.cpp, clean_input_string); we do the same beforehand.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f\u2028-\u202e\ud800-\udfff]")  # whether any of it is there: nearly never
_DROPPED = re.compile("\r(?=\n)|[\u2028-\u202e]")


@dataclass(frozen=True, slots=True)
class Marks:
    """How a platform writes what stands out. `alone` tells `bold` that no letter touches the stretch on either side.

    `link` writes a text that opens an address; None where addresses must stand beside the text."""

    escape: Callable[[str], str]
    bold: Callable[[str, bool], str]
    small: Callable[[str], str]
    link: Callable[[str, str], str] | None = None


PLAIN: Final = Marks(escape=lambda text: text, bold=lambda text, _alone: text, small=lambda text: text)


def render(message: Message, marks: Marks = PLAIN, *, with_addresses: bool = True) -> str:
    """Write the text of a message; empty where there is nothing to read.

    Where the marks have no links the address of one follows in brackets, unless `with_addresses` is off."""
    rtl = message.direction == "rtl"
    parts: list[str] = []
    for runs, is_note in _paragraphs(message):
        text = "\n".join(_line(line, marks, rtl, with_addresses) for line in _lines(runs))
        if text.strip():
            parts.append(marks.small(text) if is_note else text)
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


def signature(message: Message, machine: str) -> str:
    """Return the name a message is signed with; a translation says that it is one."""
    if message.author != "translation" or not message.original:
        return message.author_name
    mark = f" · {machine}" if message.author_name else machine
    return f"{plain_name(message.author_name)[: NAME_LENGTH - len(mark)]}{mark}"


def original(message: Message) -> tuple[Block, ...]:
    """Return what was said before it was translated, as small print."""
    return (Note((Run("↳ "), Run(message.original, isolate=True))),) if message.original else ()


def as_lines(options: Sequence[Option], keeps: Callable[[Option], bool]) -> tuple[tuple[Option, ...], tuple[Block, ...]]:
    """Part options into those a platform has a button for and lines of text for the others, which link somewhere."""
    kept = tuple(option for option in options if keeps(option))
    others = (option for option in options if not keeps(option))
    return kept, tuple(Paragraph((Run(f"{option.label}: "), Run(_shown(option.url or ""), isolate=True))) for option in others)


def _shown(url: str) -> str:
    return web_address(url) or dialled(url)


def text_length(text: str) -> int:
    """Count UTF-16 units, of which a text never has fewer than letters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_language(words: Mapping[str, str], locale: str) -> str | None:
    """Return what stands for a locale, else for its language; None where there is neither."""
    return words.get(locale) or words.get(locale.partition("-")[0])


def plain_name(name: str) -> str:
    """Make a name safe to show: one line, no marks that turn text round, not endless."""
    return clean(_DIRECTION_MARKS.sub("", name)).replace("\n", " ").strip()[:NAME_LENGTH]


def clean(text: str) -> str:
    """Replace what no platform shows: control characters, and halves of surrogate pairs."""
    if not _ODD.search(text):
        return text
    return _CONTROLS.sub(" ", _DROPPED.sub("", unbroken(text)))


def unbroken(text: str) -> str:
    """Replace halves of surrogate pairs: they can be written in JSON but in no encoding."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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


def _line(line: list[Run], marks: Marks, rtl: bool, with_addresses: bool) -> str:
    parts = [_run(run, marks, rtl, with_addresses, _is_alone(line[at - 1 : at], line[at + 1 : at + 2])) for at, run in enumerate(line)]
    text = "".join(parts)
    return _RLM + text if rtl and _starts_left_to_right("".join(run.text for run in line)) else text


def _is_alone(before: Sequence[Run], after: Sequence[Run]) -> bool:
    """Tell whether no letter or digit touches what stands between two runs, or the ends of a line."""
    return not any(edge.isalnum() for edge in (*(run.text[-1:] for run in before), *(run.text[:1] for run in after)))


def _starts_left_to_right(line: str) -> bool:
    """Tell whether a Latin word or a number opens the line, which would turn a whole right-to-left line round."""
    first = next((letter for letter in line if letter.isalnum()), "")
    return bool(first) and unicodedata.bidirectional(first) in ("L", "EN", "AN")


def _run(run: Run, marks: Marks, rtl: bool, with_addresses: bool, is_alone: bool) -> str:
    if not run.text.strip():
        return run.text  # formatting around nothing would pass for a text
    text = marks.escape(run.text)
    url = web_address(run.url)
    if url and marks.link:
        text = marks.link(text, url)
    elif url and with_addresses and _is_part_of(run.text, url):
        text = marks.escape(url)
    elif run.url and (not url or with_addresses):
        text += _address_beside(run.url if url else dialled(run.url), run.text, marks)
    if run.isolate and rtl:
        text = f"{_RLI if _RIGHT_TO_LEFT.search(run.text) else _FSI}{text}{_PDI}"  # also where it begins with a Latin word
    return marks.bold(text, is_alone) if run.bold else text


def _address_beside(address: str, text: str, marks: Marks) -> str:
    """Add an address in brackets, unless the text shows it already; apps make numbers and e-mail addresses touchable by themselves."""
    shown, wanted = _bare(text), _bare(address)
    if not wanted or wanted in shown or (len(shown) >= 3 and shown.isdigit() and wanted.endswith(shown)):  # "112", or without the country
        return ""
    return f" ({marks.escape(address)})"


def _is_part_of(text: str, url: str) -> bool:
    """Tell whether a text is the beginning of an address, as it stands for links that can be pressed ("example.org/…")."""
    beginning = text.strip().removesuffix("…").rstrip("/")
    return bool(beginning) and url.partition("://")[2].removeprefix("www.").startswith(beginning.removeprefix("www."))


def _bare(address: str) -> str:
    return "".join(letter for letter in address.casefold() if letter.isalnum())


@lru_cache(maxsize=4096)
def web_address(url: str | None) -> str | None:
    """Return an address to make a link of: http or https with a host; else None."""
    if url is None:
        return None
    try:
        parts = urlsplit(clean(url).strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in ("http", "https") and parts.hostname else None


def dialled(url: str) -> str:
    """Return what a tel: or mailto: address stands for, which no message can link to; empty for other schemes."""
    scheme, _, rest = clean(url).strip().partition(":")
    return rest.partition("?")[0].replace("\n", " ") if scheme.lower() in ("tel", "mailto", "sms") else ""


def cut_label(label: str, length: int) -> str:
    """Cut a label to what a button shows, at a word where there is one."""
    label = " ".join(clean(label).split())
    if len(label) > length:
        head = label[: length - 1]
        label = (head[: head.rfind(" ")] if " " in head[length // 2 :] else head).rstrip() + "…"
    return label or "·"
