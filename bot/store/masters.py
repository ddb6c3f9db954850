"""What lies between the master secret and all that is sealed: two keys it opens, kept beside the data keys, so that it can be changed.

`root` begins with the installation and never changes: everything that is hashed or signed depends on it. `wrapping` wraps the data keys
and is made anew with every new master secret, so that an old one opens nothing that is written from then on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

from bot.errors import StoreError
from bot.store.crypto import KEY_BYTES, Sealer, Secrets, derive

CHECK, ROOT, WRAPPING, WRAPPING_NAME, HANDOVER = "check", "root", "wrapping", "wrapping_name", "handover"  # names in `meta`
NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What a master secret opens."""

    root: bytes
    wrapping: bytes


def fresh() -> Unlocked:
    """Make the keys of a new installation."""
    return Unlocked(os.urandom(KEY_BYTES), os.urandom(KEY_BYTES))


def name_of(wrapping: bytes) -> bytes:
    """Name a wrapping key without giving it away, so that who holds another one notices."""
    return derive(wrapping, "wrapping name")[:NAME_BYTES]


def rows_of(unlocked: Unlocked, master: bytes) -> dict[str, bytes]:
    """Return what is kept so that this master secret, and no other, opens these keys."""
    sealer = Sealer(derive(master, "master"))
    return {
        CHECK: Secrets(master).check,
        ROOT: sealer.seal(unlocked.root, ROOT.encode()),
        WRAPPING: sealer.seal(unlocked.wrapping, WRAPPING.encode()),
        WRAPPING_NAME: name_of(unlocked.wrapping),
    }


def unlock(rows: Mapping[str, bytes], master: bytes) -> Unlocked | None:
    """Open what is kept with a master secret; None where it is another's.

    Installations from before the master secret could be changed used it for everything itself; for them `root` is what it then was."""
    if not compare_digest(rows.get(CHECK, b""), Secrets(master).check):
        return None
    if ROOT not in rows:
        return Unlocked(master, derive(master, "key wrapping"))
    sealer = Sealer(derive(master, "master"))
    return Unlocked(sealer.open(rows[ROOT], ROOT.encode()), sealer.open(rows[WRAPPING], WRAPPING.encode()))


def handover(before: bytes, after: bytes) -> bytes:
    """Seal a new wrapping key for a process that holds the one before it."""
    return Sealer(derive(before, HANDOVER)).seal(after, name_of(after))


def taken_over(rows: Mapping[str, bytes], before: bytes) -> bytes:
    """Return the wrapping key that came after the one held; raises StoreError where it was not handed over to this process."""
    if HANDOVER not in rows:
        raise StoreError("the master key was changed meanwhile: start again with the new one")
    return Sealer(derive(before, HANDOVER)).open(rows[HANDOVER], rows[WRAPPING_NAME])
