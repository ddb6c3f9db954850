"""Logging that cannot give away what people write: errors are named by kind and place, never by their message."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

_FRAMES = 8
# Some of these write addresses with tokens, others whole requests.
_NOISY = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "websockets", "aiosqlite", "watchfiles", "uvicorn")


def describe(error: BaseException) -> str:
    """Name an error and the places it passed, without its message, which might hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return f"{type(error).__name__} at " + " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))


class DiscreetFormatter(logging.Formatter):
    """Writes the exception of any logger, ours or a library's, as `describe` does."""

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
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
