"""The unit of work that tells somebody something outside a turn: a colleague in private, a desk group, whoever has a lane."""

from __future__ import annotations

import secrets

from bot.model import Message
from bot.store import HISTORY_MESSAGES
from bot.store.contacts import place
from bot.store.database import Database
from bot.store.lanes import WITHOUT_HISTORY
from bot.wire import encode_message

TOKEN_BYTES = 9  # as in a turn


def outgoing(db: Database, contact_id: str, message: Message, effect_key: str) -> bool:
    """Add a message to a contact's history and lane, due at once.

    False, and nothing happens: an effect of that key was there before, or the contact is gone."""
    db.hold(contact_id)
    row = db.row("live_contact", contact_id)
    if row is None or db.row("knows_effect", effect_key) is not None:
        return False
    now = db.now()
    payload = db.keys.get(contact_id).seal(encode_message(message), place("messages", contact_id))
    message_id = db.insert("add_message", secrets.token_urlsafe(TOKEN_BYTES), contact_id, "out", payload, now)
    db.run("add_outgoing_of_case", message_id, effect_key, contact_id, now, message.line, message.thread)
    db.run("rouse_lane", contact_id, now)
    if str(row[0]) not in WITHOUT_HISTORY:
        db.run("trim_messages", contact_id=contact_id, keep=HISTORY_MESSAGES)
    return True
