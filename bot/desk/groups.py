"""What members of a desk group write and press: deeds on the case of the topic, each by the key of its post, or a line why not."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, cast, get_args

from bot.cases import AddNote, CaseOutcome, Claim, Close, Correct, Deed, Done, PassOn, Refused, Reply, Staff, Withdraw
from bot.desk.words import DeskWords
from bot.errors import StoreError
from bot.logs import describe
from bot.model import ContactRef, Event, GroupLinking, GroupMoved, GroupPressed, GroupSaid, Message
from bot.store import Decision, Said, Snapshot
from bot.store.desk import DeskStore

log = logging.getLogger(__name__)

CHANNEL: Final = "telegram-desk"
PRIVATE: Final = "telegram"  # where a member's own chat with the bot is; there, chat and person have the same number
OUTCOMES: Final = cast("tuple[CaseOutcome, ...]", get_args(CaseOutcome))
_COMMAND = re.compile(r"/(claim|close|pass|withdraw|note)(?:@\w+)?(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)

Act = Callable[[Staff, int, Deed, str], Awaitable[Done | Refused]]


class GroupHandler:
    """Handles the events of linked groups, in order. Everything may be done twice: a deed by its key, a link by its code."""

    def __init__(self, store: DeskStore, words: DeskWords, act: Act, split: Callable[[Message], Sequence[Message]]) -> None:
        self._store, self._words, self._act, self._split = store, words, act, split
        self._told: set[tuple[str, int | None]] = set()  # who has been told that they cannot answer: once is enough

    async def handle(self, snapshot: Snapshot) -> Decision:
        """Do what the waiting events ask for. Raises StoreError; then all of it comes again."""
        said: list[Said] = []
        handled, failed = [], []
        for item in snapshot.waiting:
            try:
                messages = await self._one(snapshot.contact, item.event)
            except StoreError:
                raise
            except Exception as error:  # the outermost boundary of a group's events: one must not hold up the others for ever
                log.error("an event of a desk group failed: %s", describe(error))
                failed.append(item.id)
                continue
            handled.append(item.id)
            said += [Said(piece) for message in messages for piece in self._split(message)]
        return Decision(snapshot.conversation, tuple(handled), failed=tuple(failed), said=tuple(said))

    async def _one(self, group: ContactRef, event: Event) -> Sequence[Message]:
        match event:
            case GroupLinking():
                return await self._link(group, event)
            case GroupMoved(to=None):
                await self._store.unlink_group(group)
            case GroupMoved(to=int(to)):
                await self._store.move_group(group, ContactRef(CHANNEL, str(to)))
            case GroupPressed():
                return await self._pressed(group, event)
            case GroupSaid():
                return await self._said(group, event)
        return ()

    # ------------------------------------------------------------ linking

    async def _link(self, group: ContactRef, event: GroupLinking) -> Sequence[Message]:
        """Link a group whose topics we can use; a group that cannot have topics keeps its code."""
        if not event.is_forum or not event.may_manage:
            return [self._words.no_forum(is_forum=event.is_forum)]
        city = await self._store.link_group(group, event.code) or await self._city_of(group)
        return [self._words.linked(city) if city else self._words.bad_code()]

    async def _city_of(self, group: ContactRef) -> str | None:
        return next((linked.city for linked in await self._store.groups() if linked.contact == group), None)

    # ------------------------------------------------------------ buttons

    async def _pressed(self, group: ContactRef, event: GroupPressed) -> Sequence[Message]:
        verb, _colon, rest = event.action.partition(":")
        number, _colon, argument = rest.partition(":")
        city = await self._city_of(group)
        if city is None or not (number.isascii() and number.isdecimal()):
            return ()
        staff = await self._member(event.sender)
        if staff is None:
            return self._stranger(group, event.sender, int(number), city)
        if verb == "note":
            return [self._words.how_to_note(int(number), city)]
        if verb == "close" and argument not in OUTCOMES:
            return [self._words.outcomes(int(number), city)]
        deed: Deed | None = Claim() if verb == "claim" else Close(cast(CaseOutcome, argument)) if verb == "close" else None
        key = f"tg:{group.address}:press:{event.query}"
        return await self._do(staff, int(number), deed, key, city) if deed else ()

    # ------------------------------------------------------------ what is written

    async def _said(self, group: ContactRef, event: GroupSaid) -> Sequence[Message]:
        city = await self._city_of(group)
        number = await self._store.case_of_topic(group, event.topic) if event.topic is not None and city else None
        if city is None or number is None:
            return ()  # General is for the members among themselves
        staff = await self._member(event.sender)
        if staff is None:
            return self._stranger(group, event.sender, number, city)
        if event.too_large:
            return [self._words.too_large(number, city)]
        if event.edited:
            return await self._corrected(group, event, staff, number, city)
        command = _COMMAND.fullmatch(event.text.strip())
        if command and not event.attachment:
            return await self._commanded(group, event, staff, number, city, command[1].lower(), (command[2] or "").strip())
        return await self._written(group, event, staff, number, city)

    async def _written(self, group: ContactRef, event: GroupSaid, staff: Staff, number: int, city: str) -> Sequence[Message]:
        text = event.text.strip()
        if text.startswith("//") and not event.attachment:
            return await self._add(group, event, staff, number, city, AddNote(text.removeprefix("//").strip()))
        return await self._add(group, event, staff, number, city, Reply(text, event.attachment, event.place))

    async def _add(self, group: ContactRef, event: GroupSaid, staff: Staff, number: int, city: str, deed: Deed) -> Sequence[Message]:
        """Add a line to the case and note that this post is it."""
        result = await self._act(staff, number, deed, _key(group, event))
        if isinstance(result, Refused):
            return [await self._refusal(result, number, city)]
        await self._store.set_post(group, str(event.post), number, -result.line)
        return ()

    async def _commanded(
        self, group: ContactRef, event: GroupSaid, staff: Staff, number: int, city: str, name: str, argument: str
    ) -> Sequence[Message]:
        match name:
            case "note":
                return await self._add(group, event, staff, number, city, AddNote(argument))
            case "claim":
                deed: Deed | None = Claim()
            case "close" if argument.lower() in OUTCOMES:
                deed = Close(cast(CaseOutcome, argument.lower()))
            case "close":
                return [self._words.outcomes(number, city)]
            case "pass":
                deed = PassOn(argument)
            case _:
                line = await self._line_of(group, event.reply_to, number)
                deed = Withdraw(line) if line else None
        return await self._do(staff, number, deed, _key(group, event), city) if deed else [self._words.how_to_withdraw(number, city)]

    async def _corrected(self, group: ContactRef, event: GroupSaid, staff: Staff, number: int, city: str) -> Sequence[Message]:
        """Change on the other side what a member changed here; what was never passed on stays so."""
        line = await self._line_of(group, event.post, number)
        if line is None:
            return ()
        return await self._do(staff, number, Correct(line, event.text.strip()), f"{_key(group, event)}:{event.at.timestamp()}", city)

    async def _line_of(self, group: ContactRef, post: int | None, number: int) -> int | None:
        found = await self._store.line_of_post(group, str(post)) if post is not None else None
        return abs(found[1]) if found and found[0] == number else None

    # ------------------------------------------------------------ members

    async def _do(self, staff: Staff, number: int, deed: Deed, key: str, city: str) -> Sequence[Message]:
        result = await self._act(staff, number, deed, key)
        return [await self._refusal(result, number, city)] if isinstance(result, Refused) else ()

    async def _refusal(self, result: Refused, number: int, city: str) -> Message:
        case = await self._store.case(number)
        return self._words.refused(result, number, city, is_waiting=case is not None and case.state == "waiting")

    async def _member(self, sender: int | None) -> Staff | None:
        return None if sender is None else await self._store.staff_of(ContactRef(PRIVATE, str(sender)))

    def _stranger(self, group: ContactRef, sender: int | None, number: int, city: str) -> Sequence[Message]:
        """Say once why somebody cannot answer here: they are anonymous, or nobody invited them."""
        if (group.address, sender) in self._told:
            return ()
        self._told.add((group.address, sender))
        return [self._words.stranger(number, city, is_anonymous=sender is None)]


def _key(group: ContactRef, event: GroupSaid) -> str:
    return f"tg:{group.address}:{event.post}"
