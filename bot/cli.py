"""The command line: dragoman serve | chat | ask | eval | check."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import bot
from bot.config import Settings, load_settings
from bot.errors import BotError, ConfigError
from bot.logs import start_logging

if TYPE_CHECKING:
    from bot.app import Brain
    from bot.matching.evaluate import Line

EXIT_OK, EXIT_FAULT = 0, 1  # argparse itself ends with 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Faults of ours are one clear line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        start_logging(settings.log_level)
        run: Callable[[Settings, argparse.Namespace], int] = options.run
        return run(settings, options)
    except BotError as error:
        print(f"dragoman: {error}", file=sys.stderr)
        return EXIT_FAULT
    except KeyboardInterrupt:
        return EXIT_OK
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dragoman", description=bot.__doc__.splitlines()[0] if bot.__doc__ else "")
    parser.add_argument("--version", action="version", version=f"dragoman {bot.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_chat(commands)
    _add_ask(commands)
    _add_eval(commands)
    _add_check(commands)
    return parser


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("serve", help="web chat, and Telegram when DRAGOMAN_TELEGRAM_TOKEN is set")
    command.set_defaults(run=_serve)


def _add_chat(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("chat", help="talk with the bot in this terminal; nothing is kept")
    command.add_argument("--lang", help="language to begin with, such as ar")
    command.set_defaults(run=_chat)


def _add_ask(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("ask", help="show what a question would be answered with")
    command.add_argument("text", nargs="*", help="the question")
    command.add_argument("--city", help="city slug, such as madrid")
    command.add_argument("--lang", help="language of the answer")
    command.add_argument(
        "--jsonl", action="store_true", help='read {"city","lang"?,"text"} lines from standard input, write one result line each'
    )
    command.set_defaults(run=_ask)


def _add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("eval", help="figures over files of questions with the expected entries")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--json", action="store_true", help="figures as JSON")
    command.set_defaults(run=_eval)


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("check", help="check the knowledge files and the translations")
    command.add_argument("--json", action="store_true", help="findings as JSON")
    command.add_argument("--strict", action="store_true", help="warnings are faults as well")
    command.set_defaults(run=_check)


# ---------------------------------------------------------------- serve and chat


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    from bot import app

    asyncio.run(app.serve(settings))
    return EXIT_OK


def _chat(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app

    asyncio.run(app.chat(settings, sys.stdin, sys.stdout, options.lang))
    return EXIT_OK


# ---------------------------------------------------------------- ask, eval, check


def _ask(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app

    brain = app.load_brain(settings)
    if options.jsonl:
        return _ask_lines(brain)
    if not options.text or not options.city:
        raise ConfigError("ask needs --city and a question, or --jsonl")
    _require_city(brain, options.city)
    asyncio.run(app.preview(settings, brain, " ".join(options.text), options.city, options.lang, sys.stdout))
    return EXIT_OK


def _require_city(brain: Brain, city: str) -> None:
    if city not in brain.knowledge.cities:
        raise ConfigError(f"no city {city!r}; there are: {', '.join(sorted(brain.knowledge.cities))}")


def _ask_lines(brain: Brain) -> int:
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            question = _question(line, f"line {number}")
            city, text, lang = question.get("city"), question.get("text"), question.get("lang")
            if not isinstance(text, str) or not isinstance(city, str):
                raise ConfigError(f'line {number}: needs "city" and "text"')
            _require_city(brain, city)
            understood = brain.matcher.understand(text, city, lang if isinstance(lang, str) else None)
            entries = [{"id": match.entry_id, "score": round(match.score, 4)} for match in understood.matches]
            print(
                json.dumps({"outcome": understood.outcome, "lang": understood.language, "entries": entries}, ensure_ascii=False), flush=True
            )
    return EXIT_OK


def _question(line: str, where: str) -> dict[str, object]:
    try:
        question = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{where}: not JSON: {error.msg}") from None
    if not isinstance(question, dict):
        raise ConfigError(f"{where}: not a JSON object")
    return question


def _eval(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app
    from bot.matching.evaluate import figures, judge, table

    brain = app.load_brain(settings)
    lines = [line for file in options.files for line in _expected(file)]
    for line in lines:
        _require_city(brain, line.get("city", ""))
    counted = figures(judge(lines, brain.matcher))
    print(json.dumps({name: asdict(group) for name, group in counted.items()}, indent=2) if options.json else table(counted))
    return EXIT_OK


def _expected(file: Path) -> Iterator[Line]:
    """Read questions with the entries they should find; raises ConfigError naming file and line."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            question = _question(line, f"{file}:{number}")
            if not all(isinstance(question.get(key), str) for key in ("text", "lang", "city")):
                raise ConfigError(f'{file}:{number}: needs "text", "lang" and "city"')
            yield cast("Line", {"kind": "plain", "id": None, **question})


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from bot import app

    report = app.check(settings)
    print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2) if options.json else report.as_text())
    return EXIT_FAULT if report.errors or (options.strict and report.warnings) else EXIT_OK
