"""What pages of the desk send: read strictly, and nothing whatsoever breaks the reading."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cases import Attachment, Claim, Close, Correct, Deed, PassOn, Reply, ReportEntry, SendEntry, Withdraw
from bot.channels.desk import bodies
from bot.channels.desk.bodies import ActBody, Body, InviteBody, Malformed, ReplyBody, WakeBody, one_line, read, read_frame

KINDS = [kind for kind in vars(bodies).values() if isinstance(kind, type) and issubclass(kind, Body) and kind is not Body]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def fields_of(kind: type[Body]) -> list[str]:
    return list(kind.model_fields)


def attempt(kind: type[Body], raw: bytes) -> Body | str:
    """Read a body; returns it, or why it was refused."""
    try:
        return read(kind, raw)
    except Malformed as error:
        return error.code


@given(st.data())
def test_no_body_breaks_the_reading(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    plausible = st.dictionaries(st.sampled_from([*fields_of(kind), "type", "deed"]), json_values, max_size=6)
    raw = data.draw(
        st.binary(max_size=60)
        | json_values.map(lambda value: json.dumps(value).encode())
        | plausible.map(lambda value: json.dumps(value).encode())
    )
    result = attempt(kind, raw)
    assert isinstance(result, kind) or result in ("malformed", "empty", "too-long")


@given(st.text(max_size=80) | json_values.map(json.dumps))
def test_no_frame_breaks_the_reading(raw: str) -> None:
    frame = read_frame(raw)
    assert frame is None or frame.type in ("open", "close", "ping")


def act(**deed: object) -> Deed:
    body = read(ActBody, json.dumps({"number": 1, "key": "k", "deed": deed}).encode())
    return body.deed.reply(None) if isinstance(body.deed, ReplyBody) else body.deed.deed()


@pytest.mark.parametrize(
    ("sent", "deed"),
    [
        ({"type": "claim"}, Claim()),
        ({"type": "reply", "text": " Good\x00 day\r\n! "}, Reply("Good day\n!")),
        ({"type": "reply", "place": [40, -3.7]}, Reply(place=(40.0, -3.7))),
        ({"type": "entry", "entry_id": "housing.eviction"}, SendEntry("housing.eviction")),
        ({"type": "pass", "reason": "law", "topic": "legal"}, PassOn("law", topic="legal")),
        ({"type": "pass", "reason": "", "staff": "ab12"}, PassOn("", staff="ab12")),
        ({"type": "close", "outcome": "solved"}, Close("solved")),
        ({"type": "correct", "line": 3, "text": "so"}, Correct(3, "so")),
        ({"type": "withdraw", "line": 3}, Withdraw(3)),
        ({"type": "report", "entry_id": "a.b", "why": "old"}, ReportEntry("a.b", "old")),
    ],
)
def test_deeds_are_read(sent: dict[str, object], deed: Deed) -> None:
    assert act(**sent) == deed


def test_every_deed_can_be_sent() -> None:
    readable = {*get_args(bodies.PlainDeed), ReplyBody}
    assert len(readable) == len(get_args(Deed))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"type": "reply", "text": "a" * 4001}, "too-long"),
        ({"type": "note", "text": " \x00 "}, "empty"),
        ({"type": "correct", "line": 3, "text": ""}, "empty"),
        ({"type": "claim", "by": "somebody"}, "malformed"),
        ({"type": "reply", "translated": "what I say it means"}, "malformed"),
        ({"type": "reply", "attachment": {"kind": "photo", "ref": "telegram:1"}}, "malformed"),
        ({"type": "reply", "place": [91, 0]}, "malformed"),
        ({"type": "reply", "place": [0]}, "malformed"),
        ({"type": "reply", "text": 5}, "malformed"),
        ({"type": "pass", "reason": "x"}, "malformed"),
        ({"type": "pass", "reason": "x", "topic": "a", "staff": "b"}, "malformed"),
        ({"type": "close", "outcome": "eaten"}, "malformed"),
        ({"type": "withdraw", "line": 2**63}, "malformed"),
        ({"type": "withdraw", "line": True}, "malformed"),
        ({"type": "withdraw", "line": "3"}, "malformed"),
        ({"type": "entry", "entry_id": "../../etc"}, "malformed"),
        ({"type": "delete"}, "malformed"),
        ({}, "malformed"),
    ],
)
def test_what_is_no_deed_is_refused_with_the_reason(sent: dict[str, object], code: str) -> None:
    with pytest.raises(Malformed) as refused:
        act(**sent)
    assert refused.value.code == code


def test_a_text_of_the_longest_length_is_taken_whole() -> None:
    assert act(type="reply", text="a" * 4000) == Reply("a" * 4000)


def test_a_reply_carries_the_file_the_caller_found() -> None:
    body = read(ReplyBody, b'{"type":"reply","file":"name"}')
    photo = Attachment("photo", "store:1")
    assert body.reply(photo) == Reply("", photo)


@pytest.mark.parametrize("address", ["a@b.es", "", "x.y+z@sub.domain.org", "señora@correo.es"])
def test_addresses_are_taken(address: str) -> None:
    assert read(WakeBody, json.dumps({"wake_by": "email", "email": address}).encode()).email == address


@pytest.mark.parametrize(
    "address", ["a", "a@b", "a@@b.es", "a@b.es\nBcc: c@d.es", "a b@c.es", "<a@b.es>", "a@b.es, c@d.es", "a@b..es", "a" * 300 + "@b.es"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Malformed):
        read(WakeBody, json.dumps({"wake_by": "email", "email": address}).encode())


def test_names_stay_in_one_line_and_turn_nothing_around() -> None:
    assert read(InviteBody, '{"name":"Ana\\u202e\\n María","role":"peer"}'.encode()).name == "Ana María"
    assert one_line("a\tb\u2028c") == "abc"
    for name in ('""', '"\\u202e"', f'"{"x" * 61}"'):
        with pytest.raises(Malformed):
            read(InviteBody, f'{{"name":{name},"role":"peer"}}'.encode())


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "[]",
        '{"type":"open","number":0}',
        '{"type":"open","number":1,"after":-1}',
        '{"type":"ping","x":1}',
        '{"type":"ping"}' + " " * 5000,
    ],
)
def test_frames_that_are_none(raw: str | None) -> None:
    assert read_frame(raw) is None
