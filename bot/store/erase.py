"""Units of work that forget: contacts who asked for it, cases that are over, and everything that has outlived its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from bot.errors import StoreError
from bot.model import CaseNews, PersonWrote
from bot.store import HISTORY_HOURS, INBOX_KEY_DAYS, gaps, lanes, logins
from bot.store.audit import note
from bot.store.contacts import HOUR_US, is_over, place
from bot.store.database import Database, moment
from bot.wire import decode_event, decode_message

HISTORIES_AT_ONCE, ROWS_AT_ONCE, CASES_AT_ONCE = 200, 2000, 20  # a sweep lets others work in between
DAY_US = 24 * HOUR_US
OVER = ("closed", "lost", "unavailable")  # what a helper hears of a case all the same


def is_ripe(db: Database, contact_id: str) -> bool:
    """Tell whether something can be forgotten now of a contact who asked for it: their cases, or all of them."""
    return db.row("is_erasing", contact_id) is not None and (_has_cases(db, contact_id) or not lanes.has_open(db, contact_id))


def _has_cases(db: Database, contact_id: str) -> bool:
    return db.row("case_of_contact", contact_id) is not None


def finish(db: Database, contact_id: str) -> int:
    """Erase a contact whose wish is already committed: the keys first, then the rows, then what the files still show of them.

    Their cases go at once, the contact once their last messages are out. A crash in between leaves the wish, and the next start or sweep
    comes back to it."""
    db.hold(contact_id)
    if not is_ripe(db, contact_id):
        return 0
    drop_cases_of(db, contact_id)
    return 0 if lanes.has_open(db, contact_id) else contact(db, contact_id)


def contact(db: Database, contact_id: str) -> int:
    """Erase a contact and all that is theirs."""
    db.hold(contact_id)
    drop_cases_of(db, contact_id)
    db.keys.drop(contact_id)
    db.run("drop_events", contact_id)
    db.scrub_logs()
    return db.change("drop_contact", contact_id)


# ---------------------------------------------------------------- cases


def drop_cases_of(db: Database, contact_id: str) -> None:
    """Erase every case of a contact."""
    for number, key_id in db.rows("cases_to_erase_of", contact_id):
        _drop_case(db, cast(int, number), str(key_id))


def _drop_case(db: Database, number: int, key_id: str) -> None:
    """Erase a case: its key, its rows, and what is on its way to others or lies in their history.

    Where a group has a topic for it, the row in `topics` stays, so that the topic can be deleted."""
    db.keys.drop(key_id)
    readers = [str(row[0]) for row in db.rows("readers_of_case", *(number,) * 3)]
    for message_id in (*_on_the_way(db, number), *_told(db, number, readers)):
        db.run("drop_message", message_id)
        db.run("drop_outgoing", message_id)
    db.run_each("finish_event", _untold(db, number, readers))
    for name in ("drop_posts_of_case", "drop_unmade_topics", "drop_case"):
        db.run(name, number)
    note(db, "system", "erased", number)
    db.scrub_logs()


def _on_the_way(db: Database, number: int) -> list[int]:
    """Return the messages about a case that wait to be sent to a group."""
    return [cast(int, row[0]) for row in db.rows("open_posts_of_case", number)]


def _told(db: Database, number: int, readers: Sequence[str]) -> list[int]:
    """Return the messages that carry a line of a case in the histories of others: the helper of a pool case reads in their own chat."""
    lines = {cast(int, row[0]) for row in db.rows("line_ids", number)}
    return [
        cast(int, message_id)
        for contact_id in readers
        for message_id, _, _, payload in db.rows("messages_after", contact_id, 0)
        if _line_of(db, contact_id, cast(bytes, payload)) in lines
    ]


def _untold(db: Database, number: int, readers: Sequence[str]) -> list[tuple[str, int, str]]:
    """Return what a helper was still to hear of a case, except that it is over, as values of `finish_event`."""
    return [
        ("done", cast(int, event_id), contact_id)
        for contact_id in readers
        for event_id, payload in db.rows("waiting_events", contact_id)
        if _is_about(db, number, contact_id, cast(bytes, payload))
    ]


def _is_about(db: Database, number: int, contact_id: str, payload: bytes) -> bool:
    try:
        event = decode_event(db.keys.get(contact_id).open(payload, place("inbox", contact_id)))
    except StoreError:
        return False
    if isinstance(event, CaseNews):
        return event.case.number == number and event.step not in OVER
    return isinstance(event, PersonWrote) and event.number == number


def _line_of(db: Database, contact_id: str, payload: bytes) -> int:
    try:
        return decode_message(db.keys.get(contact_id).open(payload, place("messages", contact_id))).line
    except StoreError:
        return 0


def drop_cases(db: Database, retention_days: int) -> int:
    """Erase cases that were closed long enough ago, or whose contact has asked to be forgotten; returns how many.

    That there were so many is all that is kept, beside the figures of the desk."""
    over = db.rows("cases_over", db.now() - retention_days * DAY_US, CASES_AT_ONCE)
    for number, key_id in over:
        db.hold_case(cast(int, number))
        _drop_case(db, cast(int, number), str(key_id))
    db.count_up("cases_erased", len(over))
    return len(over)


# ---------------------------------------------------------------- what has outlived its time


def finish_one(db: Database) -> int:
    """Erase a contact that is ripe, or waited HISTORY_HOURS for its last messages to go out; returns 0 when there is none."""
    row = db.row("erasing", db.now() - HISTORY_HOURS * HOUR_US)
    return 0 if row is None else contact(db, str(row[0]))


def drop_histories(db: Database) -> int:
    """Forget what silent contacts said and were told, except what still waits to be sent; returns how many histories went."""
    cutoff = db.now() - HISTORY_HOURS * HOUR_US
    silent = [str(row[0]) for row in db.rows("silent_contacts", cutoff=cutoff, limit=HISTORIES_AT_ONCE)]
    db.hold(*silent)
    for contact_id in silent:
        said = db.row("last_said", contact_id)
        if said is not None and is_over(said[0], db.now()):  # they may have spoken before we held them
            db.run("drop_messages", contact_id)
            db.run("forget_recent", contact_id)
    if silent:
        db.scrub_logs()
    return len(silent)


def drop_events(db: Database) -> int:
    """Forget event keys that no platform repeats any more."""
    cutoff = db.now() - INBOX_KEY_DAYS * 24 * HOUR_US
    return db.change("drop_old_events", cutoff=cutoff, limit=ROWS_AT_ONCE)


def drop_settled(db: Database) -> int:
    """Forget outbox rows of messages that are out; given up and uncertain ones stay as long as event keys, to be looked into."""
    cutoff = db.now() - INBOX_KEY_DAYS * 24 * HOUR_US
    return db.change("drop_settled", cutoff=cutoff, limit=ROWS_AT_ONCE)


def drop_stale(db: Database) -> int:
    """Forget codes, logins and requests past their time, who never used their invite, and mailboxes and groups nobody uses any more."""
    now = db.now()
    gone = db.change("drop_old_codes", now) + db.change("drop_old_moves", now)
    gone += sum(_drop_invited(db, str(row[0])) for row in db.rows("never_joined"))
    gone += logins.drop_ended(db)
    gone += gaps.drop_old(db)
    gone += db.change("drop_old_deeds", now - INBOX_KEY_DAYS * DAY_US)
    gone += db.change("drop_former_staff")
    today = moment(now).date().isoformat()
    return gone + sum(contact(db, str(row[0])) for row in db.rows("unused_contacts", today))


def _drop_invited(db: Database, staff_id: str) -> int:
    db.keys.drop(staff_id)
    db.scrub_logs()
    return db.change("drop_staff", staff_id)


# ---------------------------------------------------------------- people of the desk


def staff(db: Database, staff_id: str) -> None:
    """Erase a staff member: key, logins, codes, offers, what they practised on; the row itself stays while cases name it."""
    row = db.row("email_contact", staff_id)
    if not db.change("remove_staff", db.now(), staff_id):
        return
    db.keys.drop(staff_id)
    for name in ("drop_codes_of", "drop_sessions_of", "drop_offers_of"):
        db.run(name, staff_id)
    for (contact_id,) in db.rows("practice_contacts", staff_id):
        contact(db, str(contact_id))
    if row is not None and row[0] is not None:
        mailbox(db, str(row[0]))
    db.scrub_logs()


def mailbox(db: Database, contact_id: str) -> None:
    """Erase an e-mail address unless somebody else uses it."""
    if db.row("uses_mailbox", contact_id) is None:
        contact(db, contact_id)


# ---------------------------------------------------------------- after a crash or a restore


def reconcile(db: Database) -> None:
    """Make keys and what they seal agree again after a crash or a restored backup.

    A key of nothing was left by a transaction that never ended. What has no key was erased after the copy was made."""
    with_key = db.keys.ids()
    contacts, staff_ids = ({str(row[0]) for row in db.rows(name)} for name in ("contact_ids", "staff_ids"))
    cases = {str(key_id): cast(int, number) for number, key_id in db.rows("case_keys")}
    for key_id in with_key - contacts - staff_ids - cases.keys():
        db.keys.forget(key_id)
    for key_id in cases.keys() - with_key:
        _drop_case(db, cases[key_id], key_id)
    for staff_id in staff_ids - with_key:
        staff(db, staff_id)
    for contact_id in contacts - with_key:
        contact(db, contact_id)
