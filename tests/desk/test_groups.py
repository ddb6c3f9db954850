"""What members of a desk group may do there, what of it reaches the contact, and what they are told where nothing did."""

from __future__ import annotations

import pytest

from bot.cases import Case, Profile
from bot.model import AddToCase, ContactRef, GroupLinking, GroupMoved, GroupPressed, GroupSaid, PersonWithdrew, PersonWrote
from tests.desk.group import LUCIA_ID, STRANGER_ID, GroupRig, photo
from tests.desk.world import CANARY, LUCIA, World, profile, wrote
from tests.store.cases import wrote as text_event


@pytest.fixture
async def group(world: World) -> GroupRig:
    rig = GroupRig(world)
    await rig.link()
    await rig.member()
    await rig.relay()
    return rig


async def claimed(group: GroupRig, address: str = "amina") -> Case:
    """Let a case be taken in the group."""
    case = await group.world.ask(address)
    await group.relay()
    assert await group.presses(case, f"claim:{case.number}") == []
    await group.world.heard(address)
    await group.relay()
    return case


# ---------------------------------------------------------------- linking


async def test_a_group_is_linked_by_a_code_and_told_who_reads_along(world: World) -> None:
    group = GroupRig(world)
    (text,) = await group.link()
    assert "Madrid" in text
    assert "Telegram" in text
    assert [(linked.city, linked.contact) for linked in await world.store.desk.groups()] == [("madrid", group.ref)]


async def test_a_link_that_was_done_before_a_crash_is_told_all_the_same(world: World) -> None:
    group = GroupRig(world)
    code = await world.store.desk.link_code("madrid")
    await group.happens(GroupLinking(code=code, sender=1, is_forum=True, at=world.clock()), keep=False)
    (text,) = await group.handle()
    assert "Madrid" in text


@pytest.mark.parametrize(("is_forum", "may_manage"), [(False, True), (True, False)])
async def test_a_group_that_cannot_have_topics_is_not_linked_and_keeps_its_code(world: World, is_forum: bool, may_manage: bool) -> None:
    group = GroupRig(world)
    code = await world.store.desk.link_code("madrid")
    (refusal,) = await group.link(code=code, is_forum=is_forum, may_manage=may_manage)
    assert not await world.store.desk.groups()
    (text,) = await group.link(code=code)
    assert text != refusal
    assert await world.store.desk.groups()


async def test_a_forged_code_links_nothing(world: World) -> None:
    group = GroupRig(world)
    (text,) = await group.link(code="forged")
    assert text
    assert not await world.store.desk.groups()


async def test_a_group_that_moves_or_throws_us_out_is_followed(group: GroupRig, world: World) -> None:
    await group.happens(GroupMoved(to=-1009, at=world.clock()))
    assert [linked.contact.address for linked in await world.store.desk.groups()] == ["-1009"]
    moved = GroupRig(world, ref=(await world.store.desk.groups())[0].contact)
    await moved.happens(GroupMoved(to=None, at=world.clock()))
    assert not await world.store.desk.groups()


# ---------------------------------------------------------------- answering


async def test_a_reply_in_the_topic_reaches_that_contact_and_nobody_else(group: GroupRig, world: World) -> None:
    case, other = await claimed(group), await claimed(group, "boris")
    assert await group.says(case, "mándeme la carta") == []
    assert wrote(await world.heard("amina")) == ["mándeme la carta"]
    assert wrote(await world.heard("boris")) == []
    assert other.number != case.number
    (line,) = [line for line in await world.store.desk.lines(case.number) if line.author == "person"]
    assert line.name == "Lucía"


async def test_before_a_claim_nothing_is_passed_on_and_that_is_said(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    (text,) = await group.says(case, "hola")
    assert "/claim" in text
    assert wrote(await world.heard("amina")) == []
    assert await group.says(case, "/claim") == []
    assert (await world.case(case.number)).advisor is not None


async def test_files_and_places_are_passed_on(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    await group.says(case, "un papel", attachment=photo())
    await group.says(case, place=(40.4, -3.7))
    file, place = [event for event in await world.heard("amina") if isinstance(event, PersonWrote)]
    assert (file.text, file.attachment) == ("un papel", photo())
    assert place.place == (40.4, -3.7)
    (text,) = await group.says(case, too_large=True)
    assert "20" in text


async def test_a_note_stays_here(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    for text in ("// parece serio", "/note hay que llamar", "/note@desk_bot y volver"):
        assert await group.says(case, text) == []
    assert await world.heard("amina") == []
    lines = await world.store.desk.lines(case.number)
    notes = [line for line in lines if line.author == "note"]
    assert len(notes) == 3
    assert await group.relay() == []


async def test_a_correction_follows_to_the_other_side(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    await group.says(case, "el lunes", post=501)
    (first,) = await world.heard("amina")
    await group.says(case, "el martes", post=501, edited=True)
    (again,) = await world.heard("amina")
    assert isinstance(first, PersonWrote)
    assert isinstance(again, PersonWrote)
    assert (again.text, again.edits, again.line) == ("el martes", True, first.line)
    assert await group.says(case, "nunca enviado", post=502, edited=True) == []
    assert await world.heard("amina") == []
    assert await group.relay() == []


async def test_a_message_is_taken_back_by_answering_it(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    await group.says(case, "me equivoqué", post=501)
    (sent,) = await world.heard("amina")
    assert await group.says(case, "/withdraw", reply_to=501) == []
    (gone,) = await world.heard("amina")
    assert isinstance(sent, PersonWrote)
    assert isinstance(gone, PersonWithdrew)
    assert gone.line == sent.line
    (removed,) = await group.relay()  # here as well
    assert removed.withdraws
    assert group.posts[-1].earlier == ("501",)
    (how,) = await group.says(case, "/withdraw")
    assert "/withdraw" in how


async def test_a_correction_in_the_group_says_nothing_again(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    await group.says(case, "el lunes", post=501)
    await world.say("amina", AddToCase(case.number, text="gracias"))
    await group.relay()
    await group.says(case, "el martes", post=501, edited=True)
    assert await group.relay() == []


async def test_an_answer_to_a_message_of_another_case_takes_nothing_back(group: GroupRig, world: World) -> None:
    case, other = await claimed(group), await claimed(group, "boris")
    await group.says(case, "hola", post=501)
    await world.heard("amina")
    (how,) = await group.says(other, "/withdraw", reply_to=501)
    assert "/withdraw" in how
    assert await world.heard("amina") == []


async def test_nobody_takes_back_what_another_wrote(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    await group.member(5002, profile(LUCIA, name="Nora"))
    await group.says(case, "hola", post=501)
    await world.heard("amina")
    (refusal,) = await group.says(case, "/withdraw", sender=5002, reply_to=501)
    assert refusal
    (refusal,) = await group.says(case, "otra cosa", sender=5002)
    assert "Lucía" in refusal
    assert await world.heard("amina") == []


async def test_a_case_is_passed_on_and_closed_by_commands(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    assert await group.says(case, "/pass no es mío") == []
    assert (await world.case(case.number)).state == "waiting"
    await group.says(case, "/claim")
    (refusal,) = await group.says(case, "/pass")
    assert refusal  # a reason is wanted
    (text,) = await group.says(case, "/close")
    assert (await world.case(case.number)).state == "claimed"
    assert text
    assert await group.presses(case, f"close:{case.number}:solved") == []
    closed = await world.case(case.number)
    assert (closed.state, closed.outcome) == ("closed", "solved")
    (refusal,) = await group.says(case, "hola otra vez")
    assert refusal


async def test_the_close_button_asks_how_it_ended(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    await group.presses(case, f"close:{case.number}")
    asked = group.posts[-1].message
    assert f"close:{case.number}:solved" in [option.id for option in asked.options]
    assert asked.thread == case.number
    assert (await world.case(case.number)).is_open
    (how,) = await group.presses(case, f"note:{case.number}")
    assert "//" in how


@pytest.mark.parametrize(
    "action", ["", "claim", "claim:", "claim:x", "claim:999999", "close:1:nonsense:more", "delete:1", "claim:-1", "claim:١"]
)
async def test_a_button_nobody_offered_does_nothing(group: GroupRig, world: World, action: str) -> None:
    case = await world.ask()
    await group.relay()
    await group.happens(GroupPressed(topic=None, sender=LUCIA_ID, action=action, query="q", at=world.clock()))
    assert (await world.case(case.number)).state == "waiting"


# ---------------------------------------------------------------- who may not


@pytest.mark.parametrize("sender", [STRANGER_ID, None], ids=["not enrolled", "anonymous"])
async def test_strangers_and_anonymous_members_cannot_answer(group: GroupRig, world: World, sender: int | None) -> None:
    case = await claimed(group)
    (told,) = await group.says(case, "hola", sender=sender)
    assert told
    assert await group.says(case, "hola?", sender=sender) == []  # once is enough
    assert await world.heard("amina") == []
    assert len([line for line in await world.store.desk.lines(case.number) if line.author == "person"]) == 0


async def test_a_stranger_cannot_press(group: GroupRig, world: World) -> None:
    case = await world.ask()
    await group.relay()
    (told,) = await group.presses(case, f"claim:{case.number}", sender=STRANGER_ID)
    assert told
    assert (await world.case(case.number)).state == "waiting"


async def test_a_peer_gets_no_legal_case_here_either(group: GroupRig, world: World) -> None:
    await group.member(5003, Profile("Ana", "peer", "madrid"))
    case = await world.ask(kind="legal")
    await group.relay()
    (refusal,) = await group.presses(case, f"claim:{case.number}", sender=5003)
    assert refusal
    assert (await world.case(case.number)).state == "waiting"


async def test_who_was_removed_cannot_answer_any_more(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    (lucia,) = await world.store.desk.team()
    await world.store.desk.remove_staff(lucia.id)
    (told,) = await group.says(case, "hola")
    assert told
    assert wrote(await world.heard("amina")) == []


async def test_a_group_that_is_not_linked_changes_nothing(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    stranger = GroupRig(world, ref=ContactRef("telegram-desk", "-6666"))
    stranger.topics[case.number] = group.topics[case.number]
    assert await stranger.says(case, "hola") == []
    assert await stranger.presses(case, f"close:{case.number}:solved") == []
    assert await world.heard("amina") == []
    assert (await world.case(case.number)).is_open


async def test_what_is_said_in_general_is_not_passed_on(group: GroupRig, world: World) -> None:
    await claimed(group)
    assert await group.happens(GroupSaid(topic=None, sender=LUCIA_ID, post=900, at=world.clock(), text="¿un café?")) == []
    assert await group.happens(GroupSaid(topic=424242, sender=LUCIA_ID, post=901, at=world.clock(), text="otro tema")) == []
    assert await world.heard("amina") == []


# ---------------------------------------------------------------- crashes


async def test_what_is_repeated_after_a_crash_is_passed_on_once(group: GroupRig, world: World) -> None:
    case = await claimed(group)
    await group.says(case, "una vez", post=501, keep=False)
    await group.handle()
    await group.happens(*(), keep=True)
    assert wrote(await world.heard("amina")) == ["una vez"]
    assert await group.relay() == []


async def test_one_event_that_fails_does_not_hold_up_the_others(
    group: GroupRig, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    case = await claimed(group)
    handler = world.desk._groups
    one = handler._one

    async def broken(ref: object, event: object) -> object:
        if getattr(event, "text", "") == "boom":
            raise ValueError(f"{CANARY} that no log may hold")
        return await one(ref, event)  # type: ignore[arg-type]

    monkeypatch.setattr(handler, "_one", broken)
    await world.store.accept([text_event(group.ref, "odd")])  # an event no group has
    contact_id = await world.store.find(group.ref)
    assert contact_id is not None
    await group.says(case, "boom", keep=False)
    await group.says(case, "sigue", keep=False)
    snapshot = await world.store.read(contact_id)
    assert snapshot is not None
    decision = await world.desk.handle_group(snapshot)
    assert (len(decision.failed), len(decision.handled)) == (1, 2)
    assert wrote(await world.heard("amina")) == ["sigue"]
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text
