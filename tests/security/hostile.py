"""Hostile requests by the thousand, from one seed: real payloads and odd ones with parts replaced, deepened, repeated and cut."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests import odd

FIXTURES = Path(__file__).parents[1] / "fixtures" / "telegram"
PARTS: Sequence[Any] = (
    *odd.WRONG,
    *odd.HUGE,
    *odd.MARKUP,
    *odd.EMOJI,
    *odd.NAMES,
    *odd.COMMANDS,
    *odd.PRESSES[:30],
    *odd.BLANK,
    "\x00",
    "a" * 5_000,
    [[[[[[[[[[]]]]]]]]]],
    {"a": {"a": {"a": {}}}},
    [None] * 50,
    "__proto__",
    "constructor",
    float("inf"),
    -0.0,
)
NAMES = ("id", "update_id", "message", "chat", "from", "text", "date", "type", "deed", "number", "key", "ids", "name", "role", "extra", "")


def changed(chance: random.Random, value: Any, depth: int = 0) -> Any:
    """Replace, drop, add or repeat one part of a JSON value, somewhere."""
    if depth > 8 or not isinstance(value, dict | list) or not value or chance.random() < 0.15:
        return chance.choice(PARTS)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [*value[:at], changed(chance, value[at], depth + 1), *value[at + 1 :]] if chance.random() < 0.8 else value * 3
    found = dict(value)
    name = chance.choice(list(found))
    match chance.randrange(8):
        case 0:
            del found[name]
        case 1:
            found[chance.choice(NAMES)] = chance.choice(PARTS)
        case 2:
            found[name] = {name: found[name]}
        case _:
            found[name] = changed(chance, found[name], depth + 1)
    return found


def damaged(chance: random.Random, raw: bytes) -> bytes:
    """Cut, flip or repeat bytes."""
    at = chance.randrange(len(raw) + 1)
    match chance.randrange(4):
        case 0:
            return raw[:at]
        case 1:
            return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
        case 2:
            return raw[:at] + raw[: at // 2] + raw[at:]
        case _:
            return bytes(chance.randrange(256) for _ in range(chance.randrange(200)))


def bodies(chance: random.Random, count: int, good: Sequence[Any]) -> Iterator[bytes]:
    """Yield `count` bodies made from good ones."""
    for _ in range(count):
        value = chance.choice(good)
        for _again in range(chance.choice((1, 1, 1, 2, 4))):
            value = changed(chance, value)
        raw = json.dumps(value).encode()
        yield damaged(chance, raw) if chance.random() < 0.1 else raw


def updates() -> list[Any]:
    """Return the real updates that tests keep."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FIXTURES.glob("*.json"))]


SEGMENTS = (
    "1", "0", "-1", "2", "9" * 16, "9" * 400, "٣", "x", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "..%5c..%5cwindows", "%00", "a%00b",
    "%ff%fe", "%c0%af", "%e2%80%ae", "madrid", "egov", "nie", "en.json", "es.json", "....//", "%2f", "%252e%252e%252f", "😀", "'", '"',
    "<b>", "%0d%0aSet-Cookie:%20x=1", "null", "NaN", "1e3", "1.0", "０", "app.js", "chat.js", ".git", "..;", "~root", "con", "a" * 3000,
)  # fmt: skip
QUERIES = (
    "", "?lang=en", "?lang=../..", "?lang=%00", "?lang=<svg>", "?after=1", "?after=-1", "?after=x", "?after=" + "9" * 60, "?wait=0",
    "?case=1", "?case=x", "?case=1&q=" + "a" * 900, "?case=1&name=..%2fx.html&kind=photo", "?city=madrid", "?city=%ff", "?before=1",
    "?before=x", "?size=a6&lang=ar", "?start=e_madrid_egov_nie", "?a&b&&=&=x&%", "?x=%", "?" + "&".join(f"k{n}=v" for n in range(300)),
    "?id=abc&name=x.png", "?id=%00&name=%00", "?number=1&line=1",
)  # fmt: skip


def targets(chance: random.Random, paths: Sequence[str]) -> Iterator[str]:
    """Yield addresses without end: a path of ours with odd parts, or one that nobody has."""
    while True:
        path = chance.choice(paths)
        while "{" in path:
            before, _, rest = path.partition("{")
            path = f"{before}{chance.choice(SEGMENTS)}{rest.partition('}')[2]}"
        if chance.random() < 0.1:
            path += chance.choice(("/", "//", "/..", "%2f", ";x", ".json", "/" + chance.choice(SEGMENTS)))
        yield path + chance.choice(QUERIES)


def headers(chance: random.Random, *given: tuple[str, str]) -> list[tuple[str, str]]:
    """Return headers of which some are wrong, odd or twice there."""
    found = [header for header in given if chance.random() < 0.93]
    if chance.random() < 0.4:
        found.append(chance.choice(ODD_HEADERS))
    if found and chance.random() < 0.05:
        found.append(chance.choice(found))
    return found


ODD_HEADERS = (
    ("content-length", "²"), ("content-length", "9" * 5000), ("content-length", "-5"), ("content-type", "multipart/x"),
    ("content-type", "application/x-www-form-urlencoded"), ("content-type", "é"), ("content-encoding", "gzip"), ("accept-language", "x"),
    ("accept-language", "en;q=nan,ar;q=inf,es;q=-1"), ("accept-language", "*;q=1e999,../../x"), ("cookie", "dragoman=" + "a" * 4000),
    ("cookie", '__Host-dragoman="s.\\"\x80"'), ("cookie", ";;;=;="), ("origin", "null"), ("origin", "https://[::1"), ("origin", "https://x@y:z"),
    ("origin", "\xff"), ("host", ""), ("host", "evil.example"), ("sec-fetch-site", "cross-site"), ("user-agent", "\x00\xff" * 300),
    ("x-forwarded-for", "'; --"), ("x-desk-csrf", "é" * 64), ("range", "bytes=0-99999999999"), ("accept-encoding", "gzip;q=0"),
    ("if-none-match", "*"), ("transfer-encoding", "chunked"), ("x-http-method-override", "DELETE"), ("expect", "100-continue"),
    ("upgrade", "websocket"),
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO", "get", "")
