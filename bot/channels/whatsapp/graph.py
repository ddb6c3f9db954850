"""Calls of the Cloud API, and what their errors mean for a message: our ChannelError tree, without any text the platform quotes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from bot.channels.http import NotSent, Uncertain, exchange, session_of
from bot.channels.whatsapp.parse import is_user
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ContactBlocked

CONNECTIONS: Final = 64
MAX_ANSWER: Final = 1024 * 1024
CALL_S: Final = 8.0

# Codes of the Cloud API (developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes, read November 2026)
THROTTLED: Final[Mapping[int, float]] = {4: 60, 80007: 60, 130429: 2, 131048: 300, 131056: 6, 131064: 60}  # seconds to wait
UNREACHABLE: Final = frozenset({131026, 131030, 131050, 131062})  # this person cannot be written to, or does not want to be
TOO_LATE: Final = 131047  # more than 24 hours after the person's last message
NOT_NOW: Final = frozenset({1, 2, 131000, 131016, 131057, 133004, 133006})  # it failed there; later it may work
OUR_ACCOUNT: Final = frozenset(
    {0, 3, 10, 190, 368, 131005, 131031, 131042, 131045, 133010}
)  # the token, the account, a bill: not this message
NO_FILE: Final = 131053
OF_A_FILE: Final = frozenset({131051, 131052, NO_FILE})
TOO_MANY_REQUESTS: Final = 429
SERVER_ERROR: Final = 500


class Refused(ChannelRejected):
    """WhatsApp refuses a message; `code` is its reason."""

    def __init__(self, code: int) -> None:
        super().__init__(f"whatsapp: error {code}")
        self.code = code


class TokenRefused(ChannelError):
    """WhatsApp refuses the token, or the account must do something: no message of ours is at fault."""


class Graph:
    """The API for one telephone number. Raises the ChannelError tree."""

    def __init__(self, url: str, token: str, phone_id: str) -> None:
        self._url, self._phone_id = url, phone_id
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open the connections."""
        if self._session is None:
            self._session = session_of(CONNECTIONS)

    async def close(self) -> None:
        """Close them."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def number(self) -> str:
        """Return the number people write to, digits alone. Raises the ChannelError tree."""
        answer = await self._call("GET", f"{self._url}/{self._phone_id}", params={"fields": "display_phone_number"})
        return "".join(filter(str.isdecimal, str(answer.get("display_phone_number", ""))))

    async def send(self, address: str, content: Mapping[str, Any]) -> str:
        """Send a message; returns WhatsApp's id of it.

        People are addressed by the id that stands for them before us; where a number stands in its place, messages get lost."""
        where = {"recipient": address} if is_user(address) else {"to": address}
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **where, **content}
        answer = await self._call("POST", f"{self._url}/{self._phone_id}/messages", json=body)
        try:
            return str(answer["messages"][0]["id"])
        except (KeyError, IndexError, TypeError):
            raise ChannelError("whatsapp: unreadable answer", retryable=True, uncertain=True) from None

    async def upload(self, content: bytes, name: str, media_type: str) -> str:
        """Store a file there; returns its id."""
        form = aiohttp.FormData({"messaging_product": "whatsapp", "type": media_type}, quote_fields=False)
        form.add_field("file", io.BytesIO(content), filename=name, content_type=media_type)
        try:
            answer = await self._call("POST", f"{self._url}/{self._phone_id}/media", data=form, is_harmless=True)
        except Refused:
            raise Refused(NO_FILE) from None
        found = answer.get("id")
        if not isinstance(found, str):
            raise ChannelError("whatsapp: unreadable answer", retryable=True)
        return found

    async def download(self, media_id: str, most: int) -> bytes:
        """Return the content of a file somebody sent, of at most `most` bytes."""
        known = await self._call("GET", f"{self._url}/{media_id}", params={"phone_number_id": self._phone_id})
        url, size = known.get("url"), known.get("file_size")
        if not isinstance(url, str) or (isinstance(size, int) and size > most):
            raise ChannelRejected("whatsapp: the file is too large, or gone")
        status, content = await self._exchange("GET", url, most=most)
        if status >= SERVER_ERROR:
            raise ChannelError("whatsapp: the file cannot be had now", retryable=True)
        if status != 200:
            raise ChannelRejected("whatsapp: the file is gone")
        return content

    async def _call(self, method: str, url: str, *, is_harmless: bool = False, **more: Any) -> dict[str, Any]:
        """Make a call; `is_harmless`: nobody sees anything if it happens twice."""
        status, body = await self._exchange(method, url, most=MAX_ANSWER, is_harmless=is_harmless or method == "GET", **more)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise _without_reason(status)
        if status != 200 or "error" in answer:
            raise _error(status, answer)
        return answer

    async def _exchange(self, method: str, url: str, *, most: int, is_harmless: bool = True, **more: Any) -> tuple[int, bytes]:
        if self._session is None:
            raise ChannelError("whatsapp: not started", retryable=True)
        try:
            return await exchange(self._session, method, url, most=most, headers=self._headers, total_s=CALL_S, **more)
        except NotSent as error:
            raise ChannelError(f"whatsapp: no connection ({error})", retryable=True) from None
        except Uncertain as error:
            raise ChannelError(f"whatsapp: no answer ({error})", retryable=True, uncertain=not is_harmless) from None


def _error(status: int, answer: Mapping[str, Any]) -> ChannelError:
    """Translate an answer that names a reason."""
    found = answer.get("error")
    code = found.get("code") if isinstance(found, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return _without_reason(status)
    if code in THROTTLED:
        return ChannelThrottled(THROTTLED[code])
    if code in UNREACHABLE:
        return ContactBlocked(f"whatsapp: error {code}")
    if code in OUR_ACCOUNT:
        return TokenRefused(f"whatsapp: error {code}", retryable=True)
    if code in NOT_NOW:
        return ChannelError(f"whatsapp: error {code}", retryable=True, uncertain=status >= SERVER_ERROR)
    return Refused(code)


def _without_reason(status: int) -> ChannelError:
    if status == TOO_MANY_REQUESTS:
        return ChannelThrottled(1.0)
    if 400 <= status < SERVER_ERROR:
        return (
            TokenRefused(f"whatsapp: status {status}", retryable=True)
            if status in (401, 403)
            else ChannelRejected(f"whatsapp: status {status}")
        )
    return ChannelError(f"whatsapp: status {status}", retryable=True, uncertain=True)
