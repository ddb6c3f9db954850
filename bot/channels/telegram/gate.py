"""Which groups are listened to: those of a desk, and for a while those that may become one. All others are left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Final

from telegram import Bot, ChatMemberAdministrator
from telegram.error import TelegramError

from bot.channels.telegram.calls import attempt, call
from bot.channels.telegram.farewell import CHATS_REMEMBERED, Farewell
from bot.channels.telegram.groups import group_ref
from bot.channels.telegram.parse import Parsed
from bot.discretion import Word
from bot.errors import StoreError
from bot.model import ContactRef, GroupLinking, GroupMoved, Incoming

LINKED_S: Final = 60.0  # how long it is remembered that a group is a desk's
LINK_WAIT_S: Final = 600.0  # how long we stay where we were just added, for somebody to give the code
RIGHTS_S: Final = 3.0  # what asking for our rights may take: other updates wait meanwhile
MAX_TRIES: Final = 5  # link codes given in a group that is not a desk's

_log = logging.getLogger(__name__)

Errand = Callable[[Coroutine[object, object, None]], None]


class Gate:
    """Lets in what desk groups say.

    `link_text` is said where we were just added; where it is empty we leave such groups at once, too. `is_linked` tells whether a group
    is a desk's, `errand` does something beside."""

    def __init__(
        self,
        client: Bot,
        bot_id: int,
        *,
        group_text: str,
        link_text: str,
        is_linked: Callable[[ContactRef], Awaitable[bool]],
        errand: Errand,
    ) -> None:
        self._client, self._bot_id, self._link_text = client, bot_id, link_text
        self._ask, self._errand = is_linked, errand
        self._farewell = Farewell(client, group_text)
        self._linked: dict[ContactRef, float] = {}
        self._waiting: set[int] = set()
        self._tries: dict[ContactRef, set[str]] = {}

    async def admit(self, item: Parsed) -> Incoming | None:
        """Return what is to be kept of an update from a group. Raises StoreError."""
        incoming = item.in_group
        if incoming is not None and isinstance(incoming.event, GroupLinking):
            return await self._linking(incoming, incoming.event)
        group = incoming.contact if incoming is not None else None if item.foreign_chat is None else group_ref(item.foreign_chat)
        if group is not None and await self._is_linked(group):
            if incoming is not None and isinstance(incoming.event, GroupMoved):
                self._linked.pop(group, None)
            return incoming
        if item.foreign_chat is not None:
            self._meet(item.foreign_chat, added=item.added)
        return None

    async def _is_linked(self, group: ContactRef) -> bool:
        """Tell whether a group is a desk's; a yes is remembered for a while, a no is asked again."""
        now = asyncio.get_running_loop().time()
        if self._linked.get(group, 0.0) > now:
            return True
        self._linked.pop(group, None)
        if not await self._ask(group):
            return False
        self._linked[group] = now + LINKED_S
        return True

    # ------------------------------------------------------------ groups that are no desk's

    def _meet(self, chat_id: int, *, added: bool) -> None:
        """Say how to link a group we were just added to; leave any other, unless somebody may still link it."""
        if chat_id in self._waiting:
            return
        if not added or not self._link_text or len(self._waiting) >= CHATS_REMEMBERED:
            self._errand(self._farewell.leave(chat_id))
            return
        self._waiting.add(chat_id)
        self._tries.pop(group_ref(chat_id), None)
        self._errand(self._wait_for_code(chat_id))

    async def _wait_for_code(self, chat_id: int) -> None:
        try:
            await attempt("sendMessage", self._client.send_message(chat_id, self._link_text))
            await asyncio.sleep(LINK_WAIT_S)
        finally:
            self._waiting.discard(chat_id)
        try:
            if await self._is_linked(group_ref(chat_id)):
                return
        except StoreError:
            return  # nobody knows now; who speaks there next decides it
        await self._farewell.leave(chat_id)

    # ------------------------------------------------------------ linking

    async def _linking(self, incoming: Incoming, event: GroupLinking) -> Incoming | None:
        """Return a link code as given, with whether we may manage topics there; a group where codes are guessed is left."""
        group, chat_id = incoming.contact, int(incoming.contact.address)
        if not await self._is_linked(group):
            tries = self._tries.setdefault(group, set())
            tries.add(incoming.external_id)  # an update may come more than once
            if len(tries) > MAX_TRIES:
                self._errand(self._farewell.leave(chat_id))
                return None
            while len(self._tries) > CHATS_REMEMBERED:
                del self._tries[next(iter(self._tries))]
        self._linked.clear()  # a group that links takes the place of an earlier one
        return replace(incoming, event=replace(event, may_manage=await self._may_manage(chat_id)))

    async def _may_manage(self, chat_id: int) -> bool:
        """Tell whether we may manage topics in a group; yes where that cannot be found out."""
        try:
            async with asyncio.timeout(RIGHTS_S):
                found = await call(self._client.get_chat_member(chat_id, self._bot_id))
        except (TelegramError, TimeoutError) as error:
            _log.info("getChatMember failed: %s", Word(type(error).__name__))
            return True
        if not isinstance(found, ChatMemberAdministrator):
            return False
        if not found.can_delete_messages:
            _log.warning("a desk group does not let us delete messages: the topics of erased cases would stay")
        return bool(found.can_manage_topics)
