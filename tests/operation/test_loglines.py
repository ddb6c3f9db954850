"""Log lines: the table of events holds every call in the code, and a line of JSON holds nothing that the table does not name."""

from __future__ import annotations

import ast
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.loglines import EVENTS, JsonLines, PlainLines

BOT = Path(__file__).resolve().parents[2] / "bot"
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
PLACEHOLDER = re.compile(r"%[.\d]*[a-z]")


def calls() -> Iterator[tuple[str, ast.expr]]:
    """Yield place and template of every log call."""
    for path in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in LEVELS and ast.unparse(called.value) in ("log", "_log", "logger"):
                yield f"{path.name}:{node.lineno}", node.args[0]  # type: ignore[attr-defined]  # it is a call


def test_every_event_of_the_code_has_a_name_and_every_name_an_event() -> None:
    found = {place: each.value if isinstance(each, ast.Constant) else None for place, each in calls()}
    assert len(found) > 30
    assert [place for place, template in found.items() if template not in EVENTS] == [], "add them to bot.loglines.EVENTS"
    assert [template for template in EVENTS if template not in found.values()] == [], "nobody says this any more"


@pytest.mark.parametrize("template", EVENTS)
def test_every_value_has_a_field(template: str) -> None:
    name, fields = EVENTS[template]
    assert len(PLACEHOLDER.findall(template)) == len(fields) == len(set(fields))
    assert re.fullmatch(r"[a-z]+\.[a-z-]+", name)
    assert not {"time", "level", "logger", "event", "place", "exception"} & set(fields)


def record(template: str, *values: object, error: Exception | None = None) -> logging.LogRecord:
    found = (type(error), error, None) if error else None
    made = logging.LogRecord("bot.service", logging.ERROR, "x.py", 1, template, values, found)  # type: ignore[arg-type]
    made.created, made.msecs = 1_900_000_000.25, 250.0
    return made


def test_a_line_of_json_names_its_fields() -> None:
    line = JsonLines().format(record("delivery %d is given up after %d attempts", 7, 12))
    assert json.loads(line) == {
        "time": "2030-03-17T17:46:40.250Z",
        "level": "ERROR",
        "logger": "bot.service",
        "event": "delivery.dead",
        "delivery": 7,
        "attempts": 12,
    }


def test_what_others_log_keeps_its_values_to_itself() -> None:
    line = JsonLines().format(record("user %s wrote %s", "Amina", "my husband beats me", error=ValueError("Amina")))
    told = json.loads(line)
    assert (told["event"], told["place"]) == ("other", "x:1")
    assert told["exception"].startswith("ValueError")
    assert "Amina" not in line
    assert "Amina" not in JsonLines().format(record("Amina wrote")), "who knows how that text was made"


def test_an_event_is_one_line_in_either_form() -> None:
    for lines in (PlainLines(), JsonLines()):
        told = lines.format(record("the inbox cannot be read: %s", "first\nsecond\r\nthird", error=ValueError("x")))
        assert len(told.splitlines()) == 1
    assert PlainLines().format(record("stopping")).startswith("2030-03-17T17:46:40.250Z ERROR bot.service stopping")


def test_the_time_is_utc_wherever_we_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert PlainLines().format(record("stopping")).startswith("2030-03-17T17:46:40.250Z")
    finally:
        monkeypatch.undo()
        time.tzset()
