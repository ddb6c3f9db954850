"""The real process: starts, refuses clearly, reloads, stops; and the commands an admin types."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import CACHE, Bot, running_bot

ROOT = Path(__file__).resolve().parent.parent


def dragoman(*arguments: str, text: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    environment = inherited | {"DRAGOMAN_CACHE_DIR": str(CACHE)} | {f"DRAGOMAN_{name}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=ROOT, env=environment, input=text, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the knowledge to spoil."""
    return Path(shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge"))


@pytest.fixture(scope="module")
def bot() -> Iterator[Bot]:
    with running_bot() as bot:
        yield bot


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_second_server_on_the_same_data_is_refused(bot: Bot) -> None:
    told = dragoman("serve", DATA_DIR=str(bot.data), PORT="0")
    assert told.returncode == 1
    assert "dragoman:" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_taken_port_is_named(bot: Bot, tmp_path: Path) -> None:
    told = dragoman("serve", DATA_DIR=str(tmp_path / "data"), PORT=str(bot.port))
    assert told.returncode == 1
    assert "DRAGOMAN_PORT" in told.stderr
    assert "Traceback" not in told.stderr


def test_commands_work_beside_the_server(bot: Bot) -> None:
    told = dragoman("ask", "--city", "madrid", "como me empadrono", DATA_DIR=str(bot.data))
    assert told.returncode == 0
    assert told.stdout.startswith("outcome: answer")


def test_stops_when_told_to(tmp_path: Path) -> None:
    bot = Bot(tmp_path / "data")
    bot.start()
    assert bot.stop(15) == 0


def test_answers_its_health_and_stops_while_it_is_still_learning(tmp_path: Path) -> None:
    bot = Bot(tmp_path / "data", CACHE_DIR=str(tmp_path / "cache"))
    bot.start()
    assert "knowledge replaced" not in bot.log.read_text()
    assert bot.stop(15) == 0


def test_the_data_folder_is_private(bot: Bot) -> None:
    for path in [bot.data, *bot.data.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title: "NIE', 'titel: "NIE', "titel"),
        ("{fee}", "{price}", "price"),
        ("nie:\n", "nie:\n  title: twice\n", "title"),
        ("  answer: |", "\tanswer: |", "madrid/es/egov.yaml"),
    ],
)
def test_a_broken_file_at_the_start_is_named_with_its_line(folder: Path, tmp_path: Path, old: str, new: str, told: str) -> None:
    spoil(folder / "madrid" / "es" / "egov.yaml", old, new)
    for command in ("serve", "check"):
        result = dragoman(command, KNOWLEDGE_DIR=str(folder), DATA_DIR=str(tmp_path / "data"), PORT="0")
        assert result.returncode == 1
        text = result.stderr + result.stdout
        assert "madrid/es/egov.yaml:" in text
        assert told in text
        assert "Traceback" not in text


def test_a_change_is_taken_up_while_running_and_a_fault_is_not(folder: Path, tmp_path: Path) -> None:
    bot = Bot(tmp_path / "data", KNOWLEDGE_DIR=str(folder))
    bot.start()
    try:
        words = folder / "madrid" / "es" / "egov.yaml"
        whole = words.read_text()
        words.write_text(whole.replace("{fee}", "{nonsense}"))
        wait_for(bot, "the earlier one keeps answering")
        assert "madrid/es/egov.yaml" in bot.log.read_text()
        words.write_text(whole.replace("NIE: tu número", "NIE: el número"))
        wait_for(bot, "knowledge replaced")
        assert bot.serves()
    finally:
        bot.stop()


def wait_for(bot: Bot, text: str, timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while text not in bot.log.read_text():
        assert time.monotonic() < end, bot.log.read_text()[-2000:]
        time.sleep(0.05)


# ---------------------------------------------------------------- commands


def test_check_finds_nothing_wrong_with_what_we_ship() -> None:
    told = dragoman("check", "--json")
    report = json.loads(told.stdout)
    assert told.returncode == 0, told.stdout
    assert report["errors"] == []


def test_ask_lines_in_lines_out() -> None:
    lines = [{"city": "madrid", "lang": "es", "text": "como me empadrono"}, {"city": "madrid", "text": "لا أستطيع التنفس"}]
    told = dragoman("ask", "--jsonl", text="\n".join(json.dumps(line) for line in lines) + "\n")
    first, second = (json.loads(line) for line in told.stdout.splitlines())
    assert (first["outcome"], first["entries"][0]["id"]) == ("answer", "egov.empadronamiento")
    assert 0 <= first["entries"][0]["score"] <= 1
    assert second["outcome"] == "emergency"


@pytest.mark.parametrize(
    ("arguments", "text", "told"),
    [
        (("ask", "--jsonl"), "{", "line 1: not JSON"),
        (("ask", "--jsonl"), "[]", "line 1"),
        (("ask", "--jsonl"), '{"text": "a"}', "line 1"),
        (("ask", "--jsonl"), '{"text": "a", "city": "atlantis"}', "madrid"),
        (("ask", "--city", "atlantis", "hello"), None, "madrid"),
        (("ask", "hello"), None, "--city"),
        (("eval", "no-such-file.jsonl"), None, "no-such-file.jsonl"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(arguments: tuple[str, ...], text: str | None, told: str) -> None:
    result = dragoman(*arguments, text=text)
    assert result.returncode == 1
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_eval_gives_figures() -> None:
    told = dragoman("eval", "knowledge/madrid/questions.jsonl", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)


def test_eval_shows_findings_and_what_a_change_has_done(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told = dragoman("eval", "knowledge/zagreb/questions.jsonl", "--findings", "--html", str(page))
    assert told.returncode == 0, told.stderr
    assert "Entries taken for one another" in told.stdout
    assert "<svg" in page.read_text(encoding="utf-8")
    compared = dragoman("eval", "knowledge/zagreb/questions.jsonl", "--compare", "knowledge")
    assert compared.returncode == 0, compared.stderr
    assert "Right now, not before:\nNo longer right:" in compared.stdout


def test_chat_in_the_terminal() -> None:
    told = dragoman("chat", "--lang", "es", text="español\nmadrid\ncomo me empadrono\n/delete\n")
    assert told.returncode == 0, told.stderr
    assert "Empadronarse" in told.stdout
    assert told.stdout.count("\x1b") == 0
    assert "Traceback" not in told.stderr
