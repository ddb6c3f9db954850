"""HTTP to a platform: errors say whether a call left this machine, and drop the texts of foreign ones, since some hold a token."""

from __future__ import annotations

from typing import Any, Final

import aiohttp

CONNECT_S: Final = 4.0  # also covers waiting for a free connection
READ_S: Final = 9.0  # a whole call; below the 15 s a sender holds its lease


class NotSent(Exception):
    """No connection was made, so the call surely did not arrive."""


class Uncertain(Exception):
    """The call may have arrived: the answer is missing, late, cut or too long."""


def session_of(connections: int) -> aiohttp.ClientSession:
    """Open a pool of connections."""
    connector = aiohttp.TCPConnector(limit=connections, ttl_dns_cache=60)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


async def exchange(
    session: aiohttp.ClientSession, method: str, url: str, *, total_s: float = READ_S, most: int | None = None, **more: Any
) -> tuple[int, bytes]:
    """Make a call; returns status and body, of at most `most` bytes. `more` goes to aiohttp. Raises NotSent or Uncertain."""
    timeout = aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S, sock_connect=CONNECT_S)
    try:
        async with session.request(method, url, timeout=timeout, allow_redirects=False, **more) as answer:
            body = await answer.read() if most is None else await _bounded(answer, most)
            return answer.status, body
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
        raise NotSent(type(error).__name__) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Uncertain(type(error).__name__) from None


async def _bounded(answer: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > most:
            raise Uncertain("TooLong")
    return bytes(body)
