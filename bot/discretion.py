"""What a log line may hold: our own sentences, numbers, words of our own vocabulary, and where an error passed. Nothing else gets in.

Everything is left out that is not known to be harmless: texts, names, addresses and tokens come in as text from elsewhere, in messages of
libraries, in arguments, in the messages of errors and in the values a traceback would show."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping
from typing import Final

from bot.errors import ConfigError, FilesGone, KnowledgeError

_FRAMES: Final = 8
_NUMBERED: Final = re.compile(r"SQLITE_[A-Z_]+|[0-9A-Z]{5}")  # how SQLite and PostgreSQL name what is wrong, without values
OURS: Final = "bot"  # the loggers whose sentences are constants of our own (tests/test_logs.py reads every call)


class Word(str):
    """A text of our own vocabulary, such as a state or a city: the only kind of text a log line takes as an argument."""

    __slots__ = ()


def describe(error: BaseException) -> Word:
    """Name an error, what caused it, and the places it passed, without messages, which might hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    cause = f" from {_kind(error.__cause__)}" if error.__cause__ is not None else ""
    return Word(f"{_kind(error)}{cause} at {places}")


def _kind(error: BaseException) -> str:
    named = next((str(getattr(error, name)) for name in ("sqlite_errorname", "sqlstate") if getattr(error, name, None)), "")
    return f"{type(error).__name__} {named}" if _NUMBERED.fullmatch(named) else type(error).__name__


def message_of(record: logging.LogRecord) -> str:
    """Return what may be written of a log record."""
    if record.name.split(".")[0] != OURS or not isinstance(record.msg, str):
        return f"{record.module}:{record.lineno}"  # where a library said something; what it said stays there
    arguments = record.args
    try:
        if isinstance(arguments, Mapping):
            return record.msg % {name: harmless(value) for name, value in arguments.items()}
        return record.msg % tuple(harmless(value) for value in arguments) if arguments else record.msg
    except (TypeError, ValueError, KeyError):
        return record.msg


def harmless(value: object) -> object:
    """Return an argument as it may be shown: messages of errors only where they are about files and settings."""
    if value is None or isinstance(value, bool | int | float | Word):
        return value
    if isinstance(value, KnowledgeError | ConfigError | FilesGone):
        return str(value)
    return describe(value) if isinstance(value, BaseException) else f"<{type(value).__name__}>"
