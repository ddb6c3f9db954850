"""Leaving chats that are not private: one line the first time, then we go."""

from __future__ import annotations

from typing import Final

from telegram import Bot

from bot.channels.telegram.calls import attempt

CHATS_REMEMBERED: Final = 1000


class Farewell:
    """Says `text` once per chat, as far as it remembers, and leaves."""

    def __init__(self, client: Bot, text: str) -> None:
        self._client, self._text = client, text
        self._told: dict[int, None] = {}
        self._leaving: set[int] = set()

    async def leave(self, chat_id: int) -> None:
        """Leave a chat; does nothing while already leaving it, so that the line is out before we are."""
        if chat_id in self._leaving:
            return
        self._leaving.add(chat_id)
        try:
            if chat_id not in self._told:
                self._remember(chat_id)
                await attempt("sendMessage", self._client.send_message(chat_id, self._text))
            await attempt("leaveChat", self._client.leave_chat(chat_id))
        finally:
            self._leaving.discard(chat_id)

    def _remember(self, chat_id: int) -> None:
        self._told[chat_id] = None
        if len(self._told) > CHATS_REMEMBERED:
            del self._told[next(iter(self._told))]
