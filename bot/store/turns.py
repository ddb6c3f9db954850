"""The unit of work that handles a contact: decide, then write everything the decision asks for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial

from bot.errors import StoreError
from bot.model import DeskEvent, Message
from bot.store import HISTORY_MESSAGES, Decide, Decision, Delivery, Handled, Snapshot, casework, contacts, lanes, snapshots
from bot.store.contacts import place
from bot.store.database import Database, moment
from bot.store.work import Work
from bot.wire import encode_event, encode_message

TOKEN_BYTES = 9  # 72 random bits: 12 characters of base64url, of the 64 bytes Telegram gives a button


def handle(db: Database, contact_id: str, decide: Decide) -> Handled:
    """Run `decide` on the contact as stored and keep its decision; nothing happens when the contact is gone."""
    db.hold(contact_id)
    loaded = snapshots.load(db, contact_id)
    if loaded is None:
        return Handled()
    snapshot, damaged = loaded
    decision = decide(snapshot, partial(contacts.find_button, db, contact_id))
    _check(snapshot, decision)
    now = db.now()
    _finish_events(db, contact_id, decision, damaged)
    done = {*decision.handled, *decision.failed}
    heard = (item.event.at for item in snapshot.waiting if item.id in done and not isinstance(item.event, DeskEvent))
    lanes.hear(db, snapshot.contact, contact_id, heard, now)
    db.count_up("inbox_dropped", decision.dropped)
    version = max(decision.conversation.version, snapshot.conversation.version + 1)
    contacts.save(db, decision.conversation, version)
    cause = str(decision.handled[0]) if decision.handled else f"{contact_id}:{version}"
    outgoing = _say(db, contact_id, decision, cause, now)
    if decision.counts:
        db.at_end("counters", partial(_count, db, sorted(decision.counts), moment(now).date().isoformat()))
    works = [casework.apply(db, decision.conversation, decision.casework)] if decision.casework else []
    if decision.left:
        db.run("set_left", 1, contact_id)
        lanes.drop_open(db, contact_id, "left")
    if decision.erase:
        works.append(casework.farewell(db, contact_id))
        _start_erasing(db, snapshot, decision, now)
    delivery = lanes.lease_if_free(db, contact_id, now, snapshot.contact, outgoing)
    return _handled(delivery, works)


def _count(db: Database, counts: Sequence[tuple[str, str, str, str]], day: str) -> None:
    db.run_each("add_count", counts)
    db.run_each("add_daily_count", [(day, *count) for count in counts])


def _handled(delivery: Delivery | None, works: Sequence[Work]) -> Handled:
    wake = dict.fromkeys(contact_id for work in works for contact_id in work.wake)
    numbers = dict.fromkeys(number for work in works for number in work.cases)
    confirmed = tuple(each for work in works for each in work.confirmed)
    reported = any(work.reported for work in works)
    return Handled(() if delivery is None else (delivery,), tuple(wake), tuple(numbers), confirmed, reported)


def _check(snapshot: Snapshot, decision: Decision) -> None:
    """Refuse a decision about somebody else, or about events that are not waiting."""
    if decision.conversation.contact_id != snapshot.conversation.contact_id:
        raise StoreError("a decision names another contact than the one it was asked about")
    done = (*decision.handled, *decision.failed)
    if len(set(done)) != len(done) or not {item.id for item in snapshot.waiting}.issuperset(done):
        raise StoreError("a decision names events that do not wait")


def _finish_events(db: Database, contact_id: str, decision: Decision, damaged: tuple[int, ...]) -> None:
    failed = (*decision.failed, *damaged)
    db.run_each("finish_event", [("done", inbox_id, contact_id) for inbox_id in decision.handled])
    db.run_each("finish_event", [("failed", inbox_id, contact_id) for inbox_id in failed])
    db.count_up("inbox_failed", len(failed))


def _say(db: Database, contact_id: str, decision: Decision, cause: str, now: int) -> dict[int, Message]:
    """Add to history and outbox; returns what goes out, by id."""
    sealer, where = db.keys.get(contact_id), place("messages", contact_id)
    outgoing: dict[int, Message] = {}
    for number, said in enumerate(decision.said):
        is_ours = said.message.author != "contact"
        payload = sealer.seal(encode_message(said.message), where)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        message_id = db.insert("add_message", token, contact_id, "out" if is_ours else "in", payload, now)
        if is_ours:
            message = said.message
            db.run("add_outgoing_of_case", message_id, f"{cause}:{number}", contact_id, now, message.line, message.thread)
            outgoing[message_id] = said.message
    if decision.said:
        db.run("trim_messages", contact_id=contact_id, keep=HISTORY_MESSAGES)
    return outgoing


def _start_erasing(db: Database, snapshot: Snapshot, decision: Decision, now: int) -> None:
    """Forget all but what must still go out; `erase.finish` does the rest once that has gone."""
    contact_id = snapshot.conversation.contact_id
    db.run("start_erasing", now, contact_id)
    _move_events(db, snapshot, decision, now)
    db.run("drop_conversation", contact_id)
    db.run("drop_messages", contact_id)


def _move_events(db: Database, snapshot: Snapshot, decision: Decision, now: int) -> None:
    """Give events this decision left waiting to a new contact at the same address: they were written after the wish to be forgotten.

    What the desk wanted to tell goes with the one who is forgotten."""
    done = {*decision.handled, *decision.failed}
    later = [item for item in snapshot.waiting if item.id not in done and not isinstance(item.event, DeskEvent)]
    if not later:
        return
    new_id = contacts.create(db, snapshot.contact, now)
    for item in later:
        db.run("move_event", new_id, db.keys.get(new_id).seal(encode_event(item.event), place("inbox", new_id)), item.id)
