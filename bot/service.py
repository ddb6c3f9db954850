"""The imperative shell around `step`: accept events, handle them one contact at a time, send what follows, sweep what is over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.cases import Attachment
from bot.channels import Channel, Flooding, Parcel
from bot.discretion import Word
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ContactAsleep, ContactBlocked, Overloaded, StoreError
from bot.flood import CONTACT, MOST_WAITING, Due, Flood
from bot.logs import describe
from bot.metrics import Metrics
from bot.model import (
    ButtonPressed,
    CaseEffect,
    ContactLeft,
    ContactRef,
    Conversation,
    Count,
    EraseContact,
    Event,
    Incoming,
    MediaReceived,
    Message,
    OptionChosen,
    OptionExpired,
    Outcome,
    Paragraph,
    Run,
    SendData,
    SendMessage,
    StoredMessage,
    TextReceived,
    Turn,
    Understanding,
)
from bot.pace import Pace
from bot.records import CaseLine, Confirmed
from bot.store import (
    Blocked,
    Dead,
    Decision,
    Delivery,
    FindButton,
    Handled,
    Retry,
    Said,
    Sent,
    Settlement,
    Snapshot,
    Store,
    Swept,
    WaitingEvent,
)
from bot.store.replicas import Notice

log = logging.getLogger(__name__)

MAX_PARALLEL = 64  # contacts handled, and messages sent, at the same time
MAX_ATTEMPTS = 12  # with the delays below about 25 minutes; then the message is given up so that later ones go on
FIRST_DELAY_S, LONGEST_DELAY_S = 1.0, 300.0
MAX_THINKING = 8  # texts understood before the loop looks after others: about 10 ms (one at a time costs a fifth more CPU a turn)
SEND_TIMEOUT_S = 10.0  # shorter than the lease of the store (15 s)
RECHECK_S = 2.0  # how often the tables are looked at for what a wake-up missed
ASLEEP_S = 6 * 3600.0  # for what waits until its reader writes again, which brings it forward
OFF_RETRY_S = 60.0  # for what is to go out on a channel that is switched off
SWEEP_S = 300.0
STOP_S = 6.0  # for what is in hand at a stop; the rest is in the tables. With all else the process ends within 10 s
GIVE_BACK_S = 0.001  # after which a message that was not yet on its way at a stop may be sent by whoever comes next
OVERLOAD_RETRY_S = 5.0
TRANSLATE_S = 3.0  # a text waits no longer than that for its translation


class NeedsHistory(Exception):
    """A turn asked for the contact's data; handle again with the history at hand."""


class NothingWaits(Exception):
    """Another process has handled what was to be handled; there is nothing to decide, though other things may wait by now."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of a contact beside the conversation: the messages of the chat, and the lines of each of their requests."""

    history: Sequence[StoredMessage]
    lines: Mapping[int, Sequence[CaseLine]]


@dataclass(frozen=True, slots=True)
class Mind:
    """What the service needs of the dialogue, bound by app.py to the knowledge of the moment.

    `understand(text, city, locale)`; `step(conversation, event, now)`; `data_message(conversation, contact, held, now)`;
    `apology(conversation)` is said when a turn fails; `desk_locale(city)` is the language a city's advisors read;
    `sounds_like_crisis(text)`; `too_many(conversation)` is said to who wrote so much that some of it was dropped."""

    understand: Callable[[str, str | None, str | None], Understanding]
    step: Callable[[Conversation, Event, datetime], Turn]
    data_message: Callable[[Conversation, ContactRef, Held, datetime], Message]
    apology: Callable[[Conversation], Message]
    desk_locale: Callable[[str | None], str]
    sounds_like_crisis: Callable[[str], bool] = lambda text: False
    too_many: Callable[[Conversation], Message] | None = None


Hear = Callable[[str], Awaitable[None]]  # gets ready for a text that is about to be understood
Translate = Callable[[str, str, str], Awaitable[str | None]]  # (text, from, to) -> the translation, or None where there is none
HandleGroup = Callable[[Snapshot], Awaitable[Decision]]
AnswersJudged = Callable[[Sequence[Confirmed]], Awaitable[None]]


async def untranslated(text: str, source: str, target: str) -> str | None:
    """Stand in where no translator is set."""
    return None


async def unheard(text: str) -> None:
    """Stand in where texts need no getting ready for."""


class ConversationService:
    """Runs conversations over one store and any number of channels; see the module docstring."""

    def __init__(
        self,
        store: Store,
        channels: Sequence[Channel],
        mind: Callable[[], Mind],
        clock: Callable[[], datetime],
        *,
        max_waiting: int = 10_000,
        translate: Translate = untranslated,
        hear: Hear = unheard,
        cases_changed: Callable[[Sequence[int]], None] = lambda numbers: None,
        answers_judged: AnswersJudged | None = None,
        groups: Mapping[str, HandleGroup] | None = None,
        is_ready: Callable[[], bool] = lambda: True,
        pace: Pace = CONTACT,
        timer: Callable[[], float] = time.monotonic,
        metrics: Metrics | None = None,
    ) -> None:
        """Make the service.

        `pace` is how much one contact may write, by the seconds of `timer`; `max_waiting` how many events of all may wait.
        Until `is_ready` says so events are kept and not handled.
        `cases_changed` hears the numbers of cases that a turn changed, `answers_judged` of answers that somebody who reviews found right
        in a turn (none: called wrong), before the turn is answered; `groups` handles, by channel, events that no contact wrote."""
        self._translate, self._hear, self._cases_changed, self._groups = translate, hear, cases_changed, groups or {}
        self._answers_judged = answers_judged
        self._is_ready = is_ready
        self._metrics = metrics or Metrics()
        self._store, self._mind, self._clock, self._max_waiting = store, mind, clock, max_waiting
        self._channels: Mapping[str, Channel] = {channel.name: channel for channel in channels}
        self._flood = Flood(lambda text: self._mind().sounds_like_crisis(text), pace)
        self._timer, self._waiting, self._counted = timer, 0, False  # events not yet handled, as far as this process knows
        self._active: dict[str, bool] = {}  # contact -> something new came while handling
        self._paused: dict[str, ContactRef] = {}  # contacts who wrote too much, until they may go on
        self._tasks: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._handling = asyncio.Semaphore(MAX_PARALLEL)
        self._sending = asyncio.Semaphore(MAX_PARALLEL)
        self._thinking = asyncio.Semaphore(MAX_THINKING)
        self._due = asyncio.Event()
        self._jitter = random.Random()  # noqa: S311  # spreads retries, guards nothing
        self._stopping = False

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Go on with whatever an earlier process left in the tables, then keep going."""
        self._loops = [
            asyncio.create_task(self._recheck_loop()),
            asyncio.create_task(self._sweep_loop()),
            asyncio.create_task(self._send_loop()),  # the last one: `stop` lets it finish
        ]

    async def stop(self) -> None:
        """Finish what is in hand within STOP_S seconds; the rest is in the tables."""
        self._stopping = True
        self._due.set()
        for loop in self._loops[:-1]:
            loop.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                if self._loops:
                    await asyncio.wait(self._loops[-1:])  # not cut off: what it has leased would look as if it had perhaps been sent
                await self.idle()
        for task in (*self._loops, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._loops, *self._tasks, return_exceptions=True)

    async def broken(self) -> None:
        """Wait until one of the loops ends, which none should; raises what ended it."""
        done, _going_on = await asyncio.wait(self._loops, return_when=asyncio.FIRST_COMPLETED)
        for loop in done:
            loop.result()

    async def idle(self) -> None:
        """Wait until nothing is being handled or sent (tests and the terminal)."""
        while self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def _spawn(self, work: asyncio.Task[None]) -> None:
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------ accept (the Host of the channels)

    async def accept(self, incoming: Sequence[Incoming]) -> None:
        """Keep events; returns when they are safe on disk. Raises Overloaded or StoreError.

        What somebody writes too much is refused where it comes again by itself; elsewhere it waits, and is dropped where too much waits."""
        if self._stopping or max(self._waiting, len(self._active)) >= self._max_waiting:
            self._flood.tally.refused_full += len(incoming)
            raise Overloaded(OVERLOAD_RETRY_S)
        kept = [item for item in incoming if await self._takes(item)]
        if not kept:
            return
        self._waiting += len(kept)
        for contact_id in await self._store.accept(kept):
            self._wake(contact_id)

    async def _takes(self, item: Incoming) -> bool:
        """Say whether an event may come in; raises Overloaded where it should come again later."""
        flooding, now = self._flooding(item.contact.channel), self._timer()
        if flooding == "refuse" and (wait_s := self._flood.refuses(item, now)):
            raise Overloaded(wait_s)
        if flooding != "keep":
            return True
        most = MOST_WAITING if self._waiting < self._max_waiting / 2 else min(MOST_WAITING, self._flood.pace.burst)
        if self._flood.wants_count(item.contact, now, most):
            contact_id = await self._store.find(item.contact)
            snapshot = await self._store.read(contact_id) if contact_id else None
            self._flood.counted(item.contact, len(snapshot.waiting) if snapshot else 0, now)
        return self._flood.keeps(item, now, most)

    def _flooding(self, channel: str) -> Flooding:
        return self._channels[channel].capabilities.flooding if channel in self._channels else "none"

    def tally(self) -> Mapping[str, int]:
        """Return how many events were refused or dropped since this process began, by reason."""
        return asdict(self._flood.tally)

    async def history(self, contact: ContactRef, after: int = 0) -> Sequence[StoredMessage]:
        """Return the kept messages of a contact with an id above `after`, oldest first."""
        contact_id = await self._store.find(contact)
        return await self._store.history(contact_id, after) if contact_id else ()

    # ------------------------------------------------------------ files and topics (the Host of the channels)

    async def fetch(self, attachment: Attachment) -> bytes:
        """Return the content of a file, wherever it lies. Raises ChannelError."""
        place, _, key = attachment.ref.partition(":")
        if place == "store":
            found = await self._store.desk.file(key)
            if found is None:
                raise ChannelRejected("this file is not kept any more")
            return found[1]
        channel = self._channels.get(place)
        if channel is None:
            raise ChannelRejected("the channel of this file is switched off")
        return await channel.fetch(key)

    async def keep_file(self, contact: ContactRef, content: bytes) -> str | None:
        """Keep a file for the case a contact talks in; None where no person would see it. Raises Overloaded for who sends too much."""
        if self._flooding(contact.channel) != "none" and (wait_s := self._flood.wait(contact, self._timer())):
            raise Overloaded(wait_s)  # before it takes room
        contact_id = await self._store.find(contact)
        snapshot = await self._store.read(contact_id) if contact_id else None
        case = next((each for each in snapshot.conversation.cases if each.is_open), None) if snapshot else None
        return f"store:{await self._store.desk.add_file(case.number, content)}" if case else None

    async def topic(self, contact: ContactRef, number: int) -> int | None:
        """Return the topic of a case in a desk group."""
        return await self._store.desk.topic(contact, number)

    async def set_topic(self, contact: ContactRef, number: int, topic_id: int | None) -> None:
        """Note the topic of a case in a desk group, or that it is gone."""
        await self._store.desk.set_topic(contact, number, topic_id)

    async def is_linked(self, contact: ContactRef) -> bool:
        """Tell whether a group is a desk's."""
        return any(group.contact == contact for group in await self._store.desk.groups())

    # ------------------------------------------------------------ handle

    def wake(self, contact_ids: Sequence[str]) -> None:
        """Handle contacts whose inbox got something new from elsewhere."""
        for contact_id in contact_ids:
            self._wake(contact_id)

    def _wake(self, contact_id: str) -> None:
        if contact_id in self._paused and not self._flood.has_cry(self._paused[contact_id]):
            return  # who wrote too much goes on in a moment
        if contact_id in self._active:
            self._active[contact_id] = True
        elif not self._stopping:
            self._active[contact_id] = False
            self._spawn(asyncio.create_task(self._handle_contact(contact_id)))

    def _pause(self, contact_id: str, contact: ContactRef) -> None:
        """Handle more of a contact as soon as they may write more."""
        self._paused[contact_id] = contact
        asyncio.get_running_loop().call_later(self._flood.wait(contact, self._timer()), self._go_on, contact_id)

    def _go_on(self, contact_id: str) -> None:
        self._paused.pop(contact_id, None)
        self._wake(contact_id)

    async def look(self) -> None:
        """Take up everything that waits to be handled."""
        for contact_id in await self._store.waiting(MAX_PARALLEL * 4):
            self._wake(contact_id)

    async def _handle_contact(self, contact_id: str) -> None:
        """Handle a contact's events until none is left; at any time only one such task runs per contact."""
        try:
            if not self._is_ready():
                return  # look() comes back to it
            async with self._handling:
                again = True
                while again and not self._stopping:
                    self._active[contact_id] = False
                    await self._handle_waiting(contact_id)
                    again = self._active[contact_id]
        except StoreError as error:
            log.error("handling waits for the database: %s", error)  # still in the inbox: the recheck loop comes back to it
        finally:
            del self._active[contact_id]

    async def _handle_waiting(self, contact_id: str) -> None:
        snapshot = await self._store.read(contact_id)
        if snapshot is None or not snapshot.waiting:
            return
        channel = self._channels.get(snapshot.contact.channel)
        if channel is None:
            return  # that channel is switched off; what was written there waits until it is back
        handle_group = self._groups.get(channel.name)
        if handle_group and not self._store.replicas.leads:
            self._store.replicas.tell(Notice("inbox", contact_id))  # what is said in groups and to them must be known in one place
            return
        handled = await (self._group(snapshot, handle_group) if handle_group else self._turns(snapshot, channel))
        if self._answers_judged and (handled.confirmed or handled.reported):
            await self._answers_judged(handled.confirmed)
        for delivery in handled.deliveries:
            self._spawn(asyncio.create_task(self._deliver(delivery)))
        if handled.cases:
            self._cases_changed(handled.cases)
        self.wake(handled.wake)

    async def _turns(self, snapshot: Snapshot, channel: Channel) -> Handled:
        contact_id, contact = snapshot.conversation.contact_id, snapshot.contact
        if channel.capabilities.flooding != "keep":
            return await self._decided(_Handling(self._mind(), channel, self._clock()), snapshot)
        due = self._flood.due(contact, [(item.id, item.event) for item in snapshot.waiting], self._timer())
        turn = _Handling(self._mind(), channel, self._clock(), due)
        handled = await self._decided(turn, snapshot) if due.ids else Handled()
        left = turn.left if due.ids else len(snapshot.waiting)
        if due.ids:
            self._flood.handled(contact, due, left)
        if left:
            self._pause(contact_id, contact)
        return handled

    async def _decided(self, turn: _Handling, snapshot: Snapshot) -> Handled:
        contact_id, begun = snapshot.conversation.contact_id, time.monotonic()
        await turn.understand_ahead(snapshot, self._hear, self._thinking)
        await turn.translate_ahead(snapshot, self._translate)
        try:
            handled = await self._store.handle(contact_id, turn.decide)
        except NeedsHistory:
            turn.held = await self._held(snapshot)
            handled = await self._store.handle(contact_id, turn.decide)
        except NothingWaits:
            return Handled()
        self._waiting = max(0, self._waiting - turn.handled - turn.failed)
        self._metrics.turned(time.monotonic() - begun, turn.handled, turn.failed, turn.outcomes)
        return handled

    async def _held(self, snapshot: Snapshot) -> Held:
        """Read what is kept of a contact."""
        known = snapshot.conversation
        lines = {case.number: await self._store.desk.lines(case.number) for case in known.cases}
        return Held(await self._store.history(known.contact_id), lines)

    async def _group(self, snapshot: Snapshot, handle_group: HandleGroup) -> Handled:
        """Let a desk group's events be done first, each by its own key, and then note that they are: a crash between repeats them."""
        decision = await handle_group(snapshot)
        return await self._store.handle(snapshot.conversation.contact_id, lambda _snapshot, _find_button: decision)

    # ------------------------------------------------------------ send

    async def _deliver(self, delivery: Delivery) -> None:
        """Send a delivery and those that follow it in the same lane."""
        following: Delivery | None = delivery
        try:
            while following is not None:
                async with self._sending:
                    begun = time.monotonic()
                    result = Retry(GIVE_BACK_S, following.uncertain) if self._stopping else await self._send(following)
                self._metrics.sent(following.contact.channel, time.monotonic() - begun, result)
                following = await self._store.settle(following, result)
        except StoreError as error:
            log.error("a delivery could not be settled, its lease will end: %s", error)
            return
        self._due.set()

    async def _send(self, delivery: Delivery) -> Settlement:
        channel = self._channels.get(delivery.contact.channel)
        if channel is None:
            return Retry(OFF_RETRY_S, delivery.uncertain)
        parcel = Parcel(
            delivery.contact,
            delivery.message_id,
            delivery.token,
            delivery.message,
            delivery.uncertain,
            delivery.earlier,
            delivery.heard_at,
            delivery.attempts,
        )
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                platform_id = await channel.send(parcel)
        except ChannelThrottled as error:
            return Retry(error.retry_after_s)
        except ContactAsleep:
            return Retry(ASLEEP_S)
        except ContactBlocked:
            return Blocked()
        except ChannelRejected as error:
            log.error("delivery %d is given up: %s", delivery.id, error)
            return Dead("rejected")
        except (ChannelError, TimeoutError) as error:
            return self._retry(delivery, uncertain=error.uncertain if isinstance(error, ChannelError) else True)
        except Exception as error:  # the outermost boundary of a channel's code: one bad message must not stop the others
            log.error("delivery %d failed: %s", delivery.id, describe(error))
            return self._retry(delivery, uncertain=True)
        return Sent(platform_id)

    def _retry(self, delivery: Delivery, *, uncertain: bool) -> Settlement:
        if delivery.attempts >= MAX_ATTEMPTS:
            log.error("delivery %d is given up after %d attempts", delivery.id, delivery.attempts)
            return Dead("gave up")
        delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (delivery.attempts - 1))
        return Retry(delay * self._jitter.uniform(0.5, 1.0), uncertain)

    # ------------------------------------------------------------ loops

    async def _send_loop(self) -> None:
        """Take up lanes whose time has come: retries, and what a dead process left behind."""
        while not self._stopping:
            try:
                for delivery in await self._store.claim(MAX_PARALLEL):
                    self._spawn(asyncio.create_task(self._deliver(delivery)))
                await self._until_due()
            except StoreError as error:
                log.error("sending waits for the database: %s", error)
                await asyncio.sleep(RECHECK_S)

    async def _until_due(self) -> None:
        self._due.clear()
        if self._stopping:
            return
        due = await self._store.next_due()
        wait = RECHECK_S if due is None else min(RECHECK_S, max(0.01, (due - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(wait):
                await self._due.wait()
        except TimeoutError:
            return

    async def _recheck_loop(self) -> None:
        """Find events that no wake-up leads to: after a start, or a database error."""
        while True:
            try:
                await self._count()
                await self.look()
            except StoreError as error:
                log.error("the inbox cannot be read: %s", error)
            await asyncio.sleep(RECHECK_S)

    async def _count(self) -> None:
        """Set right how many events wait: repeated ones are counted too, and other processes handle some."""
        if not (self._counted and self._is_ready()) or self._waiting > self._max_waiting / 4:
            self._waiting, self._counted = (await self._store.figures())["inbox_waiting"], True
        elif not self._active and not self._paused:
            self._waiting = 0
            self._flood.forget_counts()

    async def _sweep_loop(self) -> None:
        while True:
            try:
                swept = await self._store.sweep() if self._store.replicas.leads else Swept(0, 0, 0)
                self._metrics.swept(well=True)
                if any((swept.histories, swept.inbox_keys, swept.contacts_erased, swept.cases)):
                    found = (swept.histories, swept.inbox_keys, swept.contacts_erased, swept.cases)
                    log.info("swept: %d histories, %d inbox keys, %d contacts, %d cases", *found)
            except StoreError as error:
                self._metrics.swept(well=False)
                log.error("the sweep waits for the database: %s", error)
            await asyncio.sleep(SWEEP_S)


class _Handling:
    """One attempt to handle what waits for one contact; `decide` runs inside the store's transaction and does no I/O."""

    def __init__(self, mind: Mind, channel: Channel, now: datetime, due: Due | None = None) -> None:
        self._mind, self._channel, self._now, self._due = mind, channel, now, due
        self._ahead: dict[int, Understanding] = {}
        self._translated: dict[int, str] = {}
        self._translated_to = ""
        self.held: Held | None = None
        self.left = 0
        self.handled = self.failed = 0  # events of the last attempt, and what came of texts the bot itself answered
        self.outcomes: list[Outcome] = []

    def _chosen(self, snapshot: Snapshot) -> list[WaitingEvent]:
        """List what is to be handled now: all of it, unless the contact wrote too much."""
        return [item for item in snapshot.waiting if self._due is None or item.id in self._due.ids]

    async def understand_ahead(self, snapshot: Snapshot, hear: Hear, thinking: asyncio.Semaphore) -> None:
        """Compute what texts mean before the transaction, for the city and locale of the moment.

        A few texts at a time in all, and whoever waits to be acknowledged comes in between."""
        known = snapshot.conversation
        for item in self._chosen(snapshot):
            if isinstance(item.event, TextReceived):
                if known.city and known.owner == "bot":
                    await hear(item.event.text)
                async with thinking:
                    self._ahead[item.id] = self._mind.understand(item.event.text, known.city, known.locale)
                    await asyncio.sleep(0)

    async def translate_ahead(self, snapshot: Snapshot, translate: Translate) -> None:
        """Have texts translated that a person will read, before the transaction; what is not ready in time goes as it is."""
        known, target = snapshot.conversation, self._mind.desk_locale(snapshot.conversation.city)
        if known.owner == "bot" or translate is untranslated or known.locale in (None, target):
            return
        self._translated_to = target
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TRANSLATE_S):
                for item in self._chosen(snapshot):
                    text = item.event.text if isinstance(item.event, TextReceived) else ""
                    translated = await translate(text, known.locale or "", target) if text else None
                    if translated:
                        self._translated[item.id] = translated

    def decide(self, snapshot: Snapshot, find_button: FindButton) -> Decision:
        """Turn waiting events into a decision, in order; a turn that raises is answered with an apology and changes nothing."""
        chosen = self._chosen(snapshot)
        self.left = len(snapshot.waiting) - len(chosen)
        if not chosen and not (self._due and self._due.dropped):
            raise NothingWaits
        decision, self.outcomes = Decision(snapshot.conversation, ()), []
        for item in chosen:
            decision = self._one(decision, item.id, item.event, snapshot.contact, find_button)
        self.handled, self.failed = len(decision.handled), len(decision.failed)
        return self._counting(decision)

    def _counting(self, decision: Decision) -> Decision:
        """Add what was dropped of too much, and say so once."""
        if self._due is None or not self._due.dropped:
            return decision
        tell = self._mind.too_many if self._due.tell and not decision.erase else None
        told = tuple(Said(part) for part in self._channel.split(tell(decision.conversation))) if tell else ()
        return replace(decision, dropped=self._due.dropped, said=(*decision.said, *told))

    def _one(self, before: Decision, inbox_id: int, raw: Event, contact: ContactRef, find_button: FindButton) -> Decision:
        known = before.conversation
        event = self._resolve(raw, inbox_id, find_button)
        said = _said_by_contact(event, known)
        try:
            turn = self._mind.step(known, event, self._now)
            replies = self._messages(turn, contact)
        except NeedsHistory:
            raise
        except Exception as error:  # the outermost boundary of a turn: the contact still gets an answer
            log.error("turn failed in state %s: %s", Word(known.state), describe(error))
            apology = tuple(Said(part) for part in self._channel.split(self._mind.apology(known)))
            return replace(before, failed=(*before.failed, inbox_id), said=(*before.said, *said, *apology))
        if isinstance(event, TextReceived) and event.understood and known.owner == "bot":
            self.outcomes.append(event.understood.outcome)
        counts = tuple((e.city, e.entry_id, e.locale, e.result) for e in turn.effects if isinstance(e, Count))
        return replace(
            before,
            conversation=replace(turn.conversation, version=known.version + 1),
            handled=(*before.handled, inbox_id),
            said=(*before.said, *said, *replies),
            counts=(*before.counts, *counts),
            erase=before.erase or any(isinstance(e, EraseContact) for e in turn.effects),
            left=isinstance(event, ContactLeft),
            casework=(*before.casework, *(e for e in turn.effects if isinstance(e, CaseEffect))),
        )

    def _resolve(self, event: Event, inbox_id: int, find_button: FindButton) -> Event:
        """Give an event its meaning: a press its option, a text the understanding made ahead.

        Where city or language have changed meanwhile, `step` understands the text anew."""
        if isinstance(event, ButtonPressed):
            option_id = find_button(event.token, event.index)
            if option_id is None:
                return OptionExpired(at=event.at, locale_hint=event.locale_hint)
            return OptionChosen(option_id=option_id, at=event.at, locale_hint=event.locale_hint)
        if isinstance(event, TextReceived):
            translated = self._translated.get(inbox_id)
            to = self._translated_to if translated else ""
            return replace(event, understood=self._ahead.get(inbox_id), translated=translated, translated_to=to)
        return event

    def _messages(self, turn: Turn, contact: ContactRef) -> tuple[Said, ...]:
        said: list[Said] = []
        for effect in turn.effects:
            if isinstance(effect, SendMessage):
                said += [Said(part) for part in self._channel.split(effect.message)]
            elif isinstance(effect, SendData):
                if self.held is None:
                    raise NeedsHistory
                message = self._mind.data_message(turn.conversation, contact, self.held, self._now)
                said += [Said(part) for part in self._channel.split(message)]
        return tuple(said)


def _said_by_contact(event: Event, known: Conversation) -> tuple[Said, ...]:
    """Return the history line of what a contact wrote or pressed."""
    attachment = event.attachment if isinstance(event, MediaReceived) and known.owner != "bot" else None
    if isinstance(event, TextReceived):
        text = event.text
    elif isinstance(event, MediaReceived) and attachment:
        text = event.caption or attachment.name
    elif isinstance(event, OptionChosen):
        text = dict(known.options).get(event.option_id, "")
    else:
        return ()
    if not text and not attachment:
        return ()
    locale = known.locale or event.locale_hint or "en"
    blocks = (Paragraph((Run(text),)),) if text else ()
    return (Said(Message(locale=locale, author="contact", blocks=blocks, attachment=attachment)),)
