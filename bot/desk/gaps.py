"""What people asked in vain, as the desk shows it: whole to the admins of the city, in large groups alone to others with figures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bot.cases import Refused, Staff
from bot.desk.rights import LEADS, is_of
from bot.desk.words import DeskWords
from bot.errors import KnowledgeError
from bot.gaps import for_figures, gaps_of
from bot.records import Gap, KeptQuestion
from bot.store.desk import DeskStore

log = logging.getLogger(__name__)

Grow = Callable[[str, str, Sequence[str], str], Awaitable[int]]  # city, locale, texts, entry id -> questions written
NOT_ALLOWED: Final = Refused("not-allowed")


class Gaps:
    """Groups kept questions for staff, dismisses them, and has them written into the knowledge."""

    def __init__(self, store: DeskStore, words: DeskWords, grow: Grow | None) -> None:
        self._store, self._words, self._grow = store, words, grow
        self._one_at_a_time = asyncio.Lock()

    async def seen(self, staff: Staff) -> Sequence[Gap]:
        """Return the groups somebody may see."""
        if staff.profile.role not in LEADS:
            return ()
        kept = [question for question in await self._store.kept_questions() if is_of(staff, question.city)]
        context = self._words.context()
        found = await asyncio.to_thread(gaps_of, kept, context.knowledge, context.matcher)
        return found if staff.profile.role == "admin" else for_figures(found)

    async def dismiss(self, staff: Staff, ids: Sequence[int]) -> int | Refused:
        """Take questions off the list; returns how many there were."""
        found = await self._own(staff, ids)
        if isinstance(found, Refused):
            return found
        return await self._store.settle_questions(ids, "dismissed", staff.id, found[0].city)

    async def add(self, staff: Staff, ids: Sequence[int], entry_id: str) -> int | Refused:
        """Write questions into the knowledge file of an entry and take them off the list; returns how many were written."""
        async with self._one_at_a_time:
            found = await self._own(staff, ids)
            if isinstance(found, Refused):
                return found
            if self._grow is None:
                return Refused("not-written")
            city, locale = found[0].city, found[0].locale
            try:
                written = await self._grow(city, locale, [question.text for question in found], entry_id)
            except KnowledgeError as error:
                log.warning("questions are not written into a file: %s", error)
                return Refused("not-written")
            await self._store.settle_questions(ids, "questions", staff.id, f"{city} {entry_id}")
            return written

    async def _own(self, staff: Staff, ids: Sequence[int]) -> Sequence[KeptQuestion] | Refused:
        """Return questions of one language of an admin's city, in the order named."""
        if staff.profile.role != "admin":
            return NOT_ALLOWED
        kept = {question.id: question for question in await self._store.kept_questions() if is_of(staff, question.city)}
        found = [kept[question_id] for question_id in dict.fromkeys(ids) if question_id in kept]
        if len({(question.city, question.locale) for question in found}) != 1 or len(found) != len(set(ids)):
            return Refused("gone")
        return found
