"""Who is at a page of the desk: the cookie of a login, what proves that a request is our page's own, and the pages that are open."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.cases import Attachment, Staff
from bot.channels.desk.host import DeskHost, Login
from bot.channels.web.address import FAILED_LOGINS, AddressLimit
from bot.channels.web.origin import is_same_origin

COOKIE_S: Final = 7 * 86400  # no login lasts longer; the store ends it earlier where nobody uses it
CSRF_HEADER: Final = "x-desk-csrf"
PAGES_PER_LOGIN: Final = 8  # another one closes the oldest
CLOSE_NO_LOGIN: Final = 4401
CLOSE_REPLACED: Final = 4409
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}", re.ASCII)
_ATTACHMENT: TypeAdapter[tuple[int, Attachment]] = TypeAdapter(tuple[int, Attachment])


@dataclass(frozen=True, slots=True)
class Visit:
    """A request or page of somebody who is logged in, with the token that says so."""

    login: Login
    token: str

    @property
    def staff(self) -> Staff:
        """Return who it is."""
        return self.login.staff

    @property
    def csrf(self) -> str:
        """Return what a page of this login must send with everything it changes."""
        return _keyed(self.token, b"csrf")

    def is_ours(self, csrf: str) -> bool:
        """Say whether that came along."""
        return hmac.compare_digest(csrf.encode(), self.csrf.encode())

    def seal(self, number: int, attachment: Attachment) -> str:
        """Name an uploaded file so that only this login can send it, and only in this case."""
        raw = base64.urlsafe_b64encode(_ATTACHMENT.dump_json((number, attachment))).decode()
        return f"{raw}.{_keyed(self.token, b'file ' + raw.encode())}"

    def unseal(self, number: int, sealed: str) -> Attachment | None:
        """Return the file of a name we gave, else None."""
        raw, _, seal = sealed.rpartition(".")
        if not (sealed.isascii() and hmac.compare_digest(seal, _keyed(self.token, b"file " + raw.encode()))):
            return None
        try:
            of, attachment = _ATTACHMENT.validate_json(base64.urlsafe_b64decode(raw))
        except (ValueError, ValidationError):
            return None
        return attachment if of == number else None


def _keyed(token: str, purpose: bytes) -> str:
    return hmac.new(token.encode(), b"desk " + purpose, hashlib.sha256).hexdigest()


class Logins:
    """Reads, gives and takes back the cookie of a login; `https` is off on plain http at loopback only."""

    def __init__(self, host: DeskHost, *, https: bool) -> None:
        self._host, self._https = host, https
        self.failures = AddressLimit(FAILED_LOGINS)
        self.cookie = "__Host-dragoman-desk" if https else "dragoman-desk"

    def is_same_origin(self, connection: HTTPConnection) -> bool:
        """Tell whether one of our own pages sent this."""
        return is_same_origin(connection, https=self._https)

    async def of(self, connection: HTTPConnection) -> Visit | None:
        """Return whose login a cookie is; a value we did not give out is nobody's. Raises StoreError."""
        return await self.by_token(connection.cookies.get(self.cookie, ""))

    async def by_token(self, token: str) -> Visit | None:
        """Return whose login a token is, None when it has ended. Raises StoreError."""
        login = await self._host.login_of(token) if _TOKEN.fullmatch(token) else None
        return Visit(login, token) if login is not None else None

    def give(self, response: Response, token: str) -> None:
        """Set the cookie of a new login."""
        self._set(response, token, COOKIE_S)

    def take_back(self, response: Response) -> None:
        """Expire the cookie."""
        self._set(response, "", 0)

    def _set(self, response: Response, value: str, max_age_s: int) -> None:
        response.set_cookie(self.cookie, value, max_age=max_age_s, path="/", secure=self._https, httponly=True, samesite="strict")


# ---------------------------------------------------------------- open pages


class Door:
    """One open page, which may be shut from elsewhere."""

    def __init__(self, staff_id: str, session_id: str) -> None:
        self.staff_id, self.session_id, self.code = staff_id, session_id, CLOSE_NO_LOGIN
        self._shut = asyncio.Event()

    def shut(self, code: int = CLOSE_NO_LOGIN) -> None:
        """End the page's connection with a code."""
        self.code = code
        self._shut.set()

    async def wait(self) -> int:
        """Wait until the page is to end; returns the code."""
        await self._shut.wait()
        return self.code


class Doors:
    """All open pages of this process."""

    def __init__(self) -> None:
        self._doors: list[Door] = []

    @contextmanager
    def door(self, visit: Visit) -> Iterator[Door]:
        """Hold a page open for as long as the block runs."""
        door = Door(visit.staff.id, visit.login.session.id)
        same = [other for other in self._doors if other.session_id == door.session_id]
        if len(same) >= PAGES_PER_LOGIN:
            same[0].shut(CLOSE_REPLACED)
        self._doors.append(door)
        try:
            yield door
        finally:
            self._doors.remove(door)

    def shut_login(self, staff_id: str, session_id: str) -> None:
        """End the pages of a login that has ended."""
        for door in tuple(self._doors):
            if (door.staff_id, door.session_id) == (staff_id, session_id):
                door.shut()

    def shut_staff(self, staff_id: str) -> None:
        """End the pages of somebody who is no longer staff."""
        for door in tuple(self._doors):
            if door.staff_id == staff_id:
                door.shut()


# ---------------------------------------------------------------- devices

_SYSTEMS = (("android", "Android"), ("iphone", "iPhone"), ("ipad", "iPad"), ("windows", "Windows"), ("mac os", "macOS"), ("linux", "Linux"))
_BROWSERS = (("edg/", "Edge"), ("opr/", "Opera"), ("firefox/", "Firefox"), ("chrome/", "Chrome"), ("safari/", "Safari"))


def device_of(user_agent: str) -> str:
    """Name a browser in two words ("Firefox · Android"), so that people know their logins apart; nothing finer is kept."""
    agent = user_agent[:400].casefold()
    found = [next((name for sign, name in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in found if name)
