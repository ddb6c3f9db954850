"""Every state with every kind of event, order of precedence, and what a restart must not change."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cases import Attachment, Case
from bot.dialogue import apology, step
from bot.dialogue.compose import MAX_LABEL
from bot.dialogue.table import ENTRY_POINTS, FALLBACKS, NEWS, OPTIONS, STATES
from bot.model import (
    COMMANDS,
    AddToCase,
    AgreeToHelper,
    ButtonPressed,
    CaseNews,
    CaseStep,
    CommandReceived,
    ContactLeft,
    Conversation,
    EraseContact,
    Event,
    GroupLinking,
    GroupMoved,
    GroupPressed,
    GroupSaid,
    InviteUsed,
    LocationShared,
    MakeMove,
    MediaReceived,
    Moved,
    MoveMade,
    OpenCase,
    OptionChosen,
    OptionExpired,
    PersonWithdrew,
    PersonWrote,
    ReopenCase,
    SendData,
    SendMessage,
    TextReceived,
    Turn,
    UseInvite,
    UseMove,
)
from tests.dialogue.desk import a_case, desk_context, desk_talk, staffed
from tests.dialogue.world import CATALOGUES, NOW, Talk, context, settled

EVENTS: dict[str, Event] = {
    "text": TextReceived(text="what is this", at=NOW),
    "edited text": TextReceived(text="how do i get a nie", at=NOW, edited=True),
    "empty text": TextReceived(text="", at=NOW),
    "small talk": TextReceived(text="are you a person", at=NOW),
    "crisis": TextReceived(text="my husband beats me", at=NOW),
    "number": TextReceived(text="1", at=NOW),
    "option": OptionChosen(option_id="entry:egov.nie", at=NOW),
    "unknown option": OptionChosen(option_id="nonsense", at=NOW),
    "expired": OptionExpired(at=NOW),
    "button": ButtonPressed(token="t", index=0, at=NOW),
    "location": LocationShared(latitude=40.41, longitude=-3.7, at=NOW),
    "location far away": LocationShared(latitude=-40.0, longitude=170.0, at=NOW),
    "location nowhere": LocationShared(latitude=float("nan"), longitude=float("inf"), at=NOW),
    "unknown command": CommandReceived(name="dance", at=NOW),
    **{f"media {kind}": MediaReceived(media=kind, at=NOW) for kind in ("photo", "voice", "sticker", "other")},
    "file": MediaReceived(media="photo", at=NOW, attachment=Attachment("photo", "telegram:f")),
    "large file": MediaReceived(media="video", at=NOW, too_large=True),
    **{f"command {name}": CommandReceived(name=name, at=NOW) for name in COMMANDS},
    "command with a code": CommandReceived(name="start", argument="i_7Q2M", at=NOW),
    "command with a way": CommandReceived(name="start", argument="m_7Q2M", at=NOW),
}
DESK_EVENTS: dict[str, Event] = {
    **{f"news {name}": CaseNews(step=name, case=a_case(), at=NOW, text="why") for name in get_args(CaseStep)},
    "person": PersonWrote(number=214, line=1, name="Lucía", at=NOW, text="hola", locale="es"),
    "person with an answer": PersonWrote(number=214, line=1, name="Lucía", at=NOW, entry_id="egov.nie"),
    "person of an unknown case": PersonWrote(number=9, line=1, name="Lucía", at=NOW, text="hola"),
    "withdrawn": PersonWithdrew(number=214, line=1, at=NOW),
    "invitation": InviteUsed(at=NOW, name="Lucía", role="advisor", city="madrid", login_code="C"),
    "bad invitation": InviteUsed(at=NOW),
    "a way to another device": MoveMade(code="7Q2M-0ABC-DEFG-HJKM-NPQR-STVW-XYZ1", minutes=10, at=NOW),
    "from another device": Moved(at=NOW, outcome="moved", locale="es", city="madrid", data={"doing/madrid/egov.nie": '{"step":"office"}'}),
    "from another device, of a city that is gone": Moved(at=NOW, outcome="moved", locale="xx", city="atlantis", data={"doing/x": 3}),
    "own way": Moved(at=NOW, outcome="own"),
    "bad way": Moved(at=NOW),
}
GROUP_EVENTS: tuple[Event, ...] = (
    GroupSaid(topic=1, sender=1, post=1, at=NOW, text="hola"),
    GroupPressed(topic=1, sender=1, action="claim:214", query="q", at=NOW),
    GroupLinking(code="c", sender=1, is_forum=True, at=NOW),
    GroupMoved(to=None, at=NOW),
)
OWNED: dict[str, tuple[Case, ...]] = {
    "bot": (),
    "queue": (a_case(),),
    "advisor": (a_case(state="claimed", advisor="s-1", advisor_name="Lucía", place=0),),
}
TOLD = (OpenCase, ReopenCase, UseInvite, AgreeToHelper, MakeMove, UseMove)  # the store answers these with an event that says something


def standing(state: str, locale: str | None) -> Conversation:
    """Return a contact who stands in a state, with as much known as belongs to it."""
    known = Conversation("c-1", "web", state=state, locale=locale)
    if state == "ready":
        return settled(locale or "en")
    return replace(known, options=(("language:es", "Español"),))


def check(turn: Turn, *, heard: bool = False) -> None:
    """Promise of every turn: something is said or comes at once, the last message leads on, and nothing is too long or empty.

    `heard`: a person listens, so what is passed on to them need not be answered."""
    messages = [effect.message for effect in turn.effects if isinstance(effect, SendMessage)]
    assert (
        messages
        or any(isinstance(effect, (SendData, *TOLD)) for effect in turn.effects)
        or (heard and any(isinstance(effect, AddToCase) for effect in turn.effects))
    )
    assert all(message.blocks for message in messages)
    if messages:
        assert messages[-1].options, "the last message leads nowhere"
        assert all(option.label.strip() and len(option.label) <= MAX_LABEL for message in messages for option in message.options)
        assert all(not message.options for message in messages[:-1]), "typed numbers would be ambiguous"
    assert turn.conversation.state in STATES
    json.dumps([dict(turn.conversation.data), dict(turn.conversation.recent)])


@pytest.mark.parametrize("locale", [None, *CATALOGUES.locales])
@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_answers_every_event(state: str, name: str, locale: str | None) -> None:
    for shared in (False, True):
        check(step(standing(state, locale), EVENTS[name], context(shared_device=shared, channel="web")))


@pytest.mark.parametrize("owner", OWNED)
@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_answers_every_event_whoever_has_the_conversation(state: str, name: str, owner: str) -> None:
    for locale in ("en", None):
        known = standing(state, locale)
        mine = replace(staffed(*OWNED[owner]), state=state, locale=known.locale, data=known.data, options=known.options)
        check(step(mine, EVENTS[name], desk_context(channel="web")), heard=owner != "bot")


@pytest.mark.parametrize("owner", OWNED)
@pytest.mark.parametrize("name", DESK_EVENTS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_hears_of_every_deed_of_the_desk(state: str, name: str, owner: str) -> None:
    for locale in ("en", None):
        known = standing(state, locale)
        mine = replace(staffed(*OWNED[owner]), state=state, locale=known.locale, data=known.data, options=known.options)
        turn = step(mine, DESK_EVENTS[name], desk_context())
        assert [effect for effect in turn.effects if isinstance(effect, SendMessage)]
        assert turn.conversation.state in STATES
        json.dumps([dict(turn.conversation.data), dict(turn.conversation.recent)])


@pytest.mark.parametrize("event", GROUP_EVENTS, ids=lambda event: event.kind)
def test_what_is_said_in_a_group_is_no_contacts_turn(event: Event) -> None:
    for state in STATES:
        assert step(standing(state, "en"), event, context()) == Turn(standing(state, "en"))


def test_the_table_covers_every_command_and_kind() -> None:
    assert set(ENTRY_POINTS) == set(COMMANDS)
    assert {event.kind for event in EVENTS.values()} - {"text"} == set(FALLBACKS)
    assert {event.kind for event in DESK_EVENTS.values()} == set(NEWS)


@pytest.mark.parametrize(
    "steps", [["pool:interpreter"], ["pool:interpreter", "interp:ti"], ["pool:companion"], ["write:9"], ["ask:advice", "pass:all:advice"]]
)
def test_after_a_cry_one_button_leads_back_to_the_question(steps: list[str]) -> None:
    helped = a_case(9, kind="mentor", state="claimed", agreed=True)
    asked = desk_talk(helped).press("topic:housing", *steps)
    before, state = asked.said, asked.conversation.state
    assert state.startswith(("pool-", "ask-"))
    assert asked.write("my husband beats me").messages[0].alert
    assert asked.press("back:").said == before
    assert asked.conversation.state == state
    assert asked.hear(OptionExpired(at=NOW)).said.endswith(before)


@pytest.mark.parametrize("state", STATES)
def test_safety_comes_first_and_changes_no_state(state: str) -> None:
    before = replace(standing(state, "en" if state != "language" else None), recent={**standing(state, "en").recent, "pending": "kept"})
    talk = Talk(conversation=before).write("My husband beats me")
    assert talk.messages[0].alert
    assert talk.said.startswith("# 112")
    assert talk.conversation.state == state
    assert talk.conversation.recent["pending"] == "kept"
    assert "back:" in talk.offered


def test_the_bot_is_silent_while_a_person_owns_the_conversation() -> None:
    talk = desk_talk(*OWNED["advisor"])
    assert talk.write("how do i get a nie").turn.effects == (AddToCase(214, "how do i get a nie"),)
    assert talk.press("topic:egov").messages
    assert talk.write("my husband beats me").messages[0].alert
    assert talk.command("help").messages


def test_an_owner_without_a_case_leaves_nobody_unanswered() -> None:
    for owner in ("queue", "advisor"):
        assert "NIE: your number" in Talk(conversation=settled(owner=owner)).write("how do i get a nie").said


def test_a_contact_who_left_hears_nothing() -> None:
    turn = step(settled(), ContactLeft(at=NOW), context())
    assert turn.effects == ()


def test_an_unknown_state_begins_anew() -> None:
    talk = Talk(conversation=Conversation("c-1", "web", state="of-a-later-version")).write("hello")
    assert talk.conversation.state == "language"


def test_a_city_that_is_no_longer_known_is_asked_again() -> None:
    talk = Talk(conversation=settled(city="atlantis")).write("how do i get a nie")
    assert talk.conversation.state == "city"
    talk.press("city:madrid")
    assert "NIE: your number" in talk.said


def test_commands_typed_as_text_work() -> None:
    talk = Talk(conversation=settled()).write("/delete")
    assert talk.effects(EraseContact)


def test_an_understanding_for_another_city_is_not_trusted() -> None:
    stale = context().matcher.understand("how do i get a nie", "graz", "en")
    talk = Talk(conversation=settled()).hear(TextReceived(text="how do i get a nie", at=NOW, understood=stale))
    assert "NIE: your number" in talk.said


def test_the_same_event_gives_the_same_turn() -> None:
    for event in EVENTS.values():
        first, second = (step(settled(), event, context()) for _ in range(2))
        assert first == second


def test_a_conversation_goes_on_after_a_restart() -> None:
    talk = Talk(hint="en").write("how do i get a nie").press("language:en")
    stored = json.loads(json.dumps(asdict(talk.conversation)))
    back = Conversation(**{**stored, "options": tuple(tuple(pair) for pair in stored["options"]), "cases": (), "pools": ()})
    assert back == talk.conversation
    again = Talk(conversation=back).write("1")  # the first city of the buttons shown before the restart
    assert "NIE: your number" in again.said


def test_an_apology_leads_to_a_person() -> None:
    message = apology(context(), settled("ar"))
    assert message.direction == "rtl"
    assert message.options[0].id == "do:human"


# ---------------------------------------------------------------- forged options

VERBS = st.sampled_from([*OPTIONS, "do", "", "entry:egov.nie", "nothing"])
ARGUMENTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["214", "214:yes", "214:not-yet", "all:advice", "last:legal", "letter:yes", "date:today", "advice", "interpreter"]),
    st.sampled_from(["egov.nie:fr", "egov.draft", "egov.nie:yes:no", "madrid:mars", "medical:", ":madrid", "99999999", "-1", "٣", "²"]),
)


@settings(max_examples=400, deadline=None)
@given(verb=VERBS, argument=ARGUMENTS, state=st.sampled_from([*STATES]), limit=st.sampled_from([None, 1, 2, 3, 10]))
def test_forged_options_never_raise(verb: str, argument: str, state: str, limit: int | None) -> None:
    event = OptionChosen(option_id=f"{verb}:{argument}", at=NOW)
    for known in (standing(state, "en"), *(replace(staffed(*cases), state=state) for cases in OWNED.values())):
        turn = step(known, event, desk_context(max_options=limit))
        assert any(isinstance(effect, (SendMessage, SendData, *TOLD)) for effect in turn.effects)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200), state=st.sampled_from([*STATES]))
def test_any_text_is_answered(text: str, state: str) -> None:
    check(step(standing(state, "ar"), TextReceived(text=text, at=NOW), context()))
