"""Logging that cannot give away what people write: every line, whoever writes it, goes through bot.discretion."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from bot.discretion import describe as describe
from bot.discretion import message_of

# Some of these write addresses with tokens, others whole requests: what they say is left out anyway, so little is lost.
_NOISY = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "websockets", "aiosqlite", "watchfiles", "uvicorn")


class DiscreetFormatter(logging.Formatter):
    """Writes of any record, ours or a library's, what `message_of` lets through, and of an exception what `describe` does."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        shown = logging.makeLogRecord(record.__dict__)
        shown.msg, shown.args, shown.exc_text, shown.stack_info = message_of(record), None, None, None
        return super().format(shown)

    def formatException(  # the name logging calls
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Name the exception without its message."""
        return describe(ei[1]) if ei[1] is not None else ""


def start_logging(level: str, lines: logging.Formatter | None = None) -> None:
    """Log to standard error from `level` on; libraries only from WARNING. `lines` writes the lines (bot.loglines)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(lines or DiscreetFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.raiseExceptions = False  # else what cannot be logged is printed whole
    logging.lastResort = handler  # for loggers cut off from all others, as uvicorn does with its log of requests
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def watch_crashes() -> None:
    """Let errors that nobody catches, in whatever thread, and warnings of Python be logged like all others instead of printed whole."""
    log = logging.getLogger(__name__)
    logging.captureWarnings(True)

    def stopped(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log.critical("stopped by an error: %s", describe(error))

    def ended(happened: threading.ExceptHookArgs) -> None:
        log.error("a thread ended by an error: %s", describe(happened.exc_value) if happened.exc_value else None)

    def lost(happened: sys.UnraisableHookArgs) -> None:
        log.error("an error nobody could catch: %s", describe(happened.exc_value) if happened.exc_value else None)

    sys.excepthook, threading.excepthook, sys.unraisablehook = stopped, ended, lost
