"""Nothing people write is readable in any file, and what is erased leaves no byte behind."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bot.model import ContactRef, Conversation, KeepQuestion, Message, Option, Paragraph, Run
from bot.store import HISTORY_HOURS, Decision, FindButton, Retry, Said, Sent, Snapshot, Store
from bot.store.gaps import QUESTION_DAYS
from tests.store.cases import AMINA, BORIS, SECRET, Clock, open_folder, saying, told, wrote

CANARY = ContactRef("whatsapp", "canary-address-34600111222")
SECRETS = (
    "canary-address",
    "34600111222",
    "canary-event-id",
    "canary-question",
    "canary-answer",
    "canary-option-id",
    "canary-option-label",
    "canary-data",
    "canary-name",
)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def found(folder: Path, needles: Iterable[bytes]) -> list[tuple[str, bytes]]:
    return [(name, needle) for name, content in files_of(folder).items() for needle in needles if needle in content]


def _decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
    where = Conversation(
        snapshot.conversation.contact_id,
        "whatsapp",
        state="plain-state",
        locale="ar",
        city="plain-city",
        data={"canary-data": "canary-data"},
        options=(("canary-option-id", "canary-option-label"),),
    )
    heard = Message("ar", author="contact", blocks=(Paragraph((Run("canary-question"),)),))
    reply = replace(heard, author="bot", author_name="canary-name", options=(Option("canary-option-id", "canary-option-label"),))
    answer = replace(reply, blocks=(Paragraph((Run("canary-answer"),)),))
    handled = tuple(item.id for item in snapshot.waiting)
    return Decision(where, handled, said=(Said(heard), Said(answer), Said(answer)))


async def _live(store: Store) -> str:
    """Leave every kind of trace: waiting and handled events, history, outbox, conversation."""
    (contact_id,) = await store.accept([wrote(CANARY, "canary-event-id-1", "canary-question")])
    (delivery,) = (await store.handle(contact_id, _decide)).deliveries
    await store.settle(delivery, Retry(60))
    await store.accept([wrote(CANARY, "canary-event-id-2", "canary-question again")])
    return contact_id


async def test_nothing_people_write_is_readable(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    await _live(store)
    needles = [secret.encode() for secret in SECRETS] + [SECRET, SECRET.hex().encode()]
    assert "dragoman.db-wal" in files_of(tmp_path)
    assert found(tmp_path, needles) == []
    assert found(tmp_path, [b"plain-city"]), "the search itself must be able to find something"
    await store.close()
    assert found(tmp_path, needles) == []
    assert found(tmp_path, [b"plain-city", b"plain-state"])


def traces_of(folder: Path, contact_id: str) -> list[bytes]:
    """Return every sealed or keyed value stored of a contact, the wrapped key and the id."""
    data, keys = sqlite3.connect(folder / "dragoman.db"), sqlite3.connect(folder / "keys.db")
    rows = [
        data.execute("SELECT address, address_hash FROM contacts WHERE id = ?", (contact_id,)),
        data.execute("SELECT data, recent FROM conversations WHERE contact_id = ?", (contact_id,)),
        data.execute("SELECT payload FROM messages WHERE contact_id = ?", (contact_id,)),
        data.execute("SELECT token FROM messages WHERE contact_id = ?", (contact_id,)),
        data.execute("SELECT payload FROM inbox WHERE contact_id = ?", (contact_id,)),
        keys.execute("SELECT wrapped FROM keys WHERE contact_id = ?", (contact_id,)),
    ]
    values = [value for cursor in rows for row in cursor for value in row]
    data.close()
    keys.close()
    return [value if isinstance(value, bytes) else str(value).encode() for value in values] + [contact_id.encode()]


async def test_an_erased_contact_leaves_no_byte(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    for number in range(30):  # neighbours on the same pages
        await told(store, ContactRef("web", str(number)), "hi", external_id=str(number))
    contact_id = await _live(store)
    traces = traces_of(tmp_path, contact_id)
    assert len(traces) == 13
    assert {needle for _, needle in found(tmp_path, traces)} == set(traces)
    (waiting,) = await store.claim(1) or (None,)
    assert waiting is None
    await store.handle(contact_id, saying(left=True, erase=True))
    assert found(tmp_path, traces) == []
    assert (await store.figures())["contacts"] == 30
    await store.close()
    assert found(tmp_path, traces) == []


async def test_a_reader_in_the_way_only_delays_the_scrubbing(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    contact_id = await _live(store)
    traces = traces_of(tmp_path, contact_id)
    reader = sqlite3.connect(tmp_path / "dragoman.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM contacts").fetchone()
    await store.handle(contact_id, saying(left=True, erase=True))
    assert found(tmp_path, traces)
    reader.execute("COMMIT")
    reader.close()
    await store.sweep()
    assert found(tmp_path, traces) == []
    await store.close()


async def test_a_silent_history_leaves_no_byte(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    contact_id, delivery = await told(store, AMINA, "hi", external_id="1")
    await store.settle(delivery, Sent())
    await told(store, BORIS, "waits", external_id="2")
    data = sqlite3.connect(tmp_path / "dragoman.db")
    traces = [bytes(row[0]) for row in data.execute("SELECT payload FROM messages WHERE contact_id = ?", (contact_id,))]
    data.close()
    assert found(tmp_path, traces)
    clock.forward(hours=HISTORY_HOURS)
    await store.sweep()
    assert found(tmp_path, traces) == []
    await store.close()


async def test_the_payload_of_a_handled_event_is_gone_from_the_table(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    await told(store, AMINA, "hi")
    await store.close()
    data = sqlite3.connect(tmp_path / "dragoman.db")
    assert data.execute("SELECT status, contact_id, payload FROM inbox").fetchall() == [("done", None, None)]
    data.close()


async def test_moved_ciphertext_does_not_open(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    amina, first = await told(store, AMINA, "for Amina", external_id="1")
    boris, second = await told(store, BORIS, "for Boris", "second for Boris", external_id="2")
    await store.settle(first, Retry(1))
    await store.settle(second, Retry(1))
    await store.close()
    data = sqlite3.connect(tmp_path / "dragoman.db")
    with data:
        data.execute("UPDATE messages SET payload = (SELECT payload FROM messages WHERE id = ?) WHERE id = ?", (first.id, second.id))
    data.close()
    store = await open_folder(tmp_path, clock)
    clock.forward(seconds=1)
    sent = {delivery.contact.address: delivery.message.blocks for delivery in await store.claim(10)}
    assert {str(blocks).count("for Amina") for address, blocks in sent.items() if address == BORIS.address} == {0}
    assert {address: "Boris" in str(blocks) for address, blocks in sent.items()} == {AMINA.address: False, BORIS.address: True}
    assert (await store.figures())["outbox_dead"] == 1
    assert len(await store.history(boris)) == 1
    assert len(await store.history(amina)) == 1
    await store.close()


async def test_a_damaged_event_does_not_silence_its_contact(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    await store.accept([wrote(AMINA, "1", "lost"), wrote(AMINA, "2", "kept")])
    await store.close()
    data = sqlite3.connect(tmp_path / "dragoman.db")
    with data:
        data.execute("UPDATE inbox SET payload = zeroblob(60) WHERE id = 1")
    data.close()
    store = await open_folder(tmp_path, Clock())
    (contact_id,) = await store.waiting(10)
    (delivery,) = (await store.handle(contact_id, saying("answer to the second"))).deliveries
    assert delivery.message
    figures = await store.figures()
    assert (figures["inbox_failed"], figures["inbox_waiting"]) == (1, 0)
    await store.close()


async def test_a_question_is_readable_only_once_its_contact_lets_us_keep_it(tmp_path: Path) -> None:
    """Masked, and in a row that says nothing of the contact."""
    store = await open_folder(tmp_path, Clock())
    contact_id = await _live(store)

    def decide(snapshot: Snapshot, find_button: FindButton, *tapped: KeepQuestion) -> Decision:
        handled = tuple(item.id for item in snapshot.waiting)
        asked = replace(snapshot.conversation, recent={"asked": "canary-kept", "keep": "canary-kept"})
        return Decision(asked, handled, casework=tapped, counts=(("plain-city", "", "ar", "none"),))

    await store.handle(contact_id, decide)
    assert found(tmp_path, [b"canary-kept"]) == []
    tap = KeepQuestion("plain-city", "ar", "canary-kept", "none")
    await store.handle(contact_id, lambda snapshot, find_button: decide(snapshot, find_button, tap))
    assert found(tmp_path, [b"canary-kept"])
    (kept,) = await store.desk.kept_questions()
    assert contact_id not in repr(kept)
    await store.desk.settle_questions([kept.id], "dismissed", "system")
    assert found(tmp_path, [b"canary-kept"]) == []
    await store.close()
    assert found(tmp_path, [b"canary-kept"]) == []


async def test_after_90_days_no_byte_of_a_kept_question_is_left(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    await _live(store)
    tap = KeepQuestion("plain-city", "ar", "canary-kept", "none")
    contact_id = await store.find(CANARY)
    assert contact_id is not None
    await store.handle(contact_id, lambda snapshot, find_button: Decision(snapshot.conversation, (), casework=(tap,)))
    clock.forward(days=QUESTION_DAYS)
    await store.sweep()
    assert found(tmp_path, [b"canary-kept"])
    clock.forward(days=1)
    await store.sweep()
    assert found(tmp_path, [b"canary-kept"]) == []
    await store.close()
