"""The service on a real store: order, isolation, retries, apologies, overload, stop and start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from starlette.routing import BaseRoute

from bot.channels import Capabilities, Host, Parcel
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ContactBlocked, Overloaded
from bot.model import (
    ButtonPressed,
    CommandReceived,
    ContactRef,
    Conversation,
    Count,
    EraseContact,
    Event,
    Incoming,
    Message,
    Option,
    OptionChosen,
    OptionExpired,
    Paragraph,
    Run,
    SendData,
    SendMessage,
    TextReceived,
    Turn,
    Understanding,
)
from bot.service import LONGEST_DELAY_S, MAX_ATTEMPTS, ConversationService, Held, Mind
from bot.store import Dead, Decision, Delivery, Retry, Said, Snapshot, Store, open_store
from bot.store.replicas import Alone, Notice

SECRET = bytes(range(32))


def clock() -> datetime:
    return datetime.now(UTC)


def said(text: str, *options: str) -> Message:
    return Message("en", (Paragraph((Run(text),)),), tuple(Option(option, f"label {option}") for option in options))


def text_of(message: Message) -> str:
    block = message.blocks[0]
    assert isinstance(block, Paragraph)
    return "".join(run.text for run in block.runs)


def echo(conversation: Conversation, event: Event, now: datetime) -> Turn:
    """A dialogue small enough to see through: it answers what it hears, and raises on "boom"."""
    count = int(conversation.data.get("n", 0) or 0) + 1
    known = replace(conversation, data={"n": count}, locale="en")
    match event:
        case TextReceived(text="boom"):
            raise ValueError("a secret that no log may hold")
        case TextReceived(text="split"):
            return Turn(known, (SendMessage(said("one|two|three", "a")),))
        case TextReceived(text="count"):
            return Turn(known, (Count("madrid", "egov.nie", "en", "shown"), SendMessage(said("counted"))))
        case TextReceived(text=text):
            return Turn(known, (SendMessage(said(f"{count}:{text}", "yes", "no")),))
        case OptionChosen(option_id=option_id):
            return Turn(known, (SendMessage(said(f"chose {option_id}")),))
        case OptionExpired():
            return Turn(known, (SendMessage(said("expired")),))
        case CommandReceived(name="mydata"):
            return Turn(known, (SendData("en"),))
        case CommandReceived(name="delete"):
            return Turn(known, (SendMessage(said("gone")), EraseContact()))
    return Turn(known)


def mind() -> Mind:
    def data(conversation: Conversation, contact: ContactRef, held: Held, now: datetime) -> Message:
        return said("data: " + " / ".join(text_of(item.message) for item in held.history))

    return Mind(
        understand=lambda text, city, locale: Understanding("none", city=city, locale=locale),
        step=echo,
        data_message=data,
        apology=lambda conversation: said("sorry"),
        desk_locale=lambda city: "es",
    )


class PostCards:
    """A channel whose deliveries the test sees, and whose failures it chooses: `failures` are raised first, one a call."""

    name = "post"
    capabilities = Capabilities(None, None, shared_device=False, location=False)

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.parcels: list[Parcel] = []
        self.failures: list[Exception] = []
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def start(self, host: Host) -> None: ...

    def routes(self) -> Sequence[BaseRoute]:
        return ()

    def split(self, message: Message) -> tuple[Message, ...]:
        pieces = text_of(message).split("|")
        return tuple(
            replace(message, blocks=said(piece).blocks, options=message.options if piece == pieces[-1] else ()) for piece in pieces
        )

    async def send(self, parcel: Parcel) -> str | None:
        self.calls += 1
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((parcel.contact.address, text_of(parcel.message)))
        self.parcels.append(parcel)
        return str(parcel.message_id)

    async def fetch(self, key: str) -> bytes:
        raise ChannelRejected("no files here")

    async def stop_receiving(self) -> None: ...

    async def close(self) -> None: ...

    def to(self, address: str) -> list[str]:
        return [text for other, text in self.sent if other == address]


Make = Callable[[], ConversationService]


@pytest.fixture
def post() -> PostCards:
    return PostCards()


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'dragoman.db'}", data_dir=tmp_path, secret=SECRET, clock=clock)
    yield store
    await store.close()


@pytest_asyncio.fixture
async def service(store: Store, post: PostCards) -> AsyncIterator[ConversationService]:
    service = ConversationService(store, [post], mind, clock)
    await service.start()
    yield service
    await service.stop()


def wrote(address: str, number: int | str, text: str) -> Incoming:
    return Incoming(ContactRef("post", address), f"{address}-{number}", TextReceived(text=text, at=clock()))


def did(address: str, number: int | str, event: Event) -> Incoming:
    return Incoming(ContactRef("post", address), f"{address}-{number}", event)


async def until(true: Callable[[], bool], timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.005)


async def test_answers_in_order_and_once(service: ConversationService, post: PostCards) -> None:
    for number in range(20):
        await service.accept([wrote("ana", number, f"t{number}"), wrote("ana", number, f"t{number}")])
    await service.accept([wrote("ana", 3, "t3 again")])
    await until(lambda: len(post.sent) >= 20)
    await service.idle()
    assert post.to("ana") == [f"{n + 1}:t{n}" for n in range(20)]


async def test_a_question_in_a_city_is_heard_before_it_is_understood(store: Store, post: PostCards) -> None:
    happened: list[str] = []

    async def hear(text: str) -> None:
        await asyncio.sleep(0)
        happened.append(f"heard {text}")

    def understand(text: str, city: str | None, locale: str | None) -> Understanding:
        happened.append(f"understood {text}")
        return Understanding("none", city=city, locale=locale)

    def choose(conversation: Conversation, event: Event, now: datetime) -> Turn:
        return echo(replace(conversation, city="madrid"), event, now)

    service = ConversationService(store, [post], lambda: replace(mind(), understand=understand, step=choose), clock, hear=hear)
    await service.start()
    for number, text in enumerate(("no city yet", "a question")):
        await service.accept([wrote("ana", number, text)])
        await service.idle()
    await service.stop()
    assert happened == ["understood no city yet", "heard a question", "understood a question"]


async def test_one_stuck_contact_holds_nobody_else_back(service: ConversationService, post: PostCards) -> None:
    post.gate.clear()
    await service.accept([wrote("stuck", 1, "hello")])
    await until(lambda: post.calls == 1)
    first = post.gate
    post.gate = asyncio.Event()
    post.gate.set()
    await service.accept([wrote(f"c{n}", 1, "hi") for n in range(100)])
    await until(lambda: len(post.sent) == 100)
    assert post.to("stuck") == []
    first.set()
    await until(lambda: post.to("stuck") == ["1:hello"])


async def test_a_long_message_leaves_in_pieces_in_order(service: ConversationService, post: PostCards) -> None:
    await service.accept([wrote("ana", 1, "split"), wrote("ana", 2, "next")])
    await until(lambda: len(post.sent) == 4)
    assert post.to("ana") == ["one", "two", "three", "2:next"]
    assert [len(parcel.message.options) for parcel in post.parcels[:3]] == [0, 0, 1]


async def test_a_button_works_for_its_owner_only(service: ConversationService, post: PostCards) -> None:
    await service.accept([wrote("ana", 1, "hello"), wrote("eve", 1, "hello")])
    await until(lambda: len(post.sent) == 2)
    token = next(parcel.token for parcel in post.parcels if parcel.contact.address == "ana")
    press = ButtonPressed(token=token, index=1, at=clock())
    await service.accept([did("ana", 2, press), did("eve", 2, press), did("ana", 3, replace(press, index=7))])
    await until(lambda: len(post.sent) == 5)
    assert post.to("ana")[1:] == ["chose no", "expired"]
    assert post.to("eve")[1:] == ["expired"]
    history = await service.history(ContactRef("post", "ana"))
    assert [text_of(item.message) for item in history if item.message.author == "contact"] == ["hello"]


async def test_a_turn_that_raises_is_answered_and_logged_without_words(
    service: ConversationService, post: PostCards, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await service.accept([wrote("ana", 1, "a"), wrote("ana", 2, "boom"), wrote("ana", 3, "b")])
    await until(lambda: len(post.sent) == 3)
    assert post.to("ana") == ["1:a", "sorry", "2:b"]
    assert (await store.figures())["inbox_failed"] == 1
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text
    assert "boom" not in caplog.text


async def test_throttled_waits_exactly_and_keeps_order(service: ConversationService, post: PostCards) -> None:
    post.failures = [ChannelThrottled(0.6)]
    begin = asyncio.get_running_loop().time()
    await service.accept([wrote("ana", 1, "a"), wrote("ana", 2, "b")])
    await until(lambda: len(post.sent) == 2)
    waited = asyncio.get_running_loop().time() - begin
    assert post.to("ana") == ["1:a", "2:b"]
    assert 0.6 <= waited < 1.2
    assert not any(parcel.uncertain for parcel in post.parcels)


async def test_a_doubtful_failure_is_retried_and_flagged(service: ConversationService, post: PostCards, store: Store) -> None:
    post.failures = [ChannelError("reset", uncertain=True), ChannelError("no connection", uncertain=False)]
    await service.accept([wrote("ana", 1, "a")])
    await until(lambda: len(post.sent) == 1, 10)
    assert post.parcels[0].uncertain
    assert (await store.figures())["outbox_uncertain"] == 1


async def test_a_rejected_message_dies_alone(service: ConversationService, post: PostCards, store: Store) -> None:
    post.failures = [ChannelRejected("bad")]
    await service.accept([wrote("ana", 1, "a"), wrote("ana", 2, "b")])
    await until(lambda: post.to("ana") == ["2:b"])
    assert (await store.figures())["outbox_dead"] == 1


async def test_who_blocked_us_is_left_alone_until_they_write(service: ConversationService, post: PostCards) -> None:
    post.failures = [ContactBlocked()]
    await service.accept([wrote("ana", 1, "split")])
    await until(lambda: post.calls == 1)
    await service.idle()
    assert post.to("ana") == []
    await service.accept([wrote("ana", 2, "back")])
    await until(lambda: post.to("ana") == ["2:back"])


async def test_a_message_is_given_up_in_the_end(service: ConversationService) -> None:
    delivery = Delivery(1, "c", ContactRef("post", "ana"), 1, "token", said("a"), attempts=1, uncertain=False, lease="x")
    delays = []
    for attempt in range(1, MAX_ATTEMPTS):
        retry = service._retry(replace(delivery, attempts=attempt), uncertain=False)
        assert isinstance(retry, Retry)
        delays.append(retry.after_s)
    assert delays[0] <= 1.0
    assert all(delay <= LONGEST_DELAY_S for delay in delays)
    assert sum(delays) > 400
    assert isinstance(service._retry(replace(delivery, attempts=MAX_ATTEMPTS), uncertain=False), Dead)


async def test_data_are_shown_whole(service: ConversationService, post: PostCards) -> None:
    await service.accept([wrote("ana", 1, "hello"), wrote("eve", 1, "not hers")])
    await until(lambda: len(post.sent) == 2)
    await service.accept([did("ana", 2, CommandReceived(name="mydata", at=clock()))])
    await until(lambda: len(post.to("ana")) == 2)
    assert post.to("ana")[1] == "data: hello / 1:hello"


async def test_delete_says_so_and_forgets(service: ConversationService, post: PostCards, store: Store) -> None:
    await service.accept([wrote("ana", 1, "hello")])
    await until(lambda: len(post.sent) == 1)
    await service.accept([did("ana", 2, CommandReceived(name="delete", at=clock()))])
    await until(lambda: post.to("ana")[1:] == ["gone"])
    await service.idle()
    assert await service.history(ContactRef("post", "ana")) == ()
    assert (await store.figures())["contacts"] == 0
    await service.accept([wrote("ana", 3, "hello again")])
    await until(lambda: post.to("ana")[2:] == ["1:hello again"])


async def test_counts_are_kept(service: ConversationService, post: PostCards, store: Store) -> None:
    await service.accept([wrote("ana", 1, "count"), wrote("eve", 1, "count")])
    await until(lambda: len(post.sent) == 2)
    assert await store.counters() == {("madrid", "egov.nie", "en", "shown"): 2}


async def test_too_much_waiting_is_refused(store: Store, post: PostCards) -> None:
    service = ConversationService(store, [post], mind, clock, max_waiting=1)
    service._active["somebody"] = False
    with pytest.raises(Overloaded):
        await service.accept([wrote("ana", 1, "a")])
    assert (await store.figures())["contacts"] == 0


async def test_what_was_accepted_before_a_stop_is_answered_after_the_start(store: Store, post: PostCards) -> None:
    await store.accept([wrote("ana", 1, "before")])
    service = ConversationService(store, [post], mind, clock)
    await service.start()
    await until(lambda: post.to("ana") == ["1:before"])
    await service.stop()
    with pytest.raises(Overloaded):
        await service.accept([wrote("ana", 2, "after")])


async def test_stop_finishes_what_is_in_hand(store: Store, post: PostCards) -> None:
    service = ConversationService(store, [post], mind, clock)
    await service.start()
    post.gate.clear()
    await service.accept([wrote("ana", 1, "a")])
    await until(lambda: post.calls == 1)
    stopping = asyncio.create_task(service.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    post.gate.set()
    await stopping
    assert post.to("ana") == ["1:a"]
    assert (await store.figures())["outbox_uncertain"] == 0


async def test_a_stop_under_load_leaves_no_doubt_and_nothing_undone(tmp_path: Path, post: PostCards) -> None:
    async def opened() -> Store:
        return await open_store(f"sqlite:///{tmp_path / 'dragoman.db'}", data_dir=tmp_path, secret=SECRET, clock=clock)

    store = await opened()
    service = ConversationService(store, [post], mind, clock)
    await service.start()
    for number in range(3):
        await service.accept([wrote(f"c{n}", number, f"t{number}") for n in range(80)])
    await service.stop()
    await store.close()
    assert len(post.sent) < 240, "nothing was left to be done"
    store = await opened()
    assert (await store.figures())["outbox_uncertain"] == 0
    service = ConversationService(store, [post], mind, clock)
    await service.start()
    await until(lambda: len(post.sent) == 240, 10)
    assert all(post.to(f"c{n}") == ["1:t0", "2:t1", "3:t2"] for n in range(80))
    await service.stop()
    await store.close()


async def test_a_channel_that_is_off_keeps_what_waits(store: Store, post: PostCards) -> None:
    await store.accept([wrote("ana", 1, "hello")])
    off = ConversationService(store, [], mind, clock)
    await off.start()
    await asyncio.sleep(0.1)
    await off.stop()
    figures = await store.figures()
    assert (figures["inbox_waiting"], figures["inbox_failed"], figures["outbox_dead"]) == (1, 0, 0)
    on = ConversationService(store, [post], mind, clock)
    await on.start()
    await until(lambda: post.to("ana") == ["1:hello"])
    await on.stop()


# ---------------------------------------------------------------- several processes


class Follower(Alone):
    """Another process leads."""

    leads = False

    def __init__(self) -> None:
        self.told: list[Notice] = []

    def tell(self, notice: Notice) -> None:
        self.told.append(notice)


async def test_what_is_said_in_groups_is_left_to_the_process_that_leads(store: Store, post: PostCards) -> None:
    asked: list[str] = []

    async def handle_group(snapshot: Snapshot) -> Decision:
        asked.append(snapshot.conversation.contact_id)
        return Decision(snapshot.conversation, tuple(item.id for item in snapshot.waiting))

    store.replicas = follower = Follower()
    service = ConversationService(store, [post], mind, clock, groups={"post": handle_group})
    await service.accept([wrote("group", 1, "/close")])
    await service.idle()
    (contact_id,) = await store.waiting(10)
    assert (asked, follower.told) == ([], [Notice("inbox", contact_id)])
    store.replicas = Alone()
    service.wake((contact_id,))
    await service.idle()
    assert (asked, await store.waiting(10)) == ([contact_id], ())


async def test_a_stop_gives_back_what_was_just_leased(store: Store, post: PostCards, monkeypatch: pytest.MonkeyPatch) -> None:
    (contact_id,) = await store.accept([wrote("amina", 1, "hi")])
    words = (Said(said("hello")),)
    handled = await store.handle(contact_id, lambda snapshot, _find: Decision(snapshot.conversation, (snapshot.waiting[0].id,), said=words))
    await store.settle(handled.deliveries[0], Retry(0.001))
    claim, leased, told = store.claim, asyncio.Event(), asyncio.Event()

    async def slow(limit: int) -> tuple[Delivery, ...]:
        found = await claim(limit)
        if found:
            leased.set()
            await told.wait()
        return found

    monkeypatch.setattr(store, "claim", slow)
    service = ConversationService(store, [post], mind, clock)
    await service.start()
    await leased.wait()
    stopping = asyncio.create_task(service.stop())
    await asyncio.sleep(0)
    told.set()
    await stopping
    assert post.to("amina") == []
    monkeypatch.undo()
    await asyncio.sleep(0.01)
    (again,) = await store.claim(1)
    assert not again.uncertain
    assert (await store.claim(10), (await store.figures())["outbox_uncertain"]) == ((), 0)


async def test_what_another_process_was_quicker_with_is_not_handled_again(
    store: Store, post: PostCards, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contact_id,) = await store.accept([wrote("amina", 1, "hi")])
    read = store.read

    async def late(contact_id: str) -> Snapshot | None:
        found = await read(contact_id)
        await store.handle(contact_id, lambda snapshot, _find: Decision(snapshot.conversation, tuple(each.id for each in snapshot.waiting)))
        return found

    monkeypatch.setattr(store, "read", late)
    service = ConversationService(store, [post], mind, clock)
    service.wake((contact_id,))
    await service.idle()
    snapshot = await read(contact_id)
    assert snapshot is not None
    assert (post.sent, snapshot.conversation.version) == ([], 1)
