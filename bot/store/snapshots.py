"""The unit of work that loads a contact: where they stand, whose the conversation is, and what waits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, cast

from bot.cases import DESK_ROLES, POOL, Role
from bot.errors import StoreError
from bot.model import Conversation
from bot.store import Snapshot, WaitingEvent, cases, people, reviews
from bot.store.contacts import is_over, place, ref
from bot.store.crypto import Sealer
from bot.store.database import Database
from bot.wire import decode_event


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a row of a contact tells of the desk: whether they have cases, the mark of the staff (see `marks`), and whose chat it is."""

    has_cases: bool
    staff_mark: int
    staff_id: object


def load(db: Database, contact_id: str) -> tuple[Snapshot, tuple[int, ...]] | None:
    """Return a contact as stored and the ids of waiting events that can not be read; None for an unknown or erased one."""
    row = db.row("snapshot", contact_id)
    if row is None:
        return None
    channel, address, *stored, has_cases, staff_mark, staff_id = row
    sealer = db.keys.get(contact_id)
    waiting, damaged = _waiting(db, contact_id, sealer)
    contact = ref(channel, address, sealer, contact_id)
    desk = _Desk(bool(has_cases), cast(int, staff_mark), staff_id)
    return Snapshot(_conversation(db, contact_id, contact.channel, stored, desk, sealer), contact, waiting), damaged


def _waiting(db: Database, contact_id: str, sealer: Sealer) -> tuple[tuple[WaitingEvent, ...], tuple[int, ...]]:
    where = place("inbox", contact_id)
    events: list[WaitingEvent] = []
    damaged: list[int] = []
    for inbox_id, payload in db.rows("waiting_events", contact_id):
        try:
            events.append(WaitingEvent(cast(int, inbox_id), decode_event(sealer.open(cast(bytes, payload), where))))
        except StoreError:  # one row that can not be read must not silence its contact for good
            damaged.append(cast(int, inbox_id))
    return tuple(events), tuple(damaged)


def _conversation(db: Database, contact_id: str, channel: str, row: Sequence[object], desk: _Desk, sealer: Sealer) -> Conversation:
    state, locale, city, area, data, recent, version, said_at = row
    if state is None:
        return Conversation(contact_id, channel, reviews=reviews.reviewing(db, desk.staff_id))
    own = cases.of_contact(db, contact_id, db.now()) if desk.has_cases else ()
    roles = _roles(db, desk.staff_mark).get(str(city), frozenset()) if city is not None else frozenset()
    return Conversation(
        contact_id=contact_id,
        channel=channel,
        owner=cases.owner_of(own),
        state=cast(str, state),
        locale=cast("str | None", locale),
        city=cast("str | None", city),
        area=cast("str | None", area),
        data=_open_json(sealer, data, place("data", contact_id)) if data else {},
        version=cast(int, version),
        cases=own,
        staffed=not roles.isdisjoint(DESK_ROLES),
        pools=tuple(kind for kind in POOL if kind in roles),
        reviews=reviews.reviewing(db, desk.staff_id),
        **_recent(sealer, recent, contact_id) if recent and not is_over(said_at, db.now()) else {},
    )


def _roles(db: Database, staff_mark: int) -> Mapping[str, frozenset[Role]]:
    """Return the roles that people of each city's own have; read anew only when something changed among the staff."""
    if db.staffed is None or db.staffed[0] != staff_mark:
        roles: defaultdict[str, set[Role]] = defaultdict(set)
        for staff in people.team(db):
            roles[staff.profile.city].add(staff.profile.role)
        db.staffed = staff_mark, {city: frozenset(found) for city, found in roles.items() if city}
    return db.staffed[1]


def _open_json(sealer: Sealer, sealed: object, where: bytes) -> dict[str, str | bool | int | None]:
    return cast("dict[str, str | bool | int | None]", json.loads(sealer.open(cast(bytes, sealed), where)))


class _Recent(TypedDict, total=False):
    """What is forgotten together with the history."""

    recent: dict[str, str | bool | int | None]
    options: tuple[tuple[str, str], ...]


def _recent(sealer: Sealer, sealed: object, contact_id: str) -> _Recent:
    kept = json.loads(sealer.open(cast(bytes, sealed), place("recent", contact_id)))
    return {"recent": kept["recent"], "options": tuple((option_id, label) for option_id, label in kept["options"])}
