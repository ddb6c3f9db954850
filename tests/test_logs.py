"""What people write never reaches the log, whoever logs it."""

import logging

import pytest

from bot.logs import describe, start_logging


def fail(words: str) -> None:
    raise KeyError(words)


def test_an_error_is_described_by_its_places_only() -> None:
    with pytest.raises(KeyError) as caught:
        fail("a name")
    told = describe(caught.value)
    assert told.startswith("KeyError at fail:")
    assert "a name" not in told


def test_a_traceback_of_any_library_is_discreet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        start_logging("DEBUG")
        try:
            fail("my husband beats me")
        except KeyError:
            logging.getLogger("some.library").exception("it failed")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    told = capsys.readouterr().err
    assert "KeyError at fail:" in told
    assert "husband" not in told
    assert "Traceback" not in told


def test_libraries_that_write_tokens_are_quiet() -> None:
    start = {name: logging.getLogger(name).level for name in ("httpx", "telegram", "aiosqlite")}
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        start_logging("DEBUG")
        assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
        assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        for name, was in start.items():
            logging.getLogger(name).setLevel(was)
