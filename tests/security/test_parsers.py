"""Every parser of ours before anything at all: it reads or refuses, in the way that was meant, and never fails otherwise."""

# ruff: noqa: PT017  # most inputs are read and some are refused: what is asserted holds for those

from __future__ import annotations

import io
import json
import os
import string
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import cli
from bot.channels.desk.bodies import Body, Malformed, read, read_frame
from bot.channels.desk.guard import Wrong, number_of
from bot.channels.desk.session import Visit, device_of
from bot.channels.telegram.parse import MalformedUpdate, parse
from bot.channels.web.frames import Refusal, clean
from bot.channels.web.frames import read_frame as read_chat_frame
from bot.channels.web.origin import languages
from bot.channels.web.session import Sessions
from bot.channels.web.socket import cursor
from bot.config import load_settings
from bot.dialogue import step
from bot.errors import ConfigError, KnowledgeError
from bot.knowledge.check import _complaints
from bot.knowledge.reading import read_yaml
from bot.model import CommandReceived, Conversation, MediaReceived, SendMessage, TextReceived
from tests.dialogue.world import NOW
from tests.dialogue.world import context as make_context
from tests.handoff.town import brain
from tests.security import hostile

AT = datetime(2026, 11, 28, tzinfo=UTC)
any_text = st.text(max_size=60) | st.sampled_from(["", "\x00", "\ud800", "\u202e", "a" * 5000, "9" * 5000, "[" * 5000, "{}", "null"])
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
thorough = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
UPDATES = hostile.updates()
BODIES = tuple(Body.__subclasses__())


# ---------------------------------------------------------------- Telegram


@thorough
@given(any_json, st.randoms(use_true_random=False))
def test_updates(value: object, chance: object) -> None:
    for raw in (value, {"update_id": 1, "message": value}, hostile.changed(chance, chance.choice(UPDATES))):  # type: ignore[arg-type, attr-defined]
        try:
            parse(raw, 1, AT)
        except MalformedUpdate as error:
            assert str(error).isidentifier() or str(error) == "no update id"  # nothing of the update is quoted


# ---------------------------------------------------------------- web chat and desk


@thorough
@given(any_text | st.binary(max_size=60) | any_json.map(json.dumps))
def test_frames_and_bodies(raw: str | bytes) -> None:
    assert isinstance(read_chat_frame(raw), object)
    as_text = raw if isinstance(raw, str) else raw.decode("latin-1")
    read_frame(as_text)
    for kind in BODIES:
        try:
            read(kind, as_text.encode("utf-8", "surrogatepass"))
        except Malformed as error:
            assert error.code in ("malformed", "empty", "too-long")
    if isinstance(found := read_chat_frame(raw), Refusal):
        assert found.id is None or (len(found.id) <= 64 and found.id.isascii())


@thorough
@given(any_text)
def test_small_parts_of_a_request(text: str) -> None:
    assert 0 <= cursor(text) < 10**18
    assert len(clean(text)) <= 4000
    assert len(device_of(text)) < 40
    assert Sessions(b"k" * 32, secure=True).read({"__Host-dragoman": text}) is None
    assert Visit(None, "t" * 43).unseal(1, text) is None  # type: ignore[arg-type]  # whose login it is does not matter here
    try:
        assert number_of(text) >= 0
    except Wrong as wrong:
        assert wrong.status == 404


@thorough
@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_headers(value: str) -> None:
    from starlette.requests import Request

    scope = {"type": "http", "headers": [(b"accept-language", value.encode("latin-1")), (b"cookie", value.encode("latin-1"))]}
    request = Request(scope)
    assert all(tag.isascii() for tag in languages(request))
    assert Sessions(b"k" * 32, secure=False).read(request.cookies) is None


# ---------------------------------------------------------------- what people are asked to type, and links


payloads = any_text | st.text(string.ascii_letters + string.digits + "_-", max_size=64)
linked = st.tuples(st.sampled_from(["e", "i", "m", "q", ""]), payloads, payloads, payloads).map("_".join)


@thorough
@given(payloads | linked, st.sampled_from(["start", "city", "language", "desk", "human", "continue", "review", "withdraw", "delete"]))
def test_start_payloads_deep_links_and_arguments(argument: str, name: str) -> None:
    context = make_context()
    for known in (Conversation("c", "web"), Conversation("c", "web", state="ready", locale="en", city="madrid")):
        turn = step(known, CommandReceived(name=name, argument=argument, at=NOW), context)
        assert turn.effects
        assert turn.conversation.contact_id == "c"


@thorough
@given(any_text)
def test_texts_and_captions(text: str) -> None:
    context = make_context()
    known = Conversation("c", "web", state="ready", locale="en", city="madrid")
    for event in (TextReceived(text=text, at=NOW), MediaReceived(media="photo", caption=text, at=NOW)):
        assert any(isinstance(effect, SendMessage) for effect in step(known, event, context).effects)


# ---------------------------------------------------------------- files and settings


@thorough
@given(
    st.binary(max_size=200)
    | any_text.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | any_json.map(lambda v: json.dumps(v).encode())
)
def test_knowledge_files(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "x.yaml").write_bytes(raw)
    try:
        read_yaml(folder, "x.yaml")
    except KnowledgeError as error:
        assert error.file == "x.yaml"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    any_text
    | any_json.map(json.dumps)
    | st.dictionaries(st.sampled_from(["city", "lang", "kind", "text", "id", "also"]), any_json).map(json.dumps)
)
def test_test_questions(line: str) -> None:
    assert all(isinstance(complaint, str) for complaint in _complaints(line, brain().knowledge.cities["madrid"], set()))


QUESTION = st.fixed_dictionaries({"city": st.sampled_from(["madrid", "x"]) | any_json, "text": any_text, "lang": any_json})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_text | any_json.map(json.dumps) | QUESTION.map(json.dumps))
def test_lines_of_ask(line: str) -> None:
    def asked() -> None:
        cli._ask_lines(brain())

    reads_or_refuses(asked, line.encode("utf-8", "surrogatepass") + b"\xff\n")


def reads_or_refuses(run: Callable[[], None], typed: bytes) -> None:
    """Run with standard input, which holds anything; ConfigError is the only way to refuse."""
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(typed), "utf-8")
    out, sys.stdout = sys.stdout, io.StringIO()
    try:
        run()
    except ConfigError as error:
        assert len(str(error)) < 10_000
    finally:
        sys.stdin, sys.stdout = before, out


@thorough
@given(
    st.dictionaries(st.sampled_from(["text", "lang", "city", "id", "kind", "also"]), any_json | st.just("madrid")).map(json.dumps)
    | any_text
)
def test_files_of_eval(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    file = tmp_path_factory.getbasetemp() / "q.jsonl"
    file.write_bytes(line.encode("utf-8", "surrogatepass"))
    try:
        for found in cli._expected(file):
            assert isinstance(found["text"], str)
    except ConfigError as error:
        assert str(file) in str(error)


NAMES = ("DATA_DIR", "DATABASE_URL", "PUBLIC_URL", "PORT", "SECRET_KEY", "TELEGRAM_TOKEN", "TELEGRAM_MODE", "RETENTION_DAYS", "SMTP_HOST")
NAMES += ("SMTP_FROM", "CONTACT_BURST", "CONTACT_PER_S", "MAX_WAITING", "REQUIRE_CHECKED", "LOG_LEVEL", "TRUSTED_PROXIES", "TRANSLATE_URL")
valued = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["nan", "inf", "1e9", "9" * 5000]
)


@thorough
@given(st.dictionaries(st.sampled_from(NAMES), valued))
def test_settings(values: dict[str, str]) -> None:
    before = dict(os.environ)
    os.environ.update({f"DRAGOMAN_{name}": value for name, value in values.items()})
    try:
        found = load_settings(_env_file=None)
        assert 0 < found.contact_per_s <= 1000
        assert found.root_url
    except ConfigError as error:
        secret = values.get("SECRET_KEY", "")
        assert len(secret) < 8 or secret not in str(error)
    finally:
        os.environ.clear()
        os.environ.update(before)


@thorough
@given(st.binary(max_size=200))
def test_env_files(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = Path(tmp_path_factory.getbasetemp()) / "env"
    file.write_bytes(b"DRAGOMAN_PORT=1\n" + raw)
    try:
        load_settings(_env_file=file)
    except ConfigError as error:
        assert "DRAGOMAN_" in str(error) or "env" in str(error)
