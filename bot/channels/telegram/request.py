"""HTTP to a Bot API server: aiohttp under python-telegram-bot's client, with errors that say whether a request left this machine."""

from __future__ import annotations

import io
import json

import aiohttp
from telegram.error import NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.http import READ_S, NotSent, Uncertain, exchange, session_of

TOO_MANY_REQUESTS = 429


class NotSentError(NetworkError):
    """No connection was made, so the request surely did not arrive."""


class UncertainError(NetworkError):
    """The request may have arrived: the answer is missing, late, cut or unreadable."""


class ThrottledError(TelegramError):
    """The server asks to wait; python-telegram-bot's own RetryAfter warns about a coming change each time it is made."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"throttled for {retry_after_s} s")
        self.retry_after_s = retry_after_s


class AiohttpRequest(BaseRequest):
    """A pool of connections. Texts of foreign errors are dropped, since some hold the address and with it the token."""

    __slots__ = ("_connections", "_session")

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Return the time of a whole call in seconds, where none is named."""
        return READ_S

    async def initialize(self) -> None:
        """Open the pool."""
        if self._session is None:
            self._session = session_of(self._connections)

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Return status and body. Raises NotSentError, UncertainError or ThrottledError."""
        if self._session is None:
            raise NotSentError("closed")
        total = float(read_timeout) if isinstance(read_timeout, (int, float)) else READ_S
        body, headers = _body(request_data)
        try:
            status, payload = await exchange(self._session, method, url, total_s=total, data=body, headers=headers)
        except NotSent as error:
            raise NotSentError(str(error)) from None
        except Uncertain as error:
            raise UncertainError(str(error)) from None
        if status == TOO_MANY_REQUESTS:
            raise ThrottledError(_retry_after(payload))
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        """Read an answer; unlike the method it replaces, it never logs what it could not read."""
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or ("result" not in answer and answer.get("ok") is not False):
            raise UncertainError("unreadable answer") from None
        return answer


def _body(request_data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    if request_data is None:
        return None, {}
    if not request_data.contains_files:
        return request_data.json_payload, {"Content-Type": "application/json"}
    form = aiohttp.FormData(request_data.json_parameters, quote_fields=False)  # quoted, a space in a file name shows as %20
    for name, (filename, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, io.BytesIO(content) if isinstance(content, bytes) else content, filename=filename, content_type=media_type)
    return form, {}


def _retry_after(payload: bytes) -> float:
    """Return the seconds an answer with status 429 names, or 1 where it names none."""
    try:
        seconds = json.loads(payload)["parameters"]["retry_after"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 1.0
    return max(0.0, float(seconds)) if isinstance(seconds, (int, float)) else 1.0
