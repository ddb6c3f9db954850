"""What every test of a store needs: a clock to turn, people who write, and decisions to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.model import ContactRef, Event, Incoming, Message, Option, Paragraph, Run, TextReceived
from bot.store import Decide, Decision, Delivery, FindButton, Said, Sent, Snapshot, Store, open_store

SECRET = bytes(range(32))
START = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
AMINA = ContactRef("web", "amina-address")
BORIS = ContactRef("web", "boris-address")


class Clock:
    """A time that moves only when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def wrote(contact: ContactRef, external_id: str, text: str = "hello") -> Incoming:
    return Incoming(contact, external_id, TextReceived(text=text, at=START))


def happened(contact: ContactRef, external_id: str, event: Event) -> Incoming:
    return Incoming(contact, external_id, event)


def message(text: str, *option_ids: str, author: str = "bot") -> Message:
    options = tuple(Option(option_id, f"label of {option_id}") for option_id in option_ids)
    return Message("en", blocks=(Paragraph((Run(text),)),), options=options, author=author)  # type: ignore[arg-type]


def text_of(said: Message) -> str:
    block = said.blocks[0]
    assert isinstance(block, Paragraph)
    return block.runs[0].text


def saying(*texts: str, **changes: object) -> Decide:
    """Handle all that waits and say something."""

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        handled = tuple(item.id for item in snapshot.waiting)
        decision = Decision(snapshot.conversation, handled, said=tuple(Said(message(text)) for text in texts))
        return replace(decision, **changes)  # type: ignore[arg-type]

    return decide


def keeping(decision_of: Callable[[Snapshot], Decision]) -> Decide:
    return lambda snapshot, find_button: decision_of(snapshot)


async def meet(store: Store, contact: ContactRef, external_id: str = "first") -> str:
    """Let a contact write once; returns their id."""
    (contact_id,) = await store.accept([wrote(contact, external_id)])
    return contact_id


async def told(store: Store, contact: ContactRef, *texts: str, external_id: str = "first") -> tuple[str, Delivery]:
    """Let a contact write and be told something; returns their id and the first delivery."""
    contact_id = await meet(store, contact, external_id)
    (delivery,) = (await store.handle(contact_id, saying(*texts))).deliveries
    return contact_id, delivery


def texts_of(deliveries: Sequence[Delivery]) -> list[str]:
    return [text_of(delivery.message) for delivery in deliveries]


async def open_folder(folder: Path, clock: Callable[[], datetime], *, secret: bytes = SECRET, exclusive: bool = True) -> Store:
    return await open_store(f"sqlite:///{folder / 'dragoman.db'}", data_dir=folder, secret=secret, clock=clock, exclusive=exclusive)


async def snapshot_of(store: Store, contact_id: str) -> Snapshot:
    """Return a contact as stored, who must be there."""
    snapshot = await store.read(contact_id)
    assert snapshot is not None
    return snapshot


def raising(error: Exception) -> Decide:
    """Fail instead of deciding."""

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        raise error

    return decide


async def all_in_order(store: Store, delivery: Delivery | None) -> list[str]:
    """Send a delivery and all that follow it; returns their texts."""
    out: list[str] = []
    while delivery is not None:
        out.append(text_of(delivery.message))
        delivery = await store.settle(delivery, Sent())
    return out
