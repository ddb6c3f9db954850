"""A start that cannot be is told in one line, whatever is wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_process import dragoman


def a_file(place: Path) -> dict[str, str]:
    place.write_text("")
    return {"DATA_DIR": str(place / "data")}


def no_knowledge(place: Path) -> dict[str, str]:
    return {"KNOWLEDGE_DIR": str(place / "none"), "DATA_DIR": str(place)}


def no_translations(place: Path) -> dict[str, str]:
    return {"LOCALES_DIR": str(place / "none"), "DATA_DIR": str(place)}


def a_key_that_is_a_folder(place: Path) -> dict[str, str]:
    (place / "secret.key").mkdir(parents=True)
    return {"DATA_DIR": str(place)}


def a_mailbox_without_a_server(place: Path) -> dict[str, str]:
    return {"ALERT_EMAIL": "operator@example.org", "DATA_DIR": str(place)}


def a_short_token(place: Path) -> dict[str, str]:
    return {"METRICS_TOKEN": "short", "DATA_DIR": str(place)}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (a_file, "Not a directory"),
        (no_knowledge, "folder cannot be read"),
        (no_translations, "locales"),
        (a_key_that_is_a_folder, "secret.key"),
        (a_mailbox_without_a_server, "ALERT_EMAIL needs SMTP_HOST"),
        (a_short_token, "DRAGOMAN_METRICS_TOKEN"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, wrong: Callable[[Path], dict[str, str]], told: str) -> None:
    result = dragoman("serve", PORT="0", **wrong(tmp_path / "place"))
    assert result.returncode == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert sum(line.startswith("dragoman: ") for line in result.stderr.splitlines()) == 1


def test_a_taken_port_of_the_figures_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = dragoman("serve", PORT="0", METRICS_PORT=str(taken.getsockname()[1]), DATA_DIR=str(tmp_path))
    assert result.returncode == 1
    assert result.stderr.startswith("dragoman: cannot listen on 127.0.0.1, DRAGOMAN_METRICS_PORT")
    assert len(result.stderr.splitlines()) == 1
