"""Every promise of the Store contract on every engine: what comes in, what becomes of it, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import StoreError
from bot.model import (
    ButtonPressed,
    CommandReceived,
    ContactLeft,
    ContactRef,
    Conversation,
    Document,
    Event,
    FactTable,
    Heading,
    Listing,
    LocationShared,
    Match,
    MediaReceived,
    Message,
    Note,
    Option,
    OptionChosen,
    OptionExpired,
    Paragraph,
    Run,
    TextReceived,
    Understanding,
    Venue,
)
from bot.store import (
    HISTORY_HOURS,
    HISTORY_MESSAGES,
    Decision,
    Delivery,
    FindButton,
    Handled,
    Retry,
    Said,
    Sent,
    Snapshot,
    Store,
    Swept,
)
from tests.store.cases import (
    AMINA,
    BORIS,
    START,
    Clock,
    happened,
    keeping,
    meet,
    message,
    raising,
    saying,
    snapshot_of,
    text_of,
    texts_of,
    told,
    wrote,
)

# ---------------------------------------------------------------- accept and read


async def test_what_is_accepted_waits_in_order(store: Store) -> None:
    assert await store.accept([wrote(AMINA, "1", "one"), wrote(AMINA, "2", "two")]) == (await store.find(AMINA),)
    contact_id = await meet(store, AMINA, "3")
    snapshot = await snapshot_of(store, contact_id)
    assert snapshot.contact == AMINA
    assert snapshot.conversation == Conversation(contact_id, "web")
    assert [item.event.text for item in snapshot.waiting if isinstance(item.event, TextReceived)] == ["one", "two", "hello"]
    assert [item.id for item in snapshot.waiting] == sorted(item.id for item in snapshot.waiting)


async def test_a_repeated_event_is_dropped(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    assert await store.accept([wrote(AMINA, "first"), wrote(AMINA, "first")]) == ()
    assert await store.accept([wrote(AMINA, "first"), wrote(AMINA, "second"), wrote(AMINA, "second")]) == (contact_id,)
    assert len((await snapshot_of(store, contact_id)).waiting) == 2


async def test_a_repetition_after_handling_is_dropped(store: Store) -> None:
    contact_id, _ = await told(store, AMINA, "hi")
    assert await store.accept([wrote(AMINA, "first")]) == ()
    assert (await snapshot_of(store, contact_id)).waiting == ()


async def test_ids_are_unique_in_their_channel_only(store: Store) -> None:
    await meet(store, AMINA, "7")
    assert len(await store.accept([wrote(ContactRef("telegram", "amina-address"), "7")])) == 1


async def test_contacts_are_told_apart_by_channel_and_address(store: Store) -> None:
    people = [AMINA, BORIS, ContactRef("telegram", AMINA.address)]
    ids = await store.accept([wrote(contact, str(number)) for number, contact in enumerate(people)])
    assert len(set(ids)) == 3
    assert [await store.find(contact) for contact in people] == list(ids)
    assert await store.find(ContactRef("web", "nobody")) is None


async def test_an_unknown_contact_is_none(store: Store) -> None:
    assert await store.read("0" * 32) is None
    assert await store.history("0" * 32) == ()
    assert await store.accept([]) == ()


UNDERSTOOD = Understanding("suggest", (Match("egov.nie", 0.5),), language="ar", city="madrid", locale="es")


@pytest.mark.parametrize(
    "event",
    [
        TextReceived(text="مرحبا \u200f👋", at=START, locale_hint="ar", edited=True, understood=UNDERSTOOD),
        CommandReceived(name="start", at=START, argument="e_madrid_nie"),
        ButtonPressed(token="abc", index=3, at=START),
        OptionChosen(option_id="entry:egov.nie", at=START),
        OptionExpired(at=START),
        LocationShared(latitude=40.4168, longitude=-3.7038, at=START),
        MediaReceived(media="voice", at=START),
        ContactLeft(at=START),
    ],
    ids=lambda event: event.kind,
)
async def test_every_kind_of_event_comes_back_as_it_was(store: Store, event: Event) -> None:
    (contact_id,) = await store.accept([happened(AMINA, "x", event)])
    assert [item.event for item in (await snapshot_of(store, contact_id)).waiting] == [event]


async def test_who_waits_longest_comes_first(store: Store) -> None:
    amina, boris = await meet(store, AMINA, "1"), await meet(store, BORIS, "2")
    await meet(store, AMINA, "3")
    assert await store.waiting(10) == (amina, boris)
    assert await store.waiting(1) == (amina,)
    await store.handle(amina, saying())
    assert await store.waiting(10) == (boris,)


# ---------------------------------------------------------------- handle


async def test_a_decision_is_kept_whole(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    after = Conversation(
        contact_id,
        "web",
        owner="queue",
        state="browse.entry",
        locale="ar",
        city="madrid",
        area="alcorcon",
        data={"entry": "egov.nie", "page": 2, "asked": True, "none": None},
        options=(("more", "المزيد"), ("person", "شخص")),
    )
    counts = (("madrid", "egov.nie", "ar", "answer"), ("madrid", "egov.nie", "ar", "answer"), ("madrid", "work", "ar", "shown"))
    decide = saying("one", "two", conversation=after, counts=counts)
    handled = await store.handle(contact_id, decide)
    assert texts_of(handled.deliveries) == ["one"]
    assert (handled.wake, handled.cases) == ((), ())
    kept = (await snapshot_of(store, contact_id)).conversation
    assert kept == replace(after, version=1, owner="bot"), "whose the conversation is, only the cases say"
    assert await store.counters() == {counts[0]: 2, counts[2]: 1}
    assert [text_of(kept.message) for kept in await store.history(contact_id)] == ["one", "two"]
    assert await store.waiting(10) == ()


async def test_the_version_never_falls_behind(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    await store.handle(contact_id, saying())
    await store.handle(contact_id, keeping(lambda s: Decision(replace(s.conversation, version=9), ())))
    await store.handle(contact_id, saying())
    assert (await snapshot_of(store, contact_id)).conversation.version == 10


async def test_decide_sees_what_is_stored_now(store: Store) -> None:
    contact_id = await meet(store, AMINA, "1")
    await snapshot_of(store, contact_id)
    await meet(store, AMINA, "2")
    seen: list[int] = []

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        seen.append(len(snapshot.waiting))
        return Decision(snapshot.conversation, (snapshot.waiting[0].id,))

    await store.handle(contact_id, decide)
    await store.handle(contact_id, decide)
    assert seen == [2, 1]


async def test_an_exception_of_decide_changes_nothing(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    for error in (LookupError("mine"), StopIteration("odd")):
        with pytest.raises((LookupError, RuntimeError)):
            await store.handle(contact_id, raising(error))
    snapshot = await snapshot_of(store, contact_id)
    assert snapshot.conversation.version == 0
    assert len(snapshot.waiting) == 1
    assert texts_of((await store.handle(contact_id, saying("still here"))).deliveries) == ["still here"]


async def test_an_unknown_contact_is_not_handled(store: Store) -> None:
    assert await store.handle("0" * 32, raising(AssertionError("asked"))) == Handled()


async def test_a_decision_about_another_contact_is_refused(store: Store) -> None:
    amina, boris = await meet(store, AMINA, "1"), await meet(store, BORIS, "2")
    with pytest.raises(StoreError, match="another contact"):
        await store.handle(amina, saying("for Boris", conversation=Conversation(boris, "web")))
    foreign = (await snapshot_of(store, boris)).waiting[0].id
    with pytest.raises(StoreError, match="do not wait"):
        await store.handle(amina, saying(handled=(foreign,)))
    assert sorted(await store.waiting(10)) == sorted((amina, boris))
    assert await store.history(amina) == ()


async def test_a_failed_event_is_done_and_counted(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    await store.handle(contact_id, keeping(lambda s: Decision(s.conversation, (), failed=(s.waiting[0].id,))))
    assert await store.waiting(10) == ()
    assert (await store.figures())["inbox_failed"] == 1
    assert await store.accept([wrote(AMINA, "first")]) == ()


async def test_what_the_contact_said_is_history_and_not_sent(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    said = (Said(message("mine", author="contact")), Said(message("yours")), Said(message("by a person", author="person")))
    (delivery,) = (await store.handle(contact_id, saying(said=said))).deliveries
    assert [kept.message for kept in await store.history(contact_id)] == [item.message for item in said]
    assert (await store.figures())["outbox_waiting"] == 2
    assert delivery.message == said[1].message


async def test_handling_without_words_sends_nothing(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    assert await store.handle(contact_id, saying()) == Handled()
    assert await store.claim(10) == ()
    assert await store.next_due() is None


# ---------------------------------------------------------------- buttons and history


async def _press(store: Store, contact_id: str, token: str, index: int) -> str | None:
    found: list[str | None] = []

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        found.append(find_button(token, index))
        return Decision(snapshot.conversation, ())

    await store.handle(contact_id, decide)
    return found[0] if found else None


async def test_a_button_belongs_to_its_contact_and_its_hours(store: Store, clock: Clock) -> None:
    amina, boris = await meet(store, AMINA, "1"), await meet(store, BORIS, "2")
    (delivery,) = (await store.handle(amina, saying(said=(Said(message("choose", "es", "ar")),)))).deliveries
    assert len(delivery.token) == 12
    assert [await _press(store, amina, delivery.token, index) for index in (0, 1, 2, -1)] == ["es", "ar", None, None]
    assert await _press(store, amina, "unknown", 0) is None
    assert await _press(store, boris, delivery.token, 0) is None
    clock.forward(hours=HISTORY_HOURS, microseconds=-1)
    assert await _press(store, amina, delivery.token, 0) == "es"
    clock.forward(microseconds=1)
    assert await _press(store, amina, delivery.token, 0) is None


async def test_history_keeps_the_last_messages_of_both_sides(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    delivery: Delivery | None = None
    for number in range(HISTORY_MESSAGES):
        said = (Said(message(f"q{number}", author="contact")), Said(message(f"a{number}")))
        (delivery,) = (await store.handle(contact_id, saying(said=said))).deliveries
        assert await store.settle(delivery, Sent()) is None
    kept = await store.history(contact_id)
    assert len(kept) == HISTORY_MESSAGES
    assert [text_of(item.message) for item in kept[-2:]] == [f"q{HISTORY_MESSAGES - 1}", f"a{HISTORY_MESSAGES - 1}"]
    assert await store.history(contact_id, after=kept[-2].id) == kept[-1:]
    assert delivery is not None
    assert (kept[-1].id, kept[-1].token) == (delivery.message_id, delivery.token)
    assert kept[-1].at == START


EVERYTHING = Message(
    "ar",
    blocks=(
        Heading((Run("عنوان"),)),
        Paragraph((Run("plain "), Run("bold", bold=True), Run("link", url="https://example.org"), Run("+34 900", isolate=True))),
        Listing(((Run("one"),), (Run("two"),)), ordered=True),
        FactTable((("Cost", (Run("free"),)),)),
        Note((Run("small"),)),
    ),
    options=(Option("a", "A"), Option("b", "B", style="person"), Option("c", "C", url="https://example.org")),
    venues=(Venue("Office", "Calle 1", 40.4168, -3.7038),),
    document=Document("data.json", "application/json", "{}"),
    author="translation",
    author_name="Lucía",
    alert=True,
    ask_location=True,
    device="shared",
)


async def test_every_part_of_a_message_comes_back_as_it_was(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    (first,) = (await store.handle(contact_id, saying(said=(Said(message("first")), Said(EVERYTHING))))).deliveries
    assert (await store.history(contact_id))[1].message == EVERYTHING
    second = await store.settle(first, Sent())
    assert second is not None
    assert second.message == EVERYTHING


async def test_a_message_that_waits_is_never_trimmed(store: Store) -> None:
    texts = [f"m{number}" for number in range(HISTORY_MESSAGES + 10)]
    _, delivery = await told(store, AMINA, *texts)
    out: list[str] = []
    following: Delivery | None = delivery
    while following is not None:
        out.append(text_of(following.message))
        following = await store.settle(following, Sent())
    assert out == texts


async def test_history_ends_a_day_after_the_last_message(store: Store, clock: Clock) -> None:
    contact_id, delivery = await told(store, AMINA, "hi")
    await store.settle(delivery, Sent())
    options = (("a", "A"),)
    await store.handle(contact_id, keeping(lambda s: Decision(replace(s.conversation, options=options, state="menu"), ())))
    clock.forward(hours=HISTORY_HOURS - 1)
    assert (await snapshot_of(store, contact_id)).conversation.options == options
    assert await store.sweep() == Swept(0, 0, 0)
    assert len(await store.history(contact_id)) == 1
    clock.forward(hours=1)
    assert await store.history(contact_id) == ()
    assert (await snapshot_of(store, contact_id)).conversation.options == ()
    assert await store.sweep() == Swept(1, 0, 0)
    assert await store.sweep() == Swept(0, 0, 0)
    assert (await snapshot_of(store, contact_id)).conversation.state == "menu"
    clock.forward(hours=-HISTORY_HOURS)
    assert await store.history(contact_id) == ()


async def test_a_sweep_spares_who_spoke_since_and_what_waits(store: Store, clock: Clock) -> None:
    amina, first = await told(store, AMINA, "old", external_id="1")
    await store.settle(first, Sent())
    boris, waiting = await told(store, BORIS, "waits", external_id="2")
    await store.settle(waiting, Retry(60))
    clock.forward(hours=HISTORY_HOURS)
    await store.handle(amina, saying("new"))
    assert await store.sweep() == Swept(0, 0, 0)
    assert [text_of(kept.message) for kept in await store.history(amina)] == ["old", "new"]
    assert texts_of(await store.claim(10)) == ["waits"]
    assert boris
