"""The terminal as a channel: one contact, lines in, lines out; for `dragoman chat` and for trying a change of the knowledge."""

from __future__ import annotations

import asyncio
import itertools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TextIO

from starlette.routing import BaseRoute

from bot.channels import Capabilities, Host, Parcel
from bot.errors import ChannelRejected
from bot.model import (
    COMMANDS,
    MAX_TEXT,
    Block,
    CommandReceived,
    ContactRef,
    Event,
    FactTable,
    Heading,
    Incoming,
    Listing,
    Message,
    Note,
    Run,
    Runs,
    TextReceived,
)

_CONTACT = ContactRef("terminal", "here")
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_UNMEANT = ("Cc", "Cs")  # control characters and halves of surrogate pairs: no word holds them, and the store could not keep them
# What is not printable by itself and yet belongs to a text: line ends, joiners, and marks of direction that end by themselves.
_MARKS = "\n\t\u200c\u200d\u200e\u200f\u2066\u2067\u2068\u2069"


class ConsoleChannel:
    """Reads lines (a line that begins with / is a command) and writes messages with their options numbered."""

    name = "terminal"
    capabilities = Capabilities(max_options=None, max_text=None, shared_device=False, location=False)

    def __init__(self, out: TextIO, clock: Callable[[], datetime], locale_hint: str | None = None) -> None:
        self._out, self._clock, self._hint = out, clock, locale_hint
        self._numbers = itertools.count(1)
        self._colour = out.isatty()
        self._host: Host | None = None

    async def start(self, host: Host) -> None:
        """Remember where lines go."""
        self._host = host

    def routes(self) -> Sequence[BaseRoute]:
        """Return no routes."""
        return ()

    def split(self, message: Message) -> tuple[Message, ...]:
        """Return the message whole: a terminal has no limit."""
        return (message,)

    async def feed(self, line: str) -> None:
        """Hand one typed line to the service; empty lines are nothing."""
        line = "".join(char for char in line if unicodedata.category(char) not in _UNMEANT or char == "\t").strip()
        if self._host is not None and line:
            event = self._event(line)
            await self._host.accept([Incoming(_CONTACT, str(next(self._numbers)), event)])

    def _event(self, line: str) -> Event:
        name, _, argument = line[1:].partition(" ")
        if line.startswith("/") and name.lower() in COMMANDS:
            return CommandReceived(name=name.lower(), argument=argument.strip(), at=self._clock(), locale_hint=self._hint)
        return TextReceived(text=line[:MAX_TEXT], at=self._clock(), locale_hint=self._hint)

    async def send(self, parcel: Parcel) -> str | None:
        """Write one message; what was written cannot be taken back here."""
        text = "\n".join(self._lines(parcel.message))
        if text:
            await asyncio.to_thread(self._write, text)
        return None

    async def fetch(self, key: str) -> bytes:
        """Refuse: no files are sent here."""
        raise ChannelRejected("console: no files")

    def _write(self, text: str) -> None:
        self._out.write(text + "\n\n")
        self._out.flush()

    def _lines(self, message: Message) -> Iterator[str]:
        if message.author_name:
            yield _visible(f"{message.author_name}:")
        for block in message.blocks:
            yield from self._block_lines(block)
        for venue in message.venues:
            yield _visible(f"📍 {venue.name}, {venue.address}")
        if message.document:
            yield _visible(message.document.text)
        if message.attachment:
            yield _visible(f"📎 {message.attachment.name or message.attachment.kind}")
        if message.original:
            yield _visible(f"({message.original})")
        for number, option in enumerate(message.options, 1):
            yield _visible(f"  [{number}] {option.label}" + (f" <{option.url}>" if option.url else ""))

    def _block_lines(self, block: Block) -> Iterator[str]:
        if isinstance(block, Heading):
            yield self._styled(_BOLD, _plain(block.runs))
        elif isinstance(block, Listing):
            for number, item in enumerate(block.items, 1):
                yield (f"{number}. " if block.ordered else "☐ " if block.boxes else "• ") + _plain(item)
        elif isinstance(block, FactTable):
            for label, runs in block.rows:
                yield f"{_visible(label)}: {_plain(runs)}"
        elif isinstance(block, Note):
            yield self._styled(_DIM, _plain(block.runs))
        else:
            yield _plain(block.runs)

    def _styled(self, style: str, text: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._colour else text

    async def stop_receiving(self) -> None:
        """Take no further lines."""
        self._host = None

    async def close(self) -> None:
        """Hold nothing open."""


def _plain(runs: Runs) -> str:
    """Write runs as text, with the address of a link where the text does not say it."""
    return _visible("".join(run.text if _says_address(run) else f"{run.text} <{run.url}>" for run in runs))


def _says_address(run: Run) -> bool:
    written = "".join(run.text.split())
    return not run.url or run.url in (written, f"https://{written}", f"tel:{written}", f"mailto:{written}")


def _visible(text: str) -> str:
    """Leave out control characters, which could drive the terminal, and halves of surrogate pairs, which no encoding can write."""
    return "".join(char for char in text if char in _MARKS or char.isprintable())
