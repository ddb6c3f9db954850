"""A Bot API server and a Telegram channel that talks to it over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram import TelegramChannel
from tests.botapi import BotApi
from tests.channels.hosts import MemoryHost
from tests.channels.telegram_rig import make_channel


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost()


@pytest.fixture
async def channel(api: BotApi, host: MemoryHost) -> AsyncIterator[TelegramChannel]:
    """A polling channel that has started."""
    channel = make_channel(api)
    await channel.start(host)
    yield channel
    await channel.close()
