"""Did this request come from our own page?"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)


def is_same_origin(connection: HTTPConnection, *, https: bool) -> bool:
    """Tell whether the page that sent this was served by us: browsers always name it, other sites cannot change it."""
    try:
        origin = urlsplit(connection.headers.get("origin", ""))
    except ValueError:
        return False
    schemes = {"https"} if https else {"http", "https"}
    return origin.scheme in schemes and origin.netloc.lower() == connection.headers.get("host", "").lower() != ""


def languages(connection: HTTPConnection) -> list[str]:
    """Return the languages the browser asks for, best first."""
    weighted: list[tuple[float, str]] = []
    for part in connection.headers.get("accept-language", "")[:200].split(","):
        tag, _, parameter = part.strip().partition(";")
        if _LANGUAGE.fullmatch(tag):
            weighted.append((_weight(parameter), tag))
    return [tag for weight, tag in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]


def _weight(parameter: str) -> float:
    """Read "q=0.8"; what is missing or unreadable counts in full."""
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 1.0
