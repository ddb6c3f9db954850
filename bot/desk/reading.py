"""Lines of a case as a reader of the desk sees them: what nobody has translated yet is translated on the way, and kept in memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.dialogue.deskwords import plain_text
from bot.model import Paragraph, Run
from bot.records import CaseLine

Translate = Callable[[str, str, str], Awaitable[str | None]]  # (text, from, to) -> the translation, or None where there is none

_Key = tuple[int, int, datetime, str]  # case, line, when it last changed, language

READ_S: Final = 3.0  # lines wait no longer than that for their translation
MAX_KEPT: Final = 5000  # translations in memory


class Translations:
    """Translates what contacts wrote, each line once for every language and change."""

    def __init__(self, translate: Translate) -> None:
        self._translate = translate
        self._kept: OrderedDict[_Key, str] = OrderedDict()

    def keep_only(self, numbers: Collection[int]) -> None:
        """Forget what belongs to other cases than these."""
        for key in [key for key in self._kept if key[0] not in numbers]:
            del self._kept[key]

    async def read(self, lines: Sequence[CaseLine], locale: str) -> tuple[CaseLine, ...]:
        """Return the lines with a translation into `locale` where a contact wrote in another language and none is there."""
        missing = [line for line in lines if _wants(line, locale) and _key(line, locale) not in self._kept]
        if missing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READ_S):
                    await asyncio.gather(*(self._add(line, locale) for line in missing))
        return tuple(self._with(line, locale) for line in lines)

    async def _add(self, line: CaseLine, locale: str) -> None:
        assert line.message is not None  # noqa: S101  # _wants looked
        translated = await self._translate(plain_text(line.message.blocks), line.message.locale, locale)
        if translated:
            self._kept[_key(line, locale)] = translated
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)

    def _with(self, line: CaseLine, locale: str) -> CaseLine:
        translated = self._kept.get(_key(line, locale))
        if translated is None or line.message is None or not _wants(line, locale):
            return line
        said = line.message
        blocks = (Paragraph((Run(translated),)),)
        return replace(
            line, message=replace(said, locale=locale, blocks=blocks, original=plain_text(said.blocks), original_locale=said.locale)
        )


def _key(line: CaseLine, locale: str) -> _Key:
    return line.number, line.id, line.changed_at, locale


def _wants(line: CaseLine, locale: str) -> bool:
    """Say whether a contact wrote in another language, and the translation is missing."""
    said = line.message
    if line.author != "contact" or said is None or said.original or not said.blocks:
        return False
    return said.locale.partition("-")[0] != locale.partition("-")[0]
