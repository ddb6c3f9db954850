"""Who is writing: a cookie that only we can issue, and the address it stands for."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from bot.errors import ConfigError

KEPT_S = 30 * 86400  # how long a device that is only one person's stays known
SECRET_BYTES = 32
SHORTEST_KEY = 16  # bytes
_COOKIE = re.compile(r"([ks])\.([A-Za-z0-9_-]{43})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. `kept`: the contact said that the device is only theirs, so the cookie outlives the browser window."""

    secret: str
    kept: bool = False

    @property
    def address(self) -> str:
        """Return what the store may know: nobody can make the cookie from it."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


class Sessions:
    """Issues, reads and takes back session cookies; `secure` is off on plain http at loopback only."""

    def __init__(self, key: bytes, *, secure: bool) -> None:
        if len(key) < SHORTEST_KEY:
            raise ConfigError("the key of web sessions is too short")
        self._key, self._secure = key, secure
        self.cookie = "__Host-dragoman" if secure else "dragoman"

    def new(self) -> Session:
        """Make a session nobody had before."""
        return Session(secrets.token_urlsafe(SECRET_BYTES))

    def read(self, cookies: Mapping[str, str]) -> Session | None:
        """Return the session of a cookie that we issued, else None: a value somebody else planted is worth nothing."""
        parts = _COOKIE.fullmatch(cookies.get(self.cookie, ""))
        if parts is None:
            return None
        mark, secret, seal = parts.groups()
        if not hmac.compare_digest(seal, self._seal(f"{mark}.{secret}")):
            return None
        return Session(secret, kept=mark == "k")

    def give(self, response: Response, session: Session, *, kept: bool | None = None) -> None:
        """Set the cookie: for 30 days where the device is only theirs, else until the browser closes."""
        session = session if kept is None else replace(session, kept=kept)
        body = f"{'k' if session.kept else 's'}.{session.secret}"
        self._set(response, f"{body}.{self._seal(body)}", KEPT_S if session.kept else None)

    def take_back(self, response: Response) -> None:
        """Expire the cookie."""
        self._set(response, "", 0)

    def _seal(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()

    def _set(self, response: Response, value: str, max_age_s: int | None) -> None:
        response.set_cookie(self.cookie, value, max_age=max_age_s, path="/", secure=self._secure, httponly=True, samesite="lax")
