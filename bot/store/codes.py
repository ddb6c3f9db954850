"""Units of work on codes that work once: an invite or a new login of a staff member, or the linking of a group to a city."""

from __future__ import annotations

import secrets

from bot.cases import Profile, Staff
from bot.model import InviteUsed
from bot.store import people
from bot.store.audit import note
from bot.store.contacts import HOUR_US
from bot.store.database import Database, moment
from bot.store.desk import INVITE_HOURS, LOGIN_MINUTES

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # base 32 without I, L, O, which look like digits, and U
GROUPS, GROUP_LETTERS = 7, 4  # 28 letters of 5 random bits: 140
MAX_TYPED = 100  # characters that are looked at
MINUTE_US = 60_000_000

_MEANT = str.maketrans("OIL", "011")


def fresh() -> str:
    """Make up a code nobody can guess."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LETTERS)) for _ in range(GROUPS))


def letters_of(code: str) -> str:
    """Return what a code means, however it was typed: in small letters, without strokes, with O for 0."""
    return "".join(letter for letter in code[:MAX_TYPED].upper() if letter.isalnum()).translate(_MEANT)


def _new(db: Database, lifetime_us: int, *, staff_id: str | None = None, city: str | None = None) -> str:
    """Make a code; only its hash is kept."""
    code = fresh()
    db.run("add_code", _hash(db, code), staff_id, city, db.now() + lifetime_us)
    return code


def _hash(db: Database, code: str) -> bytes:
    """Return what a code is found by."""
    return db.secrets.lookup_hash("code", letters_of(code))


def invite(db: Database, profile: Profile) -> tuple[str, str]:
    """Prepare a staff member; returns (code, staff id)."""
    staff_id = people.add(db, profile)
    return _new(db, INVITE_HOURS * HOUR_US, staff_id=staff_id), staff_id


def renew(db: Database, staff_id: str, minutes: int) -> str | None:
    """Make a login code for somebody who is staff and has a desk to log in to; None for anybody else."""
    staff = people.load(db, staff_id)
    if staff is None or staff.profile.role == "reviewer":
        return None
    return _new(db, minutes * MINUTE_US, staff_id=staff_id)


def link(db: Database, city: str) -> str:
    """Make a code that links a group to a city."""
    return _new(db, INVITE_HOURS * HOUR_US, city=city)


def redeem(db: Database, code: str) -> Staff | None:
    """Use a code up on the web; the first use makes its owner staff. None: unknown, used, too old, or not of a person with a desk."""
    staff_id = None if _is_reviewers(db, code) else _take(db, code, "staff_of_code")
    return None if staff_id is None else _joined(db, staff_id, "web")


def take_city(db: Database, code: str) -> str | None:
    """Use a code for groups up; returns the city, or None when it is no good."""
    return _take(db, code, "city_of_code")


def _take(db: Database, code: str, name: str) -> str | None:
    code_hash = _hash(db, code)
    row = db.row(name, code_hash, db.now())
    if row is None:
        return None
    return str(row[0]) if db.change("drop_code", code_hash) else None  # None: somebody was quicker


def _joined(db: Database, staff_id: str, way: str) -> Staff | None:
    people.join(db, staff_id)
    staff = people.load(db, staff_id)
    if staff is not None:
        note(db, staff_id, "login", detail=way)
    return staff


def use_code(db: Database, code: str, contact_id: str) -> InviteUsed:
    """Use a code up in a private chat on Telegram, which becomes the staff member's own; an empty code asks for a login.

    Gives a login code for the web desk in either case; refused: an InviteUsed without a name. Who only reviews has no desk and gets none,
    and can do that in the web chat as well; else nothing is used up on another channel."""
    row = db.row("live_contact", contact_id)
    at = moment(db.now())
    if row is not None and row[0] == "telegram":
        staff = _bound(db, code, contact_id) if code.strip() else people.of_contact_id(db, contact_id)
    elif row is not None and row[0] == "web" and _is_reviewers(db, code):
        staff = _bound_on_web(db, code, contact_id)
    else:
        staff = None
    if staff is None:
        return InviteUsed(at=at)
    profile, login_code = staff.profile, renew(db, staff.id, LOGIN_MINUTES)
    return InviteUsed(at=at, name=profile.name, role=profile.role, city=profile.city, login_code=login_code or "")


def _is_reviewers(db: Database, code: str) -> bool:
    """Say whether a code invites somebody who only reviews."""
    row = db.row("invited_of_code", _hash(db, code), db.now())
    profile = people.profile_of(db, str(row[0]), row[1]) if row else None
    return profile is not None and profile.role == "reviewer"


def _bound_on_web(db: Database, code: str, contact_id: str) -> Staff | None:
    staff_id = _take(db, code, "staff_of_code")
    if staff_id is None:
        return None
    people.bind_web(db, staff_id, contact_id)
    return _joined(db, staff_id, "web chat")


def _bound(db: Database, code: str, contact_id: str) -> Staff | None:
    staff_id = _take(db, code, "staff_of_code")
    if staff_id is None:
        return None
    people.bind_telegram(db, staff_id, contact_id)
    return _joined(db, staff_id, "telegram")
