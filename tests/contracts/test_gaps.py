"""Every promise about questions that contacts let us keep, on every engine, and the counters of the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.model import KeepQuestion
from bot.store import Decision, FindButton, Snapshot, Store
from tests.contracts.casework import Town
from tests.contracts.conftest import Engine

ASKED = KeepQuestion("madrid", "en", "can I take a lynx", "none")
OTHER = KeepQuestion("graz", "de", "wo ist der Luchs", "not-helpful", "egov.nie")


async def test_a_question_is_kept_with_the_day_alone(town: Town) -> None:
    contact_id = await town.arrive()
    await town.turn(contact_id, ASKED, OTHER)
    kept = {question.text: question for question in await town.desk.kept_questions()}
    first, second = kept[ASKED.text], kept[OTHER.text]
    assert (first.city, first.locale, first.why, first.entry_id) == ("madrid", "en", "none", "")
    assert (second.city, second.locale, second.why, second.entry_id) == ("graz", "de", "not-helpful", "egov.nie")
    assert type(first.day) is date
    assert first.day == town.clock().date()


async def test_ids_tell_no_order(town: Town) -> None:
    contact_id = await town.arrive()
    await town.turn(contact_id, *(replace(ASKED, text=f"question {number}") for number in range(30)))
    kept = await town.desk.kept_questions()
    by_id = [question.text for question in sorted(kept, key=lambda question: question.id)]
    assert len(by_id) == 30
    assert by_id != [f"question {number}" for number in range(30)]


async def test_what_was_used_leaves_the_list_for_good(town: Town) -> None:
    contact_id = await town.arrive()
    await town.turn(contact_id, ASKED, OTHER)
    (mine,) = [question.id for question in await town.desk.kept_questions() if question.city == "madrid"]
    assert await town.desk.settle_questions([mine, mine, 12345], "questions", "somebody", "madrid egov.nie") == 1
    assert [question.city for question in await town.desk.kept_questions()] == ["graz"]
    assert await town.desk.settle_questions([mine], "dismissed", "somebody") == 0
    assert [(line.actor, line.deed, line.detail) for line in await town.desk.audit()][-1] == (
        "somebody",
        "gap-questions",
        "madrid egov.nie 1",
    )


async def test_they_outlive_the_contact_and_go_after_90_days(town: Town) -> None:
    contact_id = await town.arrive()
    await town.turn(contact_id, ASKED)
    await town.turn(contact_id, erase=True)
    town.clock.forward(days=90)
    await town.store.sweep()
    assert len(await town.desk.kept_questions()) == 1
    town.clock.forward(days=1)
    await town.store.sweep()
    assert await town.desk.kept_questions() == ()


async def test_nothing_is_said_about_them_in_the_audit_when_they_come(town: Town) -> None:
    before = await town.desk.audit()
    await town.turn(await town.arrive(), ASKED)
    assert await town.desk.audit() == before


async def test_they_survive_a_restart(durable: Engine) -> None:
    town = Town(durable.store, durable.clock)
    await town.turn(await town.arrive(), ASKED)
    store = await durable.reopen()
    assert [question.text for question in await store.desk.kept_questions()] == [ASKED.text]


async def test_counters_count_by_day(town: Town, store: Store) -> None:
    contact_id = await town.arrive()

    async def count() -> None:
        def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
            return Decision(snapshot.conversation, (), counts=(("madrid", "", "en", "none"), ("madrid", "egov.nie", "en", "shown")))

        await store.handle(contact_id, decide)

    first = town.clock().date().isoformat()
    await count()
    await count()
    town.clock.forward(days=1)
    await count()
    second = town.clock().date().isoformat()
    counted = await store.daily_counters()
    assert counted[(first, "madrid", "", "en", "none")] == 2
    assert counted[(second, "madrid", "egov.nie", "en", "shown")] == 1
    assert (await store.counters())[("madrid", "", "en", "none")] == 3
