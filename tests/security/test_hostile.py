"""20,000 hostile requests to each door: the webhook, the chat, the desk. Each gets an answer that was meant, and afterwards all is well.

`HOSTILE_SEED=... pytest tests/security` repeats or varies a run."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest_asyncio
from starlette.routing import Route

from bot.cases import Profile
from bot.channels.desk.bodies import read_frame as read_desk_frame
from bot.channels.telegram.webhook import PATH, SECRET_HEADER
from bot.channels.web.frames import MAX_FRAME_BYTES, read_frame
from tests import odd
from tests.security import hostile
from tests.security.house import Answer, House, house

MANY = 20_000
SOME = 40  # frames of one connection: fewer than may wait for a page that does not read
PNG = b"\x89PNG\r\n\x1a\n0000"
ADMIN = Profile("Root", "admin", "")

FRAMES = [
    {"id": "a1", "type": "text", "text": "hola"},
    {"id": "a2", "type": "command", "name": "start", "argument": "e_madrid_egov_nie"},
    {"id": "a3", "type": "button", "token": "abc", "index": 0},
    {"id": "a4", "type": "location", "latitude": 40.4, "longitude": -3.7},
    {"type": "ping"},
    {"device": "own"},
    {"erased": False},
]
DEEDS = [
    {"type": "claim"},
    {"type": "reply", "text": "hola", "place": [40.4, -3.7]},
    {"type": "reply", "text": "", "file": "x.y"},
    {"type": "entry", "entry_id": "egov.nie"},
    {"type": "note", "text": "x"},
    {"type": "pass", "reason": "x", "topic": "housing"},
    {"type": "close", "outcome": "solved"},
    {"type": "reopen"},
    {"type": "correct", "line": 1, "text": "x"},
    {"type": "withdraw", "line": 1},
    {"type": "report", "entry_id": "egov.nie", "why": "x"},
]
WISHES = [
    *({"number": 1, "key": "k", "deed": deed} for deed in DEEDS),
    {"code": "x" * 20},
    {"email": "a@b.example"},
    {"number": 1, "accepts": True},
    {"is_available": True, "away_until": "2026-12-01T00:00:00Z", "substitute": "x"},
    {"wake_by": "email", "email": "a@b.example"},
    {"end": "x"},
    {"kind": "advice", "locale": "en"},
    {"name": "x", "role": "advisor", "city": "madrid", "languages": ["es"], "topics": ["housing"], "hours": "Mo-Fr 09:00-17:00"},
    {"id": "x"},
    {"id": 1},
    {"ids": [1, 2], "entry_id": "egov.nie"},
    {},
]


@pytest_asyncio.fixture
async def home() -> AsyncIterator[House]:
    async with house() as found:
        yield found


def meant(answer: Answer) -> bool:
    """Say whether an answer was meant: no error of the server, and "later" says when."""
    return answer.status < 500 or (answer.status == 503 and answer.header("retry-after").isdecimal())


async def test_the_webhook(home: House, chance: random.Random) -> None:
    good = [*hostile.updates(), *(item.update for item in odd.updates(chance, MESSAGE) if len(str(item.update)) < 5_000)]
    numbers, statuses = itertools.count(1), Counter[int]()
    for raw in hostile.bodies(chance, MANY, good):
        body = numbered(raw, next(numbers)) if chance.random() < 0.9 else raw
        secret = home.hook[SECRET_HEADER] if chance.random() < 0.97 else chance.choice(("", "x", home.hook[SECRET_HEADER][:-1], "é"))
        answer = await home.call(PATH, body, hostile.headers(chance, (SECRET_HEADER, secret)), "POST")
        assert meant(answer), (answer.status, body[:500])
        statuses[answer.status] += 1
    print(statuses)
    assert set(statuses) <= {200, 400, 403, 413, 503}
    assert min(statuses[200], statuses[400], statuses[403]) > 100
    await home.service.idle()
    figures = await home.store.figures()
    assert (figures["inbox_waiting"], figures["inbox_failed"]) == (0, 0)


MESSAGE: odd.Json = {
    "message_id": 1,
    "from": {"id": 1, "is_bot": False, "first_name": "x", "language_code": "es"},
    "chat": {"id": 1, "type": "private"},
    "date": 1_800_000_000,
}


def numbered(raw: bytes, number: int) -> bytes:
    """Give an update a number of its own, so that it is not taken for a repeated one."""
    return raw.replace(b'"update_id": ', b'"update_id": ' + str(number).encode(), 1)


async def test_the_chat(home: House, chance: random.Random) -> None:
    paths = [path for path in paths_of(home) if not path.startswith(("/desk", "/telegram"))]
    cookies = [await home.contact() for _ in range(20)]
    good = [*FRAMES, *(json.loads(frame) for frame in odd.frames(chance) if is_small_json(frame))]
    statuses = await attacked(home, chance, paths, good, cookies, [""])
    assert min(statuses[code] for code in (200, 400, 401, 403, 404, 405)) > 50


def is_small_json(frame: str | bytes) -> bool:
    try:
        return len(frame) < 5_000 and isinstance(json.loads(frame), dict)
    except ValueError:
        return False


async def test_the_desk(home: House, chance: random.Random) -> None:
    paths = [path for path in paths_of(home) if path.startswith("/desk") and path != "/desk/logout"]
    staff = [await home.hire(profile) for profile in (ADMIN, Profile("Ana", "lead", "madrid"), Profile("Eva", "peer", "madrid"))]
    for cookie, csrf in staff:
        answer = await home.post("/desk/api/practice", {"kind": "advice", "locale": "en"}, ("x-desk-csrf", csrf), cookie=cookie)
        assert answer.status == 200
    statuses = await attacked(home, chance, paths, WISHES, [cookie for cookie, _ in staff], [csrf for _, csrf in staff])
    assert min(statuses[code] for code in (200, 403, 404, 405, 415, 422)) > 50


def paths_of(home: House) -> list[str]:
    """Return the addresses of every route, parameters in braces."""
    return [route.path for route in home.app.routes if isinstance(route, Route)]


async def attacked(
    home: House, chance: random.Random, paths: list[str], good: list[object], cookies: list[str], proofs: list[str]
) -> Counter[int]:
    """Send MANY requests; returns how often each status came."""
    statuses = Counter[int]()
    for target, body in zip(hostile.targets(chance, paths), hostile.bodies(chance, MANY, good), strict=False):
        who = chance.randrange(len(cookies))
        cookie, proof = cookies[who], proofs[who % len(proofs)]
        own = [("origin", home.origin), ("content-type", "application/json"), ("cookie", cookie), ("x-desk-csrf", proof)]
        method = chance.choice(hostile.METHODS) if chance.random() < 0.1 else "POST" if chance.random() < 0.5 else "GET"
        if "/chat/messages" in target and "wait" not in target:
            target = f"{target}&wait=0"
        content = PNG * chance.randrange(3) if "/file" in target and chance.random() < 0.5 else body
        answer = await home.call(target, content, hostile.headers(chance, *own), method)
        assert meant(answer), (answer.status, method, target[:200], content[:300])
        statuses[answer.status] += 1
    await home.service.idle()
    print(statuses)
    return statuses


async def test_frames_of_the_chat_and_the_desk(home: House, chance: random.Random) -> None:
    raw = list(texts(hostile.bodies(chance, MANY, FRAMES)))
    for frame in raw:
        read_frame(frame)
        read_frame(frame.encode("utf-8", "surrogatepass"))
        read_desk_frame(frame)
    assert read_frame("x" * (MAX_FRAME_BYTES + 1)) == read_frame("é" * MAX_FRAME_BYTES)
    cookie = await home.contact()
    assert await answered(home, "/chat/socket", cookie, raw[:2_000]) > 1_000
    cookie, _csrf = await home.hire(ADMIN)
    opens = [{"type": "open", "number": 1, "after": 0}, {"type": "close", "number": 1}]
    assert await answered(home, "/desk/socket", cookie, list(texts(hostile.bodies(chance, 2_000, opens)))) > 1_000


async def answered(home: House, path: str, cookie: str, frames: list[str]) -> int:
    """Send frames, some for each connection; returns how many frames came back. Each connection lives to its end."""
    came = 0
    quiet = [frame for frame in frames if "ping" not in frame]
    for begin in range(0, len(quiet), SOME):
        back = await home.socket(path, cookie, quiet[begin : begin + SOME])
        assert any('"pong"' in str(frame.get("text")) for frame in back), quiet[begin : begin + SOME]
        came += len(back)
    return came


def texts(found: Iterator[bytes]) -> Iterator[str]:
    return (raw.decode("utf-8", "replace") for raw in found)
