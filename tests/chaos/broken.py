"""A deliberately broken bot: it tells the platform that an update is safe before it is. The harness must notice.

python -m tests.chaos.broken serve"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from bot.cli import main
from bot.model import Incoming
from bot.service import ConversationService

_keep = ConversationService.accept
_late: set[asyncio.Task[None]] = set()


async def acknowledge_first(self: ConversationService, incoming: Sequence[Incoming]) -> None:
    """Return at once and store a moment later, as dispatchers with a queue in memory do."""

    async def later() -> None:
        await asyncio.sleep(0.25)
        await _keep(self, incoming)

    task = asyncio.create_task(later())
    _late.add(task)
    task.add_done_callback(_late.discard)


if __name__ == "__main__":
    ConversationService.accept = acknowledge_first  # type: ignore[method-assign]
    sys.exit(main())
