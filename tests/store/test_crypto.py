"""What is sealed opens only with its key at its place, and the secret file is made once and kept private."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import ConfigError, StoreError
from bot.model import ContactRef
from bot.store.crypto import SECRET_BYTES, Sealer, Secrets, load_or_create_secret


def test_what_is_sealed_opens_again() -> None:
    sealer = Sealer(os.urandom(32))
    for plain in (b"", b"x", "سلام 👋".encode() * 1000):
        assert sealer.open(sealer.seal(plain, b"inbox:1"), b"inbox:1") == plain


def test_the_same_text_never_looks_the_same() -> None:
    sealer = Sealer(bytes(32))
    assert len({sealer.seal(b"hello", b"inbox:1") for _ in range(100)}) == 100


def test_nothing_opens_elsewhere_or_damaged() -> None:
    sealer = Sealer(bytes(32))
    sealed = sealer.seal(b"hello", b"inbox:1")
    flipped = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    for wrong in (*flipped, b"", sealed[:5], sealed[:-1], sealed + b"x"):
        with pytest.raises(StoreError):
            sealer.open(wrong, b"inbox:1")
    for place in (b"inbox:2", b"messages:1", b""):
        with pytest.raises(StoreError):
            sealer.open(sealed, place)
    with pytest.raises(StoreError):
        Sealer(bytes(31) + b"x").open(sealed, b"inbox:1")


def test_hashes_depend_on_secret_channel_and_value() -> None:
    secrets, others = Secrets(bytes(32)), Secrets(bytes(31) + b"x")
    contact = ContactRef("web", "1")
    assert secrets.address_hash(contact) == Secrets(bytes(32)).address_hash(contact)
    different = {
        secrets.address_hash(contact),
        others.address_hash(contact),
        secrets.address_hash(ContactRef("web", "2")),
        secrets.address_hash(ContactRef("we", "b1")),
        secrets.event_hash("web", "1"),
    }
    assert len(different) == 5
    assert secrets.check != others.check


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ConfigError, match="32 bytes"):
        Secrets(b"short")


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    secret = load_or_create_secret(path)
    assert len(secret) == SECRET_BYTES
    assert load_or_create_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_secret_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret.key"
    load_or_create_secret(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_or_create_secret(path)


@pytest.mark.parametrize("length", [0, 31, 64])
def test_a_secret_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(bytes(length))
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=f"{length} bytes"):
        load_or_create_secret(path)
