"""The DeskStore methods on questions that contacts let us keep."""

from __future__ import annotations

from collections.abc import Sequence

from bot.records import KeptQuestion, Use
from bot.store import gaps
from bot.store.worker import Units


class GapMethods:
    """See bot.store.desk.DeskStore for what each method promises."""

    _worker: Units

    async def kept_questions(self) -> tuple[KeptQuestion, ...]:
        """Return the kept questions nobody has used."""
        return await self._worker.read(gaps.unused)

    async def settle_questions(self, ids: Sequence[int], use: Use, actor: str, detail: str = "") -> int:
        """Note what questions were used for."""
        return await self._worker.write(lambda db: gaps.settle(db, ids, use, actor, detail))
