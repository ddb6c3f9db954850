"""Odd things people, other programs and broken clients send: texts, Telegram updates, page frames, raw bodies. All from one seed."""

from __future__ import annotations

import json
import random
import sys
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from tests.botapi.world import Json

HUGE = (2**31, 2**53 + 1, 2**63, 2**64, 10**30, -1, 0, -(10**12))
WRONG = (None, True, 0, -1, 1.5, 1e308, 10**30, "", "x", "\ud800", [], [[]], {}, {"id": "x"})
COMBINING = [chr(code) for code in range(0x300, 0x370)]
ZEROS = [code for code in range(sys.maxunicode + 1) if unicodedata.decimal(chr(code), None) == 0]

BLANK = [
    "",
    " ",
    "\t\n\r ",
    "\n" * 50,
    "\u00a0",
    "\u200b\u200c\u200d",
    "\u2800",
    "\u3164",
    "\ufeff",
    "\u200e\u200f",
    "\u2066\u2069",
    "\u202e",
]
LONG = [
    "a" * 100_000,
    "ا" * 100_000,
    "😀" * 100_000,
    "\n" * 100_000,
    "a " * 50_000,
    "&<>" * 34_000,
    "a" + "\u0301" * 100_000,
    "中" * 100_000,
]
LONG += ["1" * 100_000, "\u202e" * 100_000, "/start " + "x" * 100_000, "no puedo " * 12_000]
MARKUP = [
    "<b>", "</b></i>", "<a href='javascript:alert(1)'>x</a>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--",
    "]]>", "&lt;b&gt;", "&#x202e;", "&nbsp", "*bold* _it_ `code` [x](y) ~s~ ||spoiler||", "_", "*", "[", "](", "```\n", "\\", "# title",
    "> quote", "'; DROP TABLE inbox; --", "1 OR 1=1", "\" OR \"\"=\"", "x'; SELECT pg_sleep(9); --", "%s %d %n", "{number}",
    "{0.__class__}", "{{7*7}}", "${7*7}", "$(reboot)", "`id`", "../../etc/passwd", "C:\\Windows", "\\x00\\u0000", "null", "undefined",
    "NaN", "true", "[]", "{}", '{"type":"text"}', "http://a.example", "tel:112", "mailto:a@b.example", "@dragoman_test_bot", "#hashtag",
    "tg://user?id=1", "=cmd|' /C calc'!A0",
]  # fmt: skip
EMOJI = ["😀", "👍🏿", "👨‍👩‍👧‍👦", "🇪🇸🇸🇾", "1️⃣", "🏳️‍🌈", "❤️‍🔥", "🆘🆘🆘", "😭😭😭😭😭", "🪪", "\U0001f1ea", "\ufe0f", "♿️", "☎ 📞", "🤷‍♀️ nie"]
NAMES = [
    "محمد بن عبد الله", "שרה כהן", "فاطمة الزهراء", "علیرضا کریمی", "李小龍", "ዮሐንስ", "ሰላም ተስፋይ", "Đặng Thị Hồng", "Ñuñoa Ibáñez",
    "O'Brien-Łukaszewicz", "Müller ßß", "ياسر Yasser ياسر", "Madrid مدريد 马德里 Мадрид", "я хочу NIE por favor من فضلك", "ñ", "ß",
    "ı İ i I", "ﷺ", "𝕹𝕴𝕰", "ＮＩＥ", "Ⓝⓘⓔ", "n i e", "N.I.E.", "nie?nie!nie",
]  # fmt: skip
COMMANDS = [
    "/", "//", "/ menu", "/MENU", "/menu@dragoman_test_bot", "/menu@somebody_else", "/unknown", "/unknown with words", "/start",
    "/start x", "/start e_", "/start e_madrid_egov_", "/start e_madrid_egov_nie", "/start e_atlantis_egov_nie", "/start i_code",
    "/start m_code", "/start ../../x", "/start 😀", "/city", "/city 💥", "/city Madrid", "/city Atlantis", "/city madrid:alcorcon",
    "/language", "/language klingon", "/language العربية", "/language \u202e", "/language fr", "/human", "/human x", "/help", "/help 1",
    "/stop", "/stop now", "/cancel", "/cancel x", "/mydata", "/mydata x", "/delete", "/delete all", "/start\n/menu", "/menu /help",
    "/menu\u200b", "／menu", "menu/", "/start@", "/" + "a" * 500,
]  # fmt: skip
PRESSES = [
    "", ":", "x", "x:", ":0", "x:0", "x:-1", "x:1000", "x:00", "x:٣", "x:0x1", "x:1e3", "x: 1", "x:1:1", "egov.nie", "entry:egov.nie",
    "do:delete", "city:madrid", "a" * 64, "a" * 65, "é" * 40, "😀:0", "\u202ex:0", "\x00:0", "'; DROP TABLE outbox; --", "../x:0",
    "null", "{}", "x\n:0", "\ud800:0", "0:0", "-:9", "_:99", "x" * 5000 + ":0",
]  # fmt: skip


def texts(chance: random.Random) -> list[str]:
    """Return every family of odd texts."""
    controls = [f"ho{chr(code)}la" for code in (*range(32), *range(0x7F, 0xA0))]
    bidi = [
        f"a{chr(code)}b {chr(code)}"
        for code in (0x200E, 0x200F, 0x61C, *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xFFFC, 0xFFFE)
    ]
    surrogates = ["\ud800", "x\udc00y", "\udfff\ud800", "nie \ud83d", "\ude00 nie"]
    digits = [chr(zero + 1) for zero in ZEROS] + ["".join(chr(zero + int(digit)) for digit in "112") for zero in ZEROS[::3]]
    digits += ["0", "00", "1", "99", "100", "-1", "+1", "1.", "1)", "1,5", "²", "①", "Ⅷ", "½", "一", "٣", "۱۲", "9" * 400, "1 2", "0x1"]
    zalgo = ["".join(letter + "".join(chance.choices(COMBINING, k=chance.randint(1, 40))) for letter in "ayuda nie") for _ in range(8)]
    noise = ["".join(_letters(chance)) for _ in range(60)]
    return [*BLANK, *LONG, *MARKUP, *EMOJI, *NAMES, *COMMANDS, *controls, *bidi, *surrogates, *digits, *zalgo, *noise]


def _letters(chance: random.Random) -> Iterator[str]:
    """Yield letters from anywhere in Unicode, mostly of one block."""
    block = chance.choice((0x20, 0x400, 0x600, 0x900, 0xE00, 0x1200, 0x4E00, 0xAC00, 0x1F300))
    for _ in range(chance.randint(1, 60)):
        code = chance.randrange(block, block + 0x100) if chance.random() < 0.9 else chance.randrange(0x20, sys.maxunicode)
        yield chr(code) if not 0xD800 <= code < 0xE000 else " "


# ---------------------------------------------------------------- Telegram


@dataclass(frozen=True, slots=True)
class Odd:
    """One update without its id. `answered`: a person wrote something and must hear from us."""

    name: str
    update: Json
    answered: bool


def updates(chance: random.Random, message: Json) -> list[Odd]:
    """Return odd updates around a plain private `message` frame (without content)."""
    found = [Odd("text", {"message": {**message, "text": text}}, True) for text in texts(chance)]
    found += [
        Odd("edited", {"edited_message": {**message, "edit_date": 1_800_000_000, "text": text}}, True)
        for text in chance.sample(texts(chance), 40)
    ]
    found += [Odd("media", {"message": {**message, **content}}, True) for content in _media(chance)]
    found += [Odd("press", {"callback_query": _press(message, data)}, True) for data in PRESSES]
    found += [Odd("quiet", update, False) for update in _quiet(message)]
    return found + [Odd("broken", update, False) for update in (*_lacking(message), *_mistyped(chance, message), *_foreign(message))]


def _media(chance: random.Random) -> Iterator[Json]:
    file = {"file_id": "A", "file_unique_id": "B"}
    size = {"width": 9, "height": 9}
    shapes: Json = {
        "photo": [{**file, **size}],
        "voice": {**file, "duration": 3},
        "audio": {**file, "duration": 3, "title": "<b>"},
        "video": {**file, **size, "duration": 3},
        "video_note": {**file, "length": 9, "duration": 3},
        "animation": {**file, **size, "duration": 3},
        "document": {**file, "file_name": "../\u202egpj.exe"},
        "sticker": {**file, **size, "type": "regular", "is_animated": False, "is_video": False},
        "contact": {"phone_number": "+34600000000", "first_name": "\u202e<b>"},
        "dice": {"emoji": "🎲", "value": 6},
        "poll": _POLL,
        "venue": {"location": {"latitude": 40.4, "longitude": -3.7}, "title": "x", "address": "y"},
        "location": {"latitude": 40.4, "longitude": -3.7},
        "story": {"chat": {"id": 1, "type": "private"}, "id": 1},
        "game": {"title": "x", "description": "y", "photo": []},
        "a_kind_nobody_knows_yet": {"deep": [1, {"x": None}]},
        "checklist": {"title": "x", "tasks": [{"id": 1, "text": "y"}]},
    }
    for name, shape in shapes.items():
        yield {name: shape}
        if name != "location":  # a place without degrees is no place: see _lacking
            yield {name: {} if isinstance(shape, dict) else []}
        yield {name: shape, "caption": chance.choice(MARKUP + EMOJI)}
    places: list[tuple[object, object]] = [
        (0, 0),
        (90, 180),
        (-90, -180),
        (91, 0),
        (1e300, 1),
        (float("nan"), 0),
        (float("inf"), 0),
    ]
    yield from ({"location": {"latitude": latitude, "longitude": longitude}} for latitude, longitude in places)
    yield from ({"text": "hola", "entities": [{"type": "bold", "offset": offset, "length": 10**9}]} for offset in (-5, 0, 10**12))
    yield {"text": "hola", "reply_to_message": {"message_id": 1}, "forward_origin": {"type": "hidden_user"}, "via_bot": {}}


_POLL: Json = {
    "id": "1",
    "question": "?",
    "options": [{"text": "a", "voter_count": 0}],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
}


def _press(message: Json, data: str) -> Json:
    shown = {"message_id": 1, "chat": message["chat"], "date": 1_700_000_000, "text": "."}
    return {"id": str(uuid.uuid4()), "from": message["from"], "message": shown, "chat_instance": "1", "data": data}


def _quiet(message: Json) -> Iterator[Json]:
    """Yield what nobody said: remarks of Telegram itself, live places, kinds of update we never asked for."""
    yield {"message": {**message, "pinned_message": {**message, "text": "x"}}}
    yield {"message": {**message, "message_auto_delete_timer_changed": {"message_auto_delete_time": 5}}}
    yield {"edited_message": {**message, "edit_date": 1, "location": {"latitude": 1, "longitude": 1, "live_period": 60}}}
    yield {"channel_post": {"message_id": 1, "date": 1, "chat": {"id": -100, "type": "channel", "title": "x"}, "text": "x"}}
    yield {"inline_query": {"id": "1", "from": message["from"], "query": "x", "offset": ""}}
    yield {"poll": _POLL}
    yield {"a_kind_nobody_knows_yet": {"x": 1}}
    yield {}


def _lacking(message: Json) -> Iterator[Json]:
    """Yield updates without a part that the Bot API promises."""
    for part in ("message_id", "from", "chat", "date"):
        yield {"message": {key: value for key, value in {**message, "text": "x"}.items() if key != part}}
    for part in ("id", "from", "message", "chat_instance", "data"):
        yield {"callback_query": {key: value for key, value in _press(message, "x:0").items() if key != part}}
    for place in ({}, {"latitude": "40", "longitude": "-3"}, {"latitude": None, "longitude": None}):
        yield {"message": {**message, "location": place}}
    yield {"my_chat_member": {"chat": message["chat"]}}
    yield {"message": {}}
    yield {"edited_message": {}}
    yield {"callback_query": {}}


def _mistyped(chance: random.Random, message: Json) -> Iterator[Json]:
    """Yield updates with a part of the wrong type, ids past every limit, and JSON too deep to be meant."""
    whole: Json = {**message, "text": "x"}
    for part in ("text", "from", "chat", "date", "message_id", "entities", "location", "photo"):
        yield from ({"message": {**whole, part: wrong}} for wrong in chance.sample(WRONG, 6))
    for part in ("from", "message", "data", "id"):
        yield from ({"callback_query": {**_press(message, "x:0"), part: wrong}} for wrong in chance.sample(WRONG, 5))
    for wrong in WRONG:
        yield {chance.choice(("message", "edited_message", "callback_query", "my_chat_member")): wrong}
    deep: object = "x"
    for _ in range(400):
        deep = [deep]
    yield {"message": {**whole, "entities": deep}}
    yield {"message": {**whole, "reply_to_message": deep}}
    yield {"message": deep}


def _foreign(message: Json) -> Iterator[Json]:
    """Yield what comes from elsewhere: bots, channels, chats with ids past every limit."""
    sender = message["from"]
    assert isinstance(sender, dict)
    yield {"message": {**message, "from": {**sender, "is_bot": True}, "text": "x"}}
    yield {"message": {**message, "chat": {"id": -5, "type": "channel", "title": "x"}, "text": "x"}}
    for number in HUGE:
        yield {"message": {**message, "chat": {"id": -abs(number) - 7, "type": "supergroup", "title": "x"}, "text": "x"}}
        yield {
            "callback_query": {
                **_press(message, "x:0"),
                "message": {"message_id": number, "chat": {"id": number, "type": "private"}, "date": 0},
            }
        }


# ---------------------------------------------------------------- web chat


def frames(chance: random.Random) -> list[str | bytes]:
    """Return frames as the page would send them with odd content, and frames no page of ours sends."""
    plain: list[Json] = [{"type": "text", "text": text} for text in texts(chance)]
    plain += [
        {"type": "button", "token": token[: token.find(":")], "index": index} for token in PRESSES for index in (0, chance.choice(HUGE))
    ]
    plain += [
        {"type": "command", "name": name, "argument": argument}
        for name in ("start", "human", "x")
        for argument in ("", "e_madrid_egov_nie", "é", "x" * 65)
    ]
    places = [(0, 0), (90, 180), (91, 0), (40.4, -3.7), ("40", "-3"), (None, 0), (True, 0), (1e300, 0)]
    plain += [{"type": "location", "latitude": latitude, "longitude": longitude} for latitude, longitude in places]
    for part in ("type", "text", "locale"):
        plain += [{"type": "text", "text": "hola", part: wrong} for wrong in WRONG if (part, wrong) != ("locale", None)]
    known = [_as_a_browser({"id": str(uuid.uuid4()), **frame}) for frame in plain]
    ids = [json.dumps({"id": wrong, "type": "text", "text": "hola"}) for wrong in (*WRONG, "é", "a b", "x" * 65)]
    return [*known, *ids, *bodies()]


def _as_a_browser(frame: Json) -> str:
    """Write JSON as JSON.stringify does: only halves of surrogate pairs are escaped."""
    written = json.dumps(frame, ensure_ascii=False)
    return written if not any("\ud800" <= letter <= "\udfff" for letter in written) else json.dumps(frame)


def bodies() -> list[str | bytes]:
    """Return what is no frame at all."""
    found: list[str | bytes] = [
        "",
        " ",
        "null",
        "true",
        "1",
        '"x"',
        "[]",
        "{}",
        "[[[[",
        "{",
        '{"type":',
        "nonsense",
        "\x00",
        "\ufeff{}",
        "'",
        "NaN",
        "Infinity",
        "1e999",
    ]
    found += [
        "[" * 5_000,
        "[" * 5_000 + "]" * 5_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"id":"a","id":"b","type":"text","text":1}',
        "x" * 300_000,
    ]
    found += [
        "9" * 5_000,
        '{"type":"text","text":"\\ud800","id":"x"}',
        '{"type":"text","text":"\\u0000","id":"y"}',
        '{"type":"ping","type":"x"}',
    ]
    return [*found, b"\xff\xfe", b"\x00\x01\x02", b'{"type":"text","text":"hola"}', b"\xc3\x28", b'{"id":"z","type":"text","text":"\xff"}']
