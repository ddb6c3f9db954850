"""Units of work that take a contact's place to another device of theirs: a code is made here, and used up there."""

from __future__ import annotations

from typing import Final, cast

from bot.errors import StoreError
from bot.model import Moved, MoveMade
from bot.store import codes, snapshots
from bot.store.contacts import place
from bot.store.database import Database, moment
from bot.wire import decode_message

MOVE_MINUTES: Final = 10  # so long a code is good


def make(db: Database, contact_id: str) -> MoveMade:
    """Make a code that works once, within MOVE_MINUTES; an earlier one of this contact is no longer good."""
    code = codes.fresh()
    db.run("set_move", contact_id, _hash(db, code), db.now() + MOVE_MINUTES * codes.MINUTE_US)
    return MoveMade(code=code, minutes=MOVE_MINUTES, at=moment(db.now()))


def use(db: Database, code: str, contact_id: str) -> Moved:
    """Use a code up; returns where its maker stands. Their own is left as it is, so that it still works where it is meant to."""
    at = moment(db.now())
    row = db.row("maker_of_move", _hash(db, code), db.now())
    maker = None if row is None else str(row[0])
    if maker is None or maker == contact_id:
        return Moved(at=at, outcome="refused" if maker is None else "own")
    db.hold(maker)
    if not db.change("drop_move", maker):
        return Moved(at=at, outcome="refused")  # somebody was quicker
    loaded = snapshots.load(db, maker)
    if loaded is None:
        return Moved(at=at)
    _forget(db, maker, code)
    known = loaded[0].conversation
    return Moved(at=at, outcome="moved", locale=known.locale, city=known.city, area=known.area, data=known.data)


def _hash(db: Database, code: str) -> bytes:
    return db.secrets.lookup_hash("move", codes.letters_of(code))


def _forget(db: Database, maker: str, code: str) -> None:
    """Take the message that shows a code out of its maker's history: nobody needs it any more."""
    for message_id, _token, _at, payload in db.rows("messages_after", maker, 0):
        if _shows(db, maker, cast(bytes, payload), code):
            db.run("drop_message", cast(int, message_id))
            db.run("drop_outgoing", cast(int, message_id))
            db.scrub_logs()


def _shows(db: Database, contact_id: str, payload: bytes, code: str) -> bool:
    """Say whether a message holds a code, however it was typed that is used now."""
    try:
        message = decode_message(db.keys.get(contact_id).open(payload, place("messages", contact_id)))
    except StoreError:
        return False
    runs = (run for block in message.blocks if block.kind == "paragraph" for run in block.runs)
    return any(codes.letters_of(run.text.rpartition(" ")[2]) == codes.letters_of(code) for run in runs)
