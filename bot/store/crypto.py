"""The master secret, what is derived from it, and AES-256-GCM under one key."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import ConfigError, StoreError
from bot.model import ContactRef
from bot.store import folder

SECRET_BYTES = 32
KEY_BYTES = 32  # AES-256
NONCE_BYTES = 12  # the length AES-GCM is defined for (NIST SP 800-38D, 5.2.1.1)
EVENT_HASH_BYTES = 16  # two of a billion events share one with a chance of 1 in 10**21

SEALED_WRONGLY = "stored data do not open: damaged, moved to another place, or sealed with another key"


class Sealer:
    """Seals and opens bytes under one key; `place` (table and contact) is bound in, so that moved ciphertext does not open."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """Encrypt under a fresh random nonce, which leads the result."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Decrypt; raises StoreError for anything that was not sealed with this key for this place."""
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
        except (InvalidTag, ValueError):
            raise StoreError(SEALED_WRONGLY) from None


class Secrets:
    """The keys derived from a secret, one for each purpose."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ConfigError(f"the secret key must have {SECRET_BYTES} bytes, not {len(secret)}")
        self.secret = secret
        self._address, self._event = derive(secret, "address hash"), derive(secret, "event hash")
        self._lookup = derive(secret, "lookup hash")
        self.audit = derive(secret, "audit chain")
        self.check = derive(secret, "check")

    def address_hash(self, contact: ContactRef) -> bytes:
        """Return what a contact is found by; without the secret an address can not be guessed from it."""
        return hmac.digest(self._address, _pair(contact.channel, contact.address), "sha256")

    def event_hash(self, channel: str, external_id: str) -> bytes:
        """Return what a repeated event is known by; some platforms write telephone numbers into their ids."""
        return hmac.digest(self._event, _pair(channel, external_id), "sha256")[:EVENT_HASH_BYTES]

    def lookup_hash(self, purpose: str, value: str) -> bytes:
        """Return what a code, a token or the key of a request is found by without being kept; the same value differs by purpose."""
        return hmac.digest(self._lookup, _pair(purpose, value), "sha256")


def _pair(channel: str, value: str) -> bytes:
    return f"{channel}\0{value}".encode("utf-8", "surrogatepass")


def derive(master: bytes, purpose: str) -> bytes:
    """Return the key for one purpose."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"dragoman store 1: {purpose}".encode()).derive(master)


def load_or_create_secret(path: Path) -> bytes:
    """Read the master secret, or make it on the first start (32 random bytes, mode 0600).

    Raises ConfigError when the file has another length, or when others than its owner may read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load_secret(path)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be made: {error.strerror}") from error
    secret = os.urandom(SECRET_BYTES)
    with os.fdopen(file, "wb") as stream:
        stream.write(secret)
        stream.flush()
        os.fsync(stream.fileno())
    folder.sync(path.parent)
    return secret


def next_of(path: Path) -> Path:
    """Return where a new master secret lies until everything is wrapped with it."""
    return path.with_name(f"{path.name}.next")


def prepare_next(path: Path) -> bytes:
    """Make a new master secret beside the one in force, whole or not at all; one that a crash left there is gone on with."""
    if next_of(path).exists():
        return _load_secret(next_of(path))
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    secret = load_or_create_secret(part)
    part.replace(next_of(path))
    folder.sync(path.parent)
    return secret


def finish_next(path: Path) -> None:
    """Put a new master secret in force: everything is wrapped with it."""
    next_of(path).replace(path)
    folder.sync(path.parent)


def load_secrets(path: Path) -> tuple[bytes, ...]:
    """Read the master secret, made on the first start; while it is being changed, the new one first.

    Raises ConfigError as `load_or_create_secret` does."""
    present = load_or_create_secret(path)
    return (_load_secret(next_of(path)), present) if next_of(path).exists() else (present,)


def _load_secret(path: Path) -> bytes:
    try:
        mode, secret = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise ConfigError(f"others may read the secret key in {path}: run `chmod 600 {path}` and start again")
    if len(secret) != SECRET_BYTES:
        raise ConfigError(
            f"{path} holds {len(secret)} bytes instead of {SECRET_BYTES}: put the right file back (without it stored data stay closed), "
            "or, where nothing was stored yet, delete it"
        )
    return secret
