"""What one network address may do: a shelter or a camp shares one, so that only new sessions and failed logins are counted by it."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable
from typing import Final

from starlette.requests import HTTPConnection

from bot.pace import Buckets, Pace

NEW_SESSIONS: Final = Pace(60, 1.0)
FAILED_LOGINS: Final = Pace(10, 10 / 60)
NETWORK_BITS: Final = 64  # of an IPv6 address: a household has so many that only its network tells it apart


class AddressLimit:
    """Counts by address. Of an address only a hash is kept, in memory, under a key that nobody has after the process ends.

    This machine's own address is nobody's: it is a proxy that TRUSTED_PROXIES does not name, behind which all people look alike."""

    def __init__(self, pace: Pace, timer: Callable[[], float] = time.monotonic) -> None:
        self._buckets: Buckets[bytes] = Buckets(pace)
        self._key, self._timer = secrets.token_bytes(32), timer
        self.refused = 0  # since this process began

    def take(self, connection: HTTPConnection) -> float:
        """Take one and return 0, or return the seconds until there is one."""
        name = self._name(connection)
        wait_s = self._buckets.take(name, self._timer()) if name else 0.0
        self.refused += wait_s > 0
        return wait_s

    def give_back(self, connection: HTTPConnection) -> None:
        """Put one back: it was no failure after all."""
        if name := self._name(connection):
            self._buckets.give_back(name)

    def _name(self, connection: HTTPConnection) -> bytes | None:
        network = network_of(connection.client.host if connection.client else "")
        return hmac.digest(self._key, network, hashlib.sha256) if network else None


def network_of(host: str) -> bytes | None:
    """Return what tells an address apart; None for this machine's own and for what is no address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    return address.packed if address.version == 4 else address.packed[: NETWORK_BITS // 8]
