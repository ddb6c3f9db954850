"""A desk group on Telegram is a picture of the cases: what changed since the last look is told there, in one post per case and round."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from bot.cases import DESK_ROLES, Case, Staff
from bot.desk.board import Desk, State
from bot.desk.reading import Translations
from bot.desk.words import DeskWords
from bot.errors import StoreError
from bot.logs import describe
from bot.model import Message
from bot.records import CaseLine
from bot.store.desk import DeskStore, Group, GroupTopic

log = logging.getLogger(__name__)

MAX_WAITING: Final = 10  # posts under way to one group: half a minute of what Telegram lets through (20 a minute)
MAX_LINES: Final = 10  # in one post; what is more is read on the web desk
GONE: Final = 1 << 62  # "upto" of a case that was erased: there is nothing more to tell
CHECK_S: Final = 10.0  # how often topics of closed cases are looked at: so long one stays after its contact asked to be forgotten
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Relay:
    """Tells the groups what changed. What a crash cuts off is told again from `GroupTopic.upto` on."""

    def __init__(
        self, store: DeskStore, desk: Desk, words: DeskWords, translations: Translations, split: Callable[[Message], Sequence[Message]]
    ) -> None:
        """Make the relay; `split` cuts a message into what the channel of the groups can carry."""
        self._store, self._desk, self._words, self._translations, self._split = store, desk, words, translations, split
        self._told: dict[tuple[str, int], int] = {}  # (group, case) -> the version it knows
        self._settled: set[tuple[str, int]] = set()  # closed or erased, and the group knows
        self._checked: datetime | None = None
        self._turn = 0

    async def tell(self, now: datetime) -> None:
        """Do one round for every group. Raises StoreError."""
        groups = await self._store.groups()
        if not groups:
            return
        if self._checked is None or (now - self._checked).total_seconds() >= CHECK_S:
            self._settled, self._checked = set(), now
        state = await self._desk.state()
        for group in groups:
            await self._tell_group(group, state)
        self._turn += 1

    async def _tell_group(self, group: Group, state: State) -> None:
        room = MAX_WAITING - await self._store.waiting_posts(group.contact_id)
        topics = {topic.number: topic for topic in await self._store.group_topics(group.contact_id)}
        for case in self._in_turn([case for case in state.cases if is_shown(case, group, state.team)]):
            if room > 0:
                room -= await self._safely(group, case, topics.get(case.number))
        for number in sorted(topics.keys() - {case.number for case in state.cases}):
            if room > 0 and (group.contact_id, number) not in self._settled:
                room -= await self._settle(group, topics[number])

    def _in_turn(self, cases: Sequence[Case]) -> Sequence[Case]:
        """Begin each round with another case, so that a busy one does not push the others out."""
        start = self._turn % len(cases) if cases else 0
        return (*cases[start:], *cases[:start])

    async def _settle(self, group: Group, topic: GroupTopic) -> int:
        """Tell a group that a case was closed; let the topic of an erased one be deleted."""
        case = await self._store.case(topic.number)
        posts = await (self._tell_case(group, case, topic) if case else self._forget(group, topic))
        if posts == 0:
            self._settled.add((group.contact_id, topic.number))
        return posts

    async def _forget(self, group: Group, topic: GroupTopic) -> int:
        if topic.upto == GONE:
            return 0
        locale = self._words.locale_of(group.city)
        await self._store.post(group.contact_id, topic.number, GONE, [Message(locale, thread=topic.number, withdraws=True)])
        self._settled.add((group.contact_id, topic.number))  # whatever becomes of it, it is not asked for twice
        log.info("the topic of case %d is to be deleted", topic.number)
        return 1

    # ------------------------------------------------------------ one case

    async def _safely(self, group: Group, case: Case, topic: GroupTopic | None) -> int:
        try:
            return await self._tell_case(group, case, topic)
        except StoreError:
            raise
        except Exception as error:  # the outermost boundary of a case: the others must not wait for ever
            log.error("case %d could not be relayed: %s", case.number, describe(error))
            return 0

    async def _tell_case(self, group: Group, case: Case, topic: GroupTopic | None) -> int:
        """Tell a group what is new in a case; returns the number of posts."""
        key = (group.contact_id, case.number)
        upto = topic.upto if topic else 0
        if upto and self._told.get(key) == case.version:
            return 0
        fresh = await self._store.lines(case.number, since=_moment(upto) if upto else None)
        messages = await self._messages(group, case, upto, fresh) if fresh else []
        if fresh:
            pieces = [piece for message in messages for piece in self._split(message)]
            await self._store.post(group.contact_id, case.number, max(_micros(line.changed_at) for line in fresh), pieces)
        self._told[key] = case.version
        return len(messages)

    async def _messages(self, group: Group, case: Case, upto: int, fresh: Sequence[CaseLine]) -> list[Message]:
        """Say what is new: the card (anew when something happened to the case), what was changed or taken back, what was added."""
        posted = await self._store.posted(group.contact_id, case.number) if upto else ()
        new = [line for line in fresh if not upto or line.at > _moment(upto)]
        old = [line for line in fresh if upto and line.at <= _moment(upto) and line.author != "system"]
        happened = any(line.author == "system" for line in new)
        whole = await self._store.lines(case.number) if upto and (old or happened) else fresh
        card = next((line.id for line in whole if line.event == "opened"), 0)
        messages = [self._card(case, card, is_new=not upto)] if happened or not upto else []
        messages += [self._changed(case, span, whole, posted) for span in _spans(old, posted, card)]
        messages += [_taken_back(case, line) for line in fresh if line.is_withdrawn and -line.id in posted]
        readable = await self._translations.read([line for line in new if -line.id not in posted], self._words.read_in(case.city))
        return [*messages, *(self._added(case, chunk) for chunk in _chunks(readable))]

    def _card(self, case: Case, line: int, *, is_new: bool) -> Message:
        return replace(self._words.card(case), thread=case.number, line=line, edits=not is_new)

    def _added(self, case: Case, chunk: Sequence[CaseLine]) -> Message:
        shown = chunk[-MAX_LINES:]
        message = self._words.relayed(case, shown, len(chunk) - len(shown))
        return replace(message, thread=case.number, line=chunk[-1].id)

    def _changed(self, case: Case, span: tuple[int, int], whole: Sequence[CaseLine], posted: Sequence[int]) -> Message:
        """Say again what stands in a post of ours, without what was taken back."""
        after, line = span
        left = [each for each in whole if after < each.id <= line and -each.id not in posted and _is_said(each)]
        if not left:
            return Message(self._words.locale_of(case.city), thread=case.number, line=line, withdraws=True)
        return replace(self._added(case, left), line=line, edits=True)


def is_shown(case: Case, group: Group, team: Sequence[Staff]) -> bool:
    """Say whether a group may see a case: of its city, no practice, and no organisation's that somebody of the desk does not belong to."""
    if case.city != group.city or case.practice_for is not None:
        return False
    here = [staff for staff in team if staff.has_telegram and staff.profile.role in DESK_ROLES]
    return case.organisation is None or all(staff.profile.organisation in (None, case.organisation) for staff in here)


def _is_said(line: CaseLine) -> bool:
    return line.event != "opened" if line.author == "system" else line.message is not None


def _chunks(lines: Sequence[CaseLine]) -> Iterator[Sequence[CaseLine]]:
    """Put lines together that one post can say; what has a file or a place goes alone."""
    for is_plain, run in groupby(filter(_is_said, lines), key=_is_plain):
        chunk = list(run)
        yield from [chunk] if is_plain else [[line] for line in chunk]


def _is_plain(line: CaseLine) -> bool:
    return line.message is None or not (line.message.attachment or line.message.venues)


def _spans(changed: Sequence[CaseLine], posted: Sequence[int], card: int) -> list[tuple[int, int]]:
    """Return which of our posts hold a changed line: each as (the line of the post before it, its own line)."""
    ours = sorted(line for line in posted if line > 0 and line != card)
    found = set()
    for line in changed:
        holder = next((post for post in ours if post >= line.id), None)
        if holder is not None and -line.id not in posted:
            found.add((max((post for post in ours if post < holder), default=0), holder))
    return sorted(found)


def _taken_back(case: Case, line: CaseLine) -> Message:
    """Remove what a member had written in the group itself."""
    return Message(case.locale, thread=case.number, line=-line.id, withdraws=True)


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
