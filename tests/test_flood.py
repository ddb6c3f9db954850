"""Who writes too much: what is taken in, what is due, and that a crisis is never among what is dropped. Pure; then over a real store."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.channels import Capabilities
from bot.errors import Overloaded, StoreError
from bot.flood import CONTACT, CRIES, MOST_WAITING, Flood
from bot.model import ButtonPressed, CommandReceived, ContactRef, Event, Incoming, InviteUsed, MediaReceived, TextReceived
from bot.service import ConversationService, Mind
from bot.store import Decide, Handled, Store, open_store
from tests.test_service import SECRET, PostCards, clock, mind, said, until

AT = datetime(2026, 11, 28, tzinfo=UTC)
CRY = "he beats me"
NUMBERS = itertools.count(1)


def text(words: str) -> TextReceived:
    return TextReceived(text=words, at=AT)


def wrote(who: str, words: str) -> Incoming:
    return Incoming(ContactRef("post", who), str(next(NUMBERS)), text(words))


def flood() -> Flood:
    return Flood(lambda words: CRY in words)


# ---------------------------------------------------------------- where what is refused comes again


def test_a_burst_then_one_a_second_and_nobody_else_notices() -> None:
    found = flood()
    assert [found.refuses(wrote("ana", "x"), 0.0) for _ in range(30)] == [0.0] * 30
    assert found.refuses(wrote("ana", "x"), 0.0) == pytest.approx(1.0)
    assert found.refuses(wrote("eve", "x"), 0.0) == 0.0
    assert found.refuses(wrote("ana", "x"), 1.0) == 0.0
    assert found.tally.refused_contact == 1


@pytest.mark.parametrize(
    "event",
    [
        text(f"please, {CRY}"),
        MediaReceived(media="photo", caption=CRY, at=AT),
        CommandReceived(name="human", argument=CRY, at=AT),
    ],
    ids=lambda event: event.kind,
)
def test_a_crisis_is_taken_in_beyond_every_limit(event: Event) -> None:
    found = flood()
    while not found.refuses(wrote("ana", "spam"), 0.0):
        pass
    assert found.refuses(Incoming(ContactRef("post", "ana"), "cry", event), 0.0) == 0.0


def test_who_only_shouts_crisis_is_bounded_too() -> None:
    found = flood()
    taken = sum(not found.refuses(wrote("ana", CRY), 0.0) for _ in range(500))
    assert taken == CONTACT.burst + CRIES.burst


def test_what_is_no_text_is_never_a_crisis() -> None:
    found = Flood(lambda words: True)
    assert not found.is_cry(ButtonPressed(token="x", index=0, at=AT))
    assert not found.is_cry(CommandReceived(name="start", argument="e_madrid_egov_nie", at=AT))
    assert not found.is_cry(text(""))


# ---------------------------------------------------------------- where nothing comes a second time


def test_200_wait_then_they_are_dropped_but_no_crisis() -> None:
    found, ana = flood(), ContactRef("post", "ana")
    kept = [found.keeps(wrote("ana", "x"), 0.0) for _ in range(300)]
    assert kept == [True] * MOST_WAITING + [False] * 100
    assert found.keeps(wrote("ana", CRY), 0.0)
    assert found.keeps(wrote("eve", "x"), 0.0)
    assert found.tally.dropped == 100
    shouted = sum(found.keeps(wrote("ana", CRY), 0.0) for _ in range(500))
    assert shouted == CRIES.burst - 1
    waiting = [(number, text(CRY if number == 200 else "x")) for number in range(201)]
    due = found.due(ana, waiting, 0.0)
    assert due.ids == {*range(CONTACT.burst), 200}
    assert (due.tell, due.dropped) == (True, 100 + 500 - CRIES.burst + 1)


def test_the_backlog_goes_on_at_its_pace_and_is_told_of_once() -> None:
    found, ana = flood(), ContactRef("post", "ana")
    for _ in range(250):
        found.keeps(wrote("ana", "x"), 0.0)
    waiting = [(number, text("x")) for number in range(200)]
    told = 0
    for second in range(171):
        due = found.due(ana, waiting, float(second))
        told += due.tell
        waiting = [item for item in waiting if item[0] not in due.ids]
        found.handled(ana, due, len(waiting))
        assert len(waiting) == 170 - second
    assert told == 1
    assert not found.due(ana, [], 1000.0).dropped


def test_a_cry_is_found_whenever_it_reaches_the_table() -> None:
    found, ana = flood(), ContactRef("post", "ana")
    waiting: list[tuple[int, Event]] = [(number, text("x")) for number in range(100)]
    found.handled(ana, found.due(ana, waiting, 0.0), 70)
    assert found.keeps(wrote("ana", CRY), 0.0)
    assert not found.due(ana, waiting[30:], 0.0).ids  # it is still being written
    assert found.has_cry(ana)
    assert found.due(ana, [*waiting[30:], (100, text(CRY))], 0.0).ids == {100}
    assert not found.has_cry(ana)
    assert found.due(ana, [*waiting[30:], (101, text(CRY))], 0.0).ids == {101}  # another process took it in


def test_what_the_desk_says_does_not_wait_behind_a_flood() -> None:
    found, ana = flood(), ContactRef("post", "ana")
    news = InviteUsed(at=AT)
    waiting: list[tuple[int, Event]] = [(number, text("x")) for number in range(100)]
    assert 100 in found.due(ana, [*waiting, (100, news)], 0.0).ids
    due = found.due(ana, [*waiting, (100, news)], 0.0)
    assert due.ids == {100}


def test_what_others_have_handled_is_seen() -> None:
    found, ana = flood(), ContactRef("post", "ana")
    for _ in range(200):
        found.keeps(wrote("ana", "x"), 5.0)
    assert found.wants_count(ana, 5.0)
    assert found.wants_count(ana, 5.1)  # until somebody could look
    found.counted(ana, 200, 5.1)
    assert not found.wants_count(ana, 5.5)
    assert not found.keeps(wrote("ana", "x"), 5.5)
    assert found.wants_count(ana, 6.2)
    found.counted(ana, 3, 6.2)
    assert found.keeps(wrote("ana", "x"), 6.2)
    found.forget_counts()
    assert not found.wants_count(ana, 50.0)


async def test_a_database_that_refuses_makes_nobody_lose_anything(store: Store) -> None:
    """The poll brings the same batch again and again: repeated tries must not count as a flood."""
    post, timer = PostCards(), Timer()
    post.capabilities = Capabilities(None, None, shared_device=False, location=False, flooding="keep")
    service = serving(store, post, timer)
    batch = [wrote("ana", str(number)) for number in range(20)]
    accept, refusals = store.accept, iter(range(30))

    async def refusing(incoming: Sequence[Incoming]) -> tuple[str, ...]:
        if next(refusals, None) is not None:
            raise StoreError("disk full")
        return await accept(incoming)

    store.accept = refusing  # type: ignore[method-assign]
    for _ in range(31):
        timer.now += 0.3
        with contextlib.suppress(StoreError):
            await service.accept(batch)
    await until(lambda: len(post.to("ana")) == 20)
    assert service.tally()["dropped"] == 0
    await service.stop()


# ---------------------------------------------------------------- over the service and a real store


class Timer:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def loud_mind() -> Mind:
    known = mind()
    return Mind(
        known.understand,
        known.step,
        known.data_message,
        known.apology,
        known.desk_locale,
        lambda words: CRY in words,
        lambda conversation: said("too many"),
    )


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'x.db'}", data_dir=tmp_path, secret=SECRET, clock=clock)
    yield store
    await store.close()


def serving(store: Store, post: PostCards, timer: Timer, *, max_waiting: int = 10_000) -> ConversationService:
    return ConversationService(store, [post], loud_mind, clock, timer=timer, max_waiting=max_waiting)


async def test_a_flood_where_it_comes_again_is_refused_with_a_time(store: Store) -> None:
    post, timer = PostCards(), Timer()
    post.capabilities = Capabilities(None, None, shared_device=False, location=False, flooding="refuse")
    service = serving(store, post, timer)
    for number in range(30):
        await service.accept([wrote("ana", str(number))])
    with pytest.raises(Overloaded) as refused:
        await service.accept([wrote("ana", "more")])
    assert refused.value.retry_after_s == pytest.approx(1.0)
    await service.accept([wrote("ana", CRY)])
    await service.accept([wrote("eve", "hello")])
    await until(lambda: len(post.sent) == 32)
    assert service.tally() == {"refused_full": 0, "refused_contact": 1, "dropped": 0}
    timer.now += 1
    await service.accept([wrote("ana", "later")])
    await until(lambda: len(post.sent) == 33)
    await service.stop()


async def test_a_flood_in_a_poll_waits_is_dropped_counted_and_told_once(store: Store) -> None:
    post, timer = PostCards(), Timer()
    post.capabilities = Capabilities(None, None, shared_device=False, location=False, flooding="keep")
    service = serving(store, post, timer)
    for batch in range(4):
        await service.accept([wrote("ana", f"{batch}-{number}") for number in range(100)])
    await service.accept([wrote("ana", CRY), wrote("eve", "hello")])
    await until(lambda: "1:hello" in post.to("eve"))
    await until(lambda: any(CRY in text for text in post.to("ana")))
    await until(lambda: "too many" in post.to("ana"))
    while len(post.to("ana")) < 150:
        timer.now += 10
        service._go_on(next(iter(service._paused)))
        await until(lambda: not service._tasks)
    figures = await store.figures()
    assert figures["inbox_dropped"] == service.tally()["dropped"] > 0
    assert post.to("ana").count("too many") == 1
    answered = [text.partition(":")[2] for text in post.to("ana") if "-" in text]
    assert answered == [f"{batch}-{number}" for batch in range(2) for number in range(100)][: len(answered)]
    await service.stop()


async def test_a_cry_that_is_written_while_a_turn_ends_does_not_wait_for_the_next(store: Store) -> None:
    post, timer = PostCards(), Timer()
    post.capabilities = Capabilities(None, None, shared_device=False, location=False, flooding="keep")
    service = serving(store, post, timer)
    accept, written = store.accept, asyncio.Event()

    async def slow_for_a_cry(incoming: Sequence[Incoming]) -> tuple[str, ...]:
        if any(isinstance(item.event, TextReceived) and CRY in item.event.text for item in incoming):
            await written.wait()
        return await accept(incoming)

    store.accept = slow_for_a_cry  # type: ignore[method-assign]
    await service.accept([wrote("ana", str(number)) for number in range(100)])
    crying = asyncio.create_task(service.accept([wrote("ana", CRY)]))
    await until(lambda: len(post.to("ana")) == 30 and not service._tasks)
    written.set()
    await crying
    await until(lambda: any(CRY in answer for answer in post.to("ana")))
    await service.stop()


async def test_everything_that_waits_counts_also_while_nothing_is_handled(store: Store) -> None:
    service = ConversationService(store, [PostCards()], mind, clock, max_waiting=20, is_ready=lambda: False)
    for number in range(20):
        await service.accept([wrote(f"p{number}", "x")])
        await until(lambda: not service._tasks)
    with pytest.raises(Overloaded):
        await service.accept([wrote("late", "x")])
    assert (await store.figures())["inbox_waiting"] == 20
    assert service.tally()["refused_full"] == 1
    await service.stop()


async def test_what_another_process_was_quicker_with_is_no_turn_although_something_new_waits(store: Store) -> None:
    post, others = PostCards(), PostCards()
    post.capabilities = others.capabilities = Capabilities(None, None, shared_device=False, location=False, flooding="keep")
    ours, theirs, handle = serving(store, post, Timer()), serving(store, others, Timer()), store.handle

    async def late(contact_id: str, decide: Decide) -> Handled:
        store.handle = handle  # type: ignore[method-assign]
        theirs.wake((contact_id,))
        await theirs.idle()
        await store.accept([wrote("ana", "second")])
        return await handle(contact_id, decide)

    store.handle = late  # type: ignore[method-assign]
    await ours.accept([wrote("ana", "first")])
    await until(lambda: post.to("ana"))
    contact_id = await store.find(ContactRef("post", "ana"))
    snapshot = await store.read(contact_id) if contact_id else None
    assert snapshot is not None
    assert (others.to("ana"), post.to("ana")) == (["1:first"], ["2:second"])
    assert (snapshot.conversation.version, snapshot.waiting) == (2, ())
    for service in (ours, theirs):
        await service.stop()
