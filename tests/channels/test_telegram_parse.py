"""Updates as Telegram sends them, and as nobody should: what becomes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.channels.telegram.groups import MAX_POST
from bot.channels.telegram.parse import MalformedUpdate, parse
from bot.model import MAX_TEXT, CommandReceived, ContactRef, Event, GroupSaid, Incoming, MediaReceived, TextReceived
from bot.wire import decode_event, encode_event
from tests.botapi import BOT_ID

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "telegram").glob("*.json"))
NOW = datetime(2026, 1, 2, tzinfo=UTC)
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_every_recorded_update_becomes_the_event_written_beside_it(path: Path) -> None:
    recorded = json.loads(path.read_text("utf-8"))
    parsed = parse(recorded["update"], BOT_ID, NOW)
    assert parsed.query_id == recorded.get("query")
    assert parsed.foreign_chat == recorded.get("foreign")
    assert parsed.added is recorded.get("added", False)
    check_group(parsed.in_group, recorded)
    if recorded["expect"] is None:
        assert parsed.incoming is None
        return
    assert parsed.incoming is not None
    assert parsed.incoming.contact == ContactRef("telegram", recorded["expect"]["contact"])
    assert parsed.incoming.external_id == recorded.get("external_id", f"{BOT_ID}:{recorded['update']['update_id']}")
    assert parsed.incoming.event == EVENT.validate_python(recorded["expect"]["event"])
    assert parsed.incoming.event.at.tzinfo is not None


def check_group(incoming: Incoming | None, recorded: dict[str, Any]) -> None:
    """Compare what a group said with what is written beside it."""
    if recorded.get("group") is None:
        assert incoming is None
        return
    assert incoming is not None
    assert incoming.contact == ContactRef("telegram-desk", recorded.get("group_chat", "-1001234567890"))
    assert incoming.external_id == f"{BOT_ID}:{recorded['update']['update_id']}"
    assert incoming.event == EVENT.validate_python(recorded["group"])
    assert decode_event(encode_event(incoming.event)) == incoming.event


def test_there_are_recorded_updates() -> None:
    assert len(FIXTURES) >= 85


def message(**content: object) -> dict[str, object]:
    person = {"id": 7, "is_bot": False, "first_name": "A", "language_code": "uk"}
    return {
        "update_id": 9,
        "message": {"message_id": 1, "date": 1767225600, "chat": {"id": 7, "type": "private"}, "from": person, **content},
    }


def event_of(**content: object) -> Event:
    parsed = parse(message(**content), BOT_ID, NOW)
    assert parsed.incoming is not None
    return parsed.incoming.event


def test_a_long_text_is_cut() -> None:
    event = event_of(text="я" * 100_000)
    assert isinstance(event, TextReceived)
    assert event.text == "я" * MAX_TEXT


def test_halves_of_surrogate_pairs_do_not_break_the_store() -> None:
    event = event_of(text=json.loads('"a\\ud83d b \\ude00 \\ud83d\\ude00"'))
    assert isinstance(event, TextReceived)
    assert event.text == "a\ufffd b \ufffd 😀"
    assert decode_event(encode_event(event)) == event


@pytest.mark.parametrize("text", ["/start", "/START", "/start@another_bot", "  /start  "])
def test_commands_are_found_without_trusting_entities(text: str) -> None:
    event = event_of(text=text)
    assert isinstance(event, CommandReceived)
    assert (event.name, event.argument) == ("start", "")


@pytest.mark.parametrize("text", ["/", "//start", "/start-now", "no /start", "/старт", "http://example.org/start"])
def test_what_only_looks_like_a_command_is_text(text: str) -> None:
    event = event_of(text=text)
    assert isinstance(event, TextReceived)
    assert event.text == text


@pytest.mark.parametrize("code", ["<b>", "x" * 50, "", "e", 5, None, "es\n"])
def test_an_odd_language_is_no_hint(code: object) -> None:
    odd = message(text="hi")
    odd["message"]["from"]["language_code"] = code  # type: ignore[index]
    parsed = parse(odd, BOT_ID, NOW)
    assert parsed.incoming is not None
    assert parsed.incoming.event.locale_hint is None


@pytest.mark.parametrize("place", [{"latitude": float("nan"), "longitude": 1.0}, {"latitude": 1.0, "longitude": -180.5}])
def test_a_place_off_the_map_is_not_a_place(place: dict[str, float]) -> None:
    assert isinstance(event_of(location=place), MediaReceived)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "update",
        {},
        {"update_id": "9"},
        {"update_id": True},
        {"update_id": -1},
        {"update_id": 9, "message": 5},
        {"update_id": 9, "message": {"message_id": 1}},
        message(text=5),
        message(text={"a": 1}),
        message(date=None, text="x"),
        message(date="yesterday", text="x"),
        message(date=10**30, text="x"),
        message(chat={"id": "7", "type": "private"}, text="x"),
        message(location={"latitude": "north", "longitude": 1}),
        {"update_id": 9, "callback_query": {"id": 5, "from": {"id": 7, "is_bot": False, "first_name": "A"}, "chat_instance": "1"}},
    ],
    ids=repr,
)
def test_what_breaks_the_rules_is_malformed_and_not_quoted(raw: object) -> None:
    with pytest.raises(MalformedUpdate) as caught:
        parse(raw, BOT_ID, NOW)
    assert len(str(caught.value)) < 30


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "text", "date", "chat", "from"]), inner, max_size=4)
    ),
    max_leaves=10,
)
KINDS = st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll", "channel_post"])
PARTS_OF_ALL = [
    "text",
    "photo",
    "location",
    "from",
    "chat",
    "date",
    "entities",
    "caption",
    "voice",
    "media_group_id",
    "venue",
    "message_id",
]
PARTS_OF_GROUPS = ["message_thread_id", "is_topic_message", "reply_to_message", "sender_chat", "migrate_to_chat_id"]
PARTS = st.sampled_from([*PARTS_OF_ALL, *PARTS_OF_GROUPS])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KINDS, JSON, max_size=2), st.dictionaries(PARTS, JSON, max_size=3))
def test_no_update_does_more_than_be_malformed(raw: dict[str, object], parts: dict[str, object]) -> None:
    in_group = {"chat": {"id": -7, "type": "supergroup", "title": "G"}, "message_thread_id": 3, "is_topic_message": True}
    for update in ({"update_id": 1, **raw}, message(**{"text": "x", **parts}), message(**{"text": "x", **in_group, **parts})):
        try:
            parsed = parse(update, BOT_ID, NOW)
        except MalformedUpdate:
            continue
        for incoming in filter(None, (parsed.incoming, parsed.in_group)):
            assert decode_event(encode_event(incoming.event)) == incoming.event


def test_a_post_in_a_group_is_not_cut_short() -> None:
    parsed = parse(message(text="я" * MAX_POST, chat={"id": -7, "type": "supergroup", "title": "G"}), BOT_ID, NOW)
    assert parsed.in_group is not None
    assert isinstance(parsed.in_group.event, GroupSaid)
    assert len(parsed.in_group.event.text) == MAX_POST > MAX_TEXT
