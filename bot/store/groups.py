"""Units of work on desk groups: their link to a city, their topics, and which of their messages carries which case line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from bot.errors import StoreError
from bot.model import ContactRef, Message
from bot.store import codes, contacts, erase
from bot.store.audit import note
from bot.store.contacts import place
from bot.store.database import Database
from bot.store.desk import Group, GroupTopic
from bot.store.outgoing import outgoing

# ---------------------------------------------------------------- linking


def link(db: Database, contact: ContactRef, code: str) -> str | None:
    """Link a group by a code; an earlier group of the city is forgotten. Returns the city, or None when the code is no good."""
    db.one_by_one()
    city = codes.take_city(db, code)
    if city is None:
        return None
    known = contacts.find(db, contact)
    contact_id = known[0] if known else contacts.create(db, contact, db.now())
    earlier = db.row("group_of_city", city)
    if earlier is not None and earlier[0] != contact_id:
        _forget(db, str(earlier[0]))
    db.run("drop_group", contact_id)  # a group serves one city
    db.run("add_group", city, contact_id, db.now())
    db.run("set_left", 0, contact_id)
    note(db, "system", "linked", detail=city)
    return city


def unlink(db: Database, contact: ContactRef) -> None:
    """Forget a group."""
    known = contacts.find(db, contact)
    if known is not None and db.change("drop_group", known[0]):
        _forget(db, known[0])
        note(db, "system", "unlinked")


def _forget(db: Database, contact_id: str) -> None:
    db.run("drop_group", contact_id)
    erase.contact(db, contact_id)


def move(db: Database, contact: ContactRef, to: ContactRef) -> None:
    """Follow a linked group to its new address, where something may have been written already; topics and posts stay its own."""
    known, there = contacts.find(db, contact), contacts.find(db, to)
    if known is None or (there is not None and there[0] == known[0]):
        return
    contact_id = known[0]
    db.hold(contact_id, *([there[0]] if there else []))
    if there is not None:
        _take_events(db, there[0], contact_id)
        erase.contact(db, there[0])
    address = db.keys.get(contact_id).seal(to.address.encode("utf-8", "surrogatepass"), place("contacts", contact_id))
    db.run("move_contact", db.secrets.address_hash(to), address, contact_id)


def _take_events(db: Database, source: str, target: str) -> None:
    opener, sealer = db.keys.get(source), db.keys.get(target)
    for event_id, payload in db.rows("waiting_events", source):
        opened = opener.open(cast(bytes, payload), place("inbox", source))
        db.run("move_event", target, sealer.seal(opened, place("inbox", target)), cast(int, event_id))


def linked(db: Database) -> tuple[Group, ...]:
    """Return the linked groups."""
    found = (_group(db, *row) for row in db.rows("groups"))
    return tuple(group for group in found if group is not None)


def _group(db: Database, city: object, contact_id: object, channel: object, address: object) -> Group | None:
    """Read a row; None where its address does not open: one damaged row must not silence the other groups."""
    try:
        ref = contacts.ref(channel, address, db.keys.get(str(contact_id)), str(contact_id))
    except StoreError:
        return None
    return Group(str(city), str(contact_id), ref)


# ---------------------------------------------------------------- topics


def topics(db: Database, contact_id: str) -> tuple[GroupTopic, ...]:
    """Return how far a group knows which cases."""
    return tuple(
        GroupTopic(cast(int, number), cast("int | None", topic_id), cast(int, upto))
        for number, topic_id, upto in db.rows("topics_of_group", contact_id)
    )


def topic(db: Database, contact: ContactRef, number: int) -> int | None:
    """Return the topic of a case in a group."""
    known = contacts.find(db, contact)
    row = None if known is None else db.row("topic_of_case", known[0], number)
    return None if row is None else cast("int | None", row[0])


def set_topic(db: Database, contact: ContactRef, number: int, topic_id: int | None) -> None:
    """Note the topic of a case in a group.

    None: it is gone; the case must be told anew, and where the case is gone as well nothing is left to do."""
    known = contacts.find(db, contact)
    if known is None:
        return
    db.hold(known[0])
    if topic_id is not None:
        db.run("set_topic", known[0], number, topic_id)
        return
    db.run("forget_topic", known[0], number)
    db.run("drop_posts_in_group", known[0], number)
    if db.row("has_case", number) is None:
        db.run("drop_topic", known[0], number)


def case_of_topic(db: Database, contact: ContactRef, topic_id: int) -> int | None:
    """Return the case a topic belongs to."""
    known = contacts.find(db, contact)
    row = None if known is None else db.row("case_of_topic", known[0], topic_id)
    return None if row is None else cast(int, row[0])


# ---------------------------------------------------------------- posts


def post(db: Database, contact_id: str, number: int, upto: int, messages: Sequence[Message]) -> None:
    """Send messages to a group and note that it now knows the case up to `upto`; nothing happens for a group that is gone."""
    db.hold(contact_id)
    if db.row("live_contact", contact_id) is None:
        return
    for message in messages:
        outgoing(db, contact_id, replace(message, thread=number), f"post:{os.urandom(8).hex()}")
    if not db.change("set_upto", upto, contact_id, number) and db.row("has_case", number) is not None:
        db.run("add_topic", contact_id, number, upto)


def waiting_posts(db: Database, contact_id: str) -> int:
    """Return how many posts to a group are not out yet."""
    row = db.row("count_waiting_posts", contact_id)
    return cast(int, row[0]) if row else 0


def posted(db: Database, contact_id: str, number: int) -> tuple[int, ...]:
    """Return the lines of a case that a group has a message for, or will have, in order."""
    return tuple(cast(int, row[0]) for row in db.rows("posted_lines", contact_id, number, contact_id, number))


def line_of_post(db: Database, contact: ContactRef, platform_id: str) -> tuple[int, int] | None:
    """Return (case number, line id) of a message in a group or private chat."""
    known = contacts.find(db, contact)
    row = None if known is None else db.row("line_of_post", known[0], platform_id)
    return None if row is None else (cast(int, row[0]), cast(int, row[1]))


def set_post(db: Database, contact: ContactRef, platform_id: str, number: int, line: int) -> None:
    """Note which message of a group became which case line, given as a negative number."""
    known = contacts.find(db, contact)
    if known is not None and db.row("has_case", number) is not None:
        db.run("add_post", known[0], platform_id, number, line)
