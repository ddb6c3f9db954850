"""One suite for every channel. A channel joins by adding a rig to channel_rigs.RIGS: how a person writes, presses and looks there."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.channels import Parcel
from bot.errors import Overloaded, StoreError
from bot.model import (
    MAX_TEXT,
    ButtonPressed,
    CommandReceived,
    Document,
    FactTable,
    Heading,
    Incoming,
    Listing,
    Message,
    Note,
    Option,
    Paragraph,
    Run,
    TextReceived,
    Venue,
)
from tests.contracts.channel_rigs import RIGS, Feature, Rig, having


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with RIGS[request.param].open() as rig:
        yield rig


def needs(feature: Feature) -> pytest.MarkDecorator:
    """Run a test on the channels whose platform has a feature."""
    return pytest.mark.parametrize("rig", having(feature), indirect=True)


_ids = itertools.count(1)


async def send(rig: Rig, message: Message, token: str = "tok3n", *earlier: str) -> list[str | None]:
    """Send every piece to the person who wrote first; returns what the platform calls each."""
    contact = rig.host.accepted[0].contact
    pieces = rig.channel.split(message)
    return [await rig.channel.send(Parcel(contact, next(_ids), token, piece, uncertain=False, earlier=earlier)) for piece in pieces]


async def written(rig: Rig, *texts: str) -> list[Incoming]:
    """Let the person write and wait until all of it is kept."""
    for text in texts:
        await rig.write(text)
    return await rig.host.wait(len(texts), timeout_s=10)


def text(content: str, *labels: str, locale: str = "es") -> Message:
    return Message(locale, (Paragraph((Run(content),)),), tuple(Option(f"id-{label}", label) for label in labels))


LINES = "dos\nlíneas"
ODD_TEXTS = [
    "hola",
    "كيف أحصل على رقم NIE؟",
    "<b>no</b> & <a href='x'>",
    "👨\u200d👩\u200d👧 😀",
    "a\u202eb\u2066c",
    "*_`[x](y)",
    "ب\u200cپ",
    "1",
]


async def test_texts_arrive_as_written_in_order_with_ids_of_their_own(rig: Rig) -> None:
    incoming = await written(rig, *ODD_TEXTS)
    events = [item.event for item in incoming]
    assert [event.text for event in events if isinstance(event, TextReceived)] == ODD_TEXTS
    assert len({item.external_id for item in incoming}) == len(ODD_TEXTS)
    assert {item.contact for item in incoming} == {incoming[0].contact}
    assert incoming[0].contact.channel == rig.channel.name
    assert all(event.at.utcoffset() is not None for event in events)


async def test_commands_arrive_without_slash_and_in_lower_case(rig: Rig) -> None:
    incoming = await written(rig, "/Menu", "/start e_madrid_egov_nie", "/nonsense")
    first, second, third = [item.event for item in incoming]
    assert isinstance(first, CommandReceived)
    assert isinstance(second, CommandReceived)
    assert (first.name, second.name, second.argument) == ("menu", "start", "e_madrid_egov_nie")
    assert isinstance(third, TextReceived)


async def test_a_text_without_end_is_cut(rig: Rig) -> None:
    (incoming,) = await written(rig, "я" * (MAX_TEXT + 90))
    assert isinstance(incoming.event, TextReceived)
    assert incoming.event.text == "я" * MAX_TEXT


@needs("lines")
async def test_a_text_of_several_lines_stays_one_text(rig: Rig) -> None:
    (incoming,) = await written(rig, LINES)
    assert isinstance(incoming.event, TextReceived)
    assert incoming.event.text == LINES


@needs("repeats")
@pytest.mark.parametrize("refusal", [Overloaded(0.1), StoreError("disk full")], ids=["overloaded", "store"])
async def test_what_the_host_cannot_keep_comes_again(rig: Rig, refusal: Exception) -> None:
    rig.host.refusals = [refusal]
    (incoming,) = await written(rig, "por favor")
    assert isinstance(incoming.event, TextReceived)
    assert rig.host.calls >= 2


@pytest.mark.parametrize("content", [*ODD_TEXTS, LINES])
async def test_a_message_is_seen_as_meant(rig: Rig, content: str) -> None:
    await written(rig, "hola")
    await send(rig, text(content))
    (seen,) = await rig.seen(1)
    assert seen.replace("\u202e", "") == content.replace("\u202e", "")


async def test_every_kind_of_block_is_seen(rig: Rig) -> None:
    await written(rig, "hola")
    phone = Run("+34 916 648 100", isolate=True, url="tel:+34916648100")
    blocks = (
        Heading((Run("título"),)),
        Paragraph((Run("párrafo"),)),
        Listing(((Run("primero"),), (Run("segundo"),)), ordered=True),
        FactTable((("Teléfono", (phone,)),)),
        Note((Run("fuente", url="https://example.org"),)),
    )
    await send(
        rig, Message("ar", blocks, venues=(Venue("Oficina", "Plaza 1", 40.3, -3.8),), document=Document("d.json", "application/json", "{}"))
    )
    pieces = rig.channel.split(Message("ar", blocks, venues=(Venue("Oficina", "Plaza 1", 40.3, -3.8),)))
    shown = "\n".join(await rig.seen(len(pieces)))
    for part in ("título", "párrafo", "primero", "segundo", "Teléfono", "+34 916 648 100", "fuente", "Oficina"):
        assert part in shown


@needs("buttons")
async def test_a_press_comes_back_as_token_and_place(rig: Rig) -> None:
    await written(rig, "hola")
    await send(rig, text("uno", "Salud", "Vivienda"), "first_1")
    await send(rig, text("dos", "صحة", "Volver"), "second-2")
    await rig.seen(2)
    await rig.press("Volver")
    await rig.host.wait(2)
    await rig.press("Salud")
    incoming = await rig.host.wait(3)
    presses = [item.event for item in incoming if isinstance(item.event, ButtonPressed)]
    assert [(press.token, press.index) for press in presses] == [("second-2", 1), ("first_1", 0)]
    assert incoming[1].contact == incoming[0].contact


@needs("ids")
async def test_what_was_sent_can_be_corrected_and_taken_back_by_its_id(rig: Rig) -> None:
    await written(rig, "hola")
    first, second = [*await send(rig, text("el lunes")), *await send(rig, text("otra cosa"))]
    assert first is not None
    assert second not in (None, first)
    (kept,) = await send(rig, replace(text("el martes"), edits=True), "tok3n", first)
    assert kept == first
    assert await rig.seen(2) == ["el martes", "otra cosa"]
    await send(rig, Message("es", withdraws=True), "tok3n", first)
    assert await rig.seen(1) == ["otra cosa"]


async def test_split_is_pure_and_keeps_text_options_and_order(rig: Rig) -> None:
    sentence = "Una frase que se entiende sola. "
    message = text(sentence * 700, "Sí", "No")
    pieces = rig.channel.split(message)
    assert pieces == rig.channel.split(message)
    assert [piece.options for piece in pieces] == [()] * (len(pieces) - 1) + [message.options]
    runs = [run.text for piece in pieces for block in piece.blocks if isinstance(block, Paragraph) for run in block.runs]
    assert "".join(runs) == sentence * 700
    assert all(rig.channel.split(piece) == (piece,) for piece in pieces)
    limit = rig.channel.capabilities.max_text
    assert limit is None or all(len(run) <= limit for run in runs)


async def test_a_short_message_is_one_piece(rig: Rig) -> None:
    assert rig.channel.split(text("hola", "Sí")) == (text("hola", "Sí"),)


@needs("buttons")
async def test_as_many_options_as_promised_are_shown(rig: Rig) -> None:
    await written(rig, "hola")
    count = rig.channel.capabilities.max_options or 40
    await send(rig, text("elige", *(f"opción {number}" for number in range(count))))
    await rig.seen(1)
    await rig.press(f"opción {count - 1}")
    incoming = await rig.host.wait(2)
    assert isinstance(incoming[1].event, ButtonPressed)
    assert incoming[1].event.index == count - 1


async def test_after_stopping_nothing_comes_in_and_messages_still_go_out(rig: Rig) -> None:
    await written(rig, "hola")
    await rig.channel.stop_receiving()
    with contextlib.suppress(OSError):
        await rig.write("demasiado tarde")
    await asyncio.sleep(0.1)
    assert len(rig.host.accepted) == 1
    await send(rig, text("adiós"))
    assert (await rig.seen(1))[-1] == "adiós"
    await rig.channel.stop_receiving()
    await rig.channel.close()
    await rig.channel.close()
