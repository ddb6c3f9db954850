"""What is special to the terminal: numbers for buttons, addresses in brackets, and nothing that could drive the terminal."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from bot.channels import Parcel
from bot.channels.console import ConsoleChannel
from bot.model import (
    CommandReceived,
    ContactRef,
    Document,
    FactTable,
    Heading,
    Listing,
    Message,
    Note,
    Option,
    Paragraph,
    Run,
    TextReceived,
    Venue,
)
from tests.channels.hosts import MemoryHost

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


class Screen(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


async def shown(message: Message, out: io.StringIO | None = None) -> str:
    """Return what is written for a message."""
    paper = out or io.StringIO()
    await ConsoleChannel(paper, lambda: NOW).send(Parcel(ContactRef("terminal", "here"), 1, "t", message, uncertain=False))
    return paper.getvalue()


def says(*runs: Run) -> Message:
    return Message("en", (Paragraph(runs),))


async def heard(*lines: str, locale: str | None = None) -> MemoryHost:
    """Type lines; returns the host with what it was handed."""
    host = MemoryHost()
    channel = ConsoleChannel(io.StringIO(), lambda: NOW, locale)
    await channel.start(host)
    for line in lines:
        await channel.feed(line)
    return host


# ---------------------------------------------------------------- what is written


async def test_options_are_numbered_from_one_and_links_show_their_address() -> None:
    options = (Option("a", "Health"), Option("b", "Work"), Option("c", "Map", url="https://map.example/x"))
    written = await shown(Message("en", (Paragraph((Run("Choose"),)),), options))
    assert written == "Choose\n  [1] Health\n  [2] Work\n  [3] Map <https://map.example/x>\n\n"


@pytest.mark.parametrize(
    ("text", "url", "written"),
    [
        ("the form", "https://a.example/form", "the form <https://a.example/form>"),
        ("https://a.example", "https://a.example", "https://a.example"),
        ("a.example/x", "https://a.example/x", "a.example/x"),
        ("112", "tel:112", "112"),
        ("+34 916 648 100", "tel:+34916648100", "+34 916 648 100"),
        ("the office", "tel:+34916648100", "the office <tel:+34916648100>"),
        ("a@b.example", "mailto:a@b.example", "a@b.example"),
        ("plain", None, "plain"),
    ],
)
async def test_an_address_is_shown_once(text: str, url: str | None, written: str) -> None:
    assert await shown(says(Run("See "), Run(text, url=url))) == f"See {written}\n\n"


DANGEROUS = "a\x1b[2Jb\x07c\x9b31md\re\x00f\x7fg\u202eh\ud800i\u2028j"
HARMLESS = "a[2Jbc31mdefghij"


async def test_nothing_can_drive_the_terminal() -> None:
    run = Run(DANGEROUS)
    blocks = (
        Heading((run,)),
        Paragraph((run,)),
        Listing(((run,),)),
        FactTable(((DANGEROUS, (run,)),)),
        Note((Run("x", url=f"https://{DANGEROUS}"),)),
    )
    venue = Venue(DANGEROUS, DANGEROUS, 40.0, -3.0)
    option = Option("id", DANGEROUS, url=f"https://{DANGEROUS}")
    message = Message("en", blocks, (option,), (venue,), Document("d.json", "application/json", DANGEROUS))
    written = await shown(message)
    assert written.count(HARMLESS) == 11
    assert all(char == "\n" or char.isprintable() for char in written)
    written.encode()


async def test_joiners_and_marks_that_end_by_themselves_stay() -> None:
    for text in ("ب\u200cپ", "👨\u200d👩\u200d👧", "\u2068+34 916\u2069", "\u200fنعم", "dos\nlíneas\tx"):
        assert await shown(says(Run(text))) == f"{text}\n\n"


async def test_lists_tables_and_headings_are_laid_out() -> None:
    items = ((Run("one"),), (Run("two"),))
    lists = (Listing(items), Listing(items, ordered=True), Listing(items, boxes=True))
    blocks = (Heading((Run("T"),)), *lists, FactTable((("Cost", (Run("free"),)),)), Note((Run("n"),)))
    assert await shown(Message("en", blocks)) == "T\n• one\n• two\n1. one\n2. two\n☐ one\n☐ two\nCost: free\nn\n\n"


async def test_styles_only_on_a_terminal() -> None:
    message = Message("en", (Heading((Run("T\x1b[2J"),)), Note((Run("n"),))))
    assert await shown(message, Screen()) == "\x1b[1mT[2J\x1b[0m\n\x1b[2mn\x1b[0m\n\n"
    assert "\x1b" not in await shown(message)


# ---------------------------------------------------------------- what is typed


async def test_commands_are_told_from_texts() -> None:
    host = await heard("/city  Madrid \n", "/MENU\n", "/nonsense x\n", "/\n", "menu\n")
    assert host.events == [
        CommandReceived(name="city", argument="Madrid", at=NOW),
        CommandReceived(name="menu", at=NOW),
        TextReceived(text="/nonsense x", at=NOW),
        TextReceived(text="/", at=NOW),
        TextReceived(text="menu", at=NOW),
    ]


async def test_nothing_typed_is_nothing() -> None:
    assert (await heard("\n", "  \t \n", "", "\x00\x1b\n")).calls == 0


async def test_what_the_keyboard_cannot_mean_is_left_out() -> None:
    host = await heard("ho\udc80la\x1b[A\n", locale="es")
    assert host.events == [TextReceived(text="hola[A", at=NOW, locale_hint="es")]


async def test_the_same_line_twice_is_two_events() -> None:
    host = await heard("1\n", "1\n")
    assert len(host.accepted) == 2
    assert {item.contact for item in host.accepted} == {ContactRef("terminal", "here")}


async def test_a_stopped_terminal_hears_nothing() -> None:
    host = MemoryHost()
    channel = ConsoleChannel(io.StringIO(), lambda: NOW)
    await channel.feed("too early\n")
    await channel.start(host)
    await channel.stop_receiving()
    await channel.feed("too late\n")
    assert host.calls == 0
    assert channel.routes() == ()
