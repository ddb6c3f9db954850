"""What a desk group is shown: a card and then what changes, in few posts; nothing twice, and nothing that is not theirs."""

from __future__ import annotations

import pytest

from bot.cases import AddNote, Claim, Close, Correct, Done, Profile, Reopen, Reply, Withdraw
from bot.desk.relay import MAX_LINES, MAX_WAITING
from bot.model import AddToCase, WithdrawFromCase
from tests.desk.group import GroupRig, photo, texts
from tests.desk.world import CANARY, LUCIA, World, profile
from tests.store.cases import saying
from tests.store.desks import claim_all


@pytest.fixture
async def group(world: World) -> GroupRig:
    rig = GroupRig(world)
    await rig.link()
    await rig.relay()
    return rig


async def done(world: World, *arguments: object) -> Done:
    result = await world.act(*arguments)  # type: ignore[arg-type]
    assert isinstance(result, Done)
    return result


async def test_a_case_begins_with_its_card_and_what_was_said(group: GroupRig, world: World) -> None:
    case = await world.ask(priority="high", facts=(("letter", "yes"),))
    card, said = await group.relay()
    assert (card.thread, said.thread) == (case.number, case.number)
    assert [option.id for option in card.options] == [f"claim:{case.number}", f"note:{case.number}"]
    for part in (world.desk.pseudonym(case, "es"), "árabe", "Vivienda", str(case.number)):
        assert part in texts([card])[0]
    assert CANARY not in texts([card])[0]
    assert CANARY in texts([said])[0]
    assert await group.relay() == []


async def test_what_comes_together_is_one_post(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    for text in ("uno", "dos", "tres"):
        await world.say("amina", AddToCase(case.number, text=f"{CANARY} {text}"))
    (post,) = await group.relay()
    assert [part in texts([post])[0] for part in ("uno", "dos", "tres")] == [True] * 3
    assert await group.relay() == []


async def test_more_than_a_post_holds_is_on_the_web_desk(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    for turn in range(MAX_LINES + 5):
        await world.say("amina", AddToCase(case.number, text=f"mensaje-{turn}."))
    (post,) = await group.relay()
    (text,) = texts([post])
    assert f"mensaje-{MAX_LINES + 4}." in text
    assert "mensaje-4." not in text
    assert "5 " in text.split("\n")[1]


async def test_the_card_follows_the_state(group: GroupRig, world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    first = (await group.relay())[0]
    await done(world, lucia, case.number, Claim())
    card, told = await group.relay()
    assert (card.edits, card.line) == (True, first.line)
    assert [option.id for option in card.options] == [f"close:{case.number}", f"note:{case.number}"]
    assert "Lucía" in texts([told])[0]
    await done(world, lucia, case.number, Close("solved"))
    card, told = await group.relay()
    assert (card.edits, card.options) == (True, ())
    assert "Lucía" in texts([told])[0]
    assert await group.relay() == []
    world.clock.forward(minutes=2)
    assert await group.relay() == []


async def test_a_closed_case_that_is_taken_up_again_goes_on(group: GroupRig, world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await done(world, lucia, case.number, Claim())
    await done(world, lucia, case.number, Close("solved"))
    await group.relay()
    await group.relay()
    await done(world, lucia, case.number, Reopen())
    await done(world, lucia, case.number, Reply("otra vez"))
    assert any("otra vez" in text for text in texts(await group.relay()))


async def test_notes_and_replies_of_the_web_are_shown(group: GroupRig, world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await done(world, lucia, case.number, Claim())
    await group.relay()
    await done(world, lucia, case.number, Reply("mándeme la carta"))
    await done(world, lucia, case.number, AddNote("parece serio"))
    (post,) = await group.relay()
    assert "mándeme la carta" in texts([post])[0]
    assert "parece serio" in texts([post])[0]


async def test_a_file_is_a_post_of_its_own(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    await world.say("amina", AddToCase(case.number, text="mira"), AddToCase(case.number, attachment=photo()))
    await world.say("amina", AddToCase(case.number, place=(40.4, -3.7)))
    text, file, place = await group.relay()
    assert "mira" in texts([text])[0]
    assert (text.attachment, file.attachment) == (None, photo())
    assert [(venue.latitude, venue.longitude) for venue in place.venues] == [(40.4, -3.7)]


async def test_what_a_contact_takes_back_is_gone_here_too(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    for text in ("uno", "dos"):
        await world.say("amina", AddToCase(case.number, text=text, source_id=text))
    (post,) = await group.relay()
    await world.say("amina", WithdrawFromCase(case.number, source_id="uno"))
    (again,) = await group.relay()
    assert (again.edits, again.line) == (True, post.line)
    assert ("uno" in texts([again])[0], "dos" in texts([again])[0]) == (False, True)
    await world.say("amina", WithdrawFromCase(case.number, source_id="dos"))
    (removed,) = await group.relay()
    assert (removed.withdraws, removed.line, removed.thread) == (True, post.line, case.number)
    assert await group.relay() == []


async def test_what_a_contact_corrects_is_corrected_in_its_place(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await world.say("amina", AddToCase(case.number, text="primero", source_id="1"))
    *_before, first = await group.relay()
    await world.say("amina", AddToCase(case.number, text="segundo", source_id="2"))
    await group.relay()
    await world.say("amina", AddToCase(case.number, text="corregido", source_id="1", edited=True))
    (again,) = await group.relay()
    assert (again.edits, again.line) == (True, first.line)
    assert ("corregido" in texts([again])[0], "primero" in texts([again])[0], "segundo" in texts([again])[0]) == (True, False, False)
    assert group.posts[-1].earlier  # the channel is told which of its messages that is


async def test_what_was_taken_back_before_it_was_told_is_never_told(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    await world.say("amina", AddToCase(case.number, text="secreto", source_id="1"))
    await world.say("amina", WithdrawFromCase(case.number, source_id="1"))
    assert not any("secreto" in text for text in texts(await group.relay()))


async def test_what_an_advisor_corrects_or_takes_back_on_the_web_follows(group: GroupRig, world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await done(world, lucia, case.number, Claim())
    await group.relay()
    line = (await done(world, lucia, case.number, Reply("el lunes"))).line
    await group.relay()
    await done(world, lucia, case.number, Correct(line, "el martes"))
    (again,) = await group.relay()
    assert (again.edits, again.line, "el martes" in texts([again])[0]) == (True, line, True)
    await done(world, lucia, case.number, Withdraw(line))
    (removed,) = await group.relay()
    assert (removed.withdraws, removed.line) == (True, line)


async def test_a_group_is_not_buried(group: GroupRig, world: World) -> None:
    for turn in range(MAX_WAITING):
        await world.ask(f"contact-{turn}")
    await group.relay(send=False)
    contact_id = (await world.store.desk.groups())[0].contact_id
    waiting = await world.store.desk.waiting_posts(contact_id)
    assert MAX_WAITING <= waiting <= MAX_WAITING + 1
    await group.relay(send=False)
    assert await world.store.desk.waiting_posts(contact_id) == waiting
    told = set()
    for _ in range(6):
        told |= {message.thread for message in await group.relay()}
    assert len(told) == MAX_WAITING  # nothing is left out in the end


async def test_the_topic_of_an_erased_case_is_deleted_once(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    await world.store.handle(case.contact_id, saying(erase=True))
    await claim_all(world.store)
    await world.store.sweep()
    assert await world.store.desk.case(case.number) is None
    world.clock.forward(minutes=2)
    (removed,) = await group.relay()
    assert (removed.withdraws, removed.line, removed.thread, removed.blocks) == (True, 0, case.number, ())
    for _ in range(3):
        world.clock.forward(minutes=2)
        assert await group.relay() == []
    await world.store.desk.set_topic(group.ref, case.number, None)  # the channel has deleted it
    world.clock.forward(minutes=2)
    assert await group.relay() == []


async def test_a_topic_that_somebody_deleted_is_told_anew(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    await world.say("amina", AddToCase(case.number, text="sigue"))
    await world.store.desk.set_topic(group.ref, case.number, None)  # as the channel notices at its next send
    card, said = await group.relay()
    assert (card.edits, next(option.id for option in card.options)) == (False, f"claim:{case.number}")
    assert CANARY in texts([said])[0]
    assert "sigue" in texts([said])[0]


async def test_after_a_restart_nothing_is_told_twice(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    await world.say("amina", AddToCase(case.number, text="después"))
    relay = world.desk._relay
    relay._told.clear()
    relay._settled.clear()
    (post,) = await group.relay()
    assert ("después" in texts([post])[0], CANARY in texts([post])[0]) == (True, False)


async def test_practice_and_other_cities_and_houses_stay_out(group: GroupRig, world: World) -> None:
    lucia = await world.hire(LUCIA)
    await group.member(profile=Profile("Nora", "advisor", "madrid", organisation="icam"))
    await world.desk.practise(lucia, "advice", "ar")
    await world.ask("amina", organisation="provivienda")
    assert await group.relay() == []
    case = await world.ask("boris", organisation="icam")
    assert {message.thread for message in await group.relay()} == {case.number}


async def test_the_contacts_words_come_translated_with_the_original(group: GroupRig, world: World) -> None:
    case = await world.ask()
    world.translations[(f"{CANARY} amina", "es")] = "traducido"
    _card, said = await group.relay()
    assert ("traducido" in texts([said])[0], CANARY in texts([said])[0]) == (True, True)
    assert case.number == said.thread


async def test_without_a_group_nothing_is_posted(world: World) -> None:
    await world.ask()
    await world.desk.relay()
    assert await world.store.next_due() is None


async def test_who_writes_in_the_group_is_not_told_what_they_wrote(group: GroupRig, world: World) -> None:
    await group.member(profile=profile(LUCIA))
    case = await world.ask()
    await group.relay()
    assert await group.presses(case, f"claim:{case.number}") == []
    await group.relay()
    assert await group.says(case, "hola, soy Lucía") == []
    assert await group.says(case, "// ojo") == []
    assert await group.relay() == []
