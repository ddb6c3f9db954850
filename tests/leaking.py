"""`dragoman serve` with faults that name what people wrote, in every way an error can: `python -m tests.leaking serve`.

What begins with "boom" breaks the turn, nothing can be sent the first time, and libraries, threads and tasks say everything they hear."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import warnings
from typing import NoReturn

from bot import app
from bot.cli import main
from bot.errors import StoreError
from bot.model import Conversation, Event, TextReceived
from bot.service import ConversationService
from bot.store import Delivery, Settlement

LIBRARIES = (
    "httpx",
    "httpcore",
    "telegram.ext",
    "uvicorn.error",
    "uvicorn.access",
    "aiosqlite",
    "asyncio",
    "aiohttp.client",
    "some.one",
)
ours = logging.getLogger("bot.leaking")


def fail(text: str) -> NoReturn:
    """Raise an error that says everything, caused by another that does."""
    try:
        raise KeyError(text)
    except KeyError as error:
        raise ValueError(f"cannot read {text!r}") from error


class Loud:
    """Dies with words."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        fail(self.text)


def tell(text: str) -> None:
    """Say a text in every place that a log can come from."""
    for name in LIBRARIES:
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(level, "%s", text)
            logging.getLogger(name).log(level, text, stack_info=True)
    try:
        fail(text)
    except ValueError as error:
        for logger in (ours, *map(logging.getLogger, LIBRARIES)):
            logger.exception(text if logger is not ours else "it failed: %s", *([error] if logger is ours else []))
            logger.error("wrong: %s %r", error, [text]) if logger is ours else None
    ours.info("%(who)s wrote", {"who": text})
    ours.info("%d wrote", text)
    ours.error("stored: %s", StoreError(f"the database refused: {text}"))
    warnings.warn(f"deprecated: {text}", stacklevel=1)
    thread = threading.Thread(target=fail, args=(text,), name=text)
    thread.start()
    thread.join()


async def _forgotten(text: str) -> None:
    fail(text)


_real_step, _real_send = app.step, ConversationService._send


def _step(conversation: Conversation, event: Event, context: object) -> object:
    if isinstance(event, TextReceived) and event.text.startswith("boom"):
        tell(event.text)
        fail(event.text)
    return _real_step(conversation, event, context)  # type: ignore[arg-type]


async def _send(self: ConversationService, delivery: Delivery) -> Settlement:
    """Lose a task and an object that die with what is to be sent, and let the channel fail with it."""
    asyncio.get_running_loop().create_task(_forgotten(f"{delivery.message} {delivery.contact}"))
    Loud(f"{delivery.message} {delivery.contact}")
    gc.collect()
    if delivery.attempts == 1:
        channel = self._channels[delivery.contact.channel]
        self._channels = {**self._channels, channel.name: _Broken()}  # type: ignore[dict-item]
        try:
            return await _real_send(self, delivery)
        finally:
            self._channels = {**self._channels, channel.name: channel}
    return await _real_send(self, delivery)


class _Broken:
    async def send(self, parcel: object) -> None:
        fail(str(parcel))


app.step, ConversationService._send = _step, _send  # type: ignore[assignment,method-assign]

if __name__ == "__main__":
    sys.exit(main())
