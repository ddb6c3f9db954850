"""How fast a group may be written to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from bot.errors import ChannelThrottled

PER_MINUTE: Final = 20  # messages to one group (core.telegram.org/bots/faq, read November 2025)
MINUTE_S: Final = 60.0
MARGIN_S: Final = 0.1  # their clock is not ours


class Pace:
    """Counts what goes to each group within a sliding minute; `clock` in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sent: dict[int, deque[float]] = {}

    def take(self, chat_id: int) -> None:
        """Count one message, or raise ChannelThrottled where it would be one too many for this minute."""
        now, sent = self._clock(), self._sent.setdefault(chat_id, deque())
        while sent and sent[0] <= now - MINUTE_S - MARGIN_S:
            sent.popleft()
        if len(sent) >= PER_MINUTE:
            raise ChannelThrottled(sent[0] + MINUTE_S + MARGIN_S - now)
        sent.append(now)
