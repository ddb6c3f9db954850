"""A random walk of one contact and a desk: nothing raises, nobody is talked over, and nothing that was said is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.cases import TALKING, Attachment
from bot.dialogue.table import STATES
from bot.model import (
    AddToCase,
    CommandReceived,
    EndCase,
    LocationShared,
    MediaReceived,
    OpenCase,
    OptionChosen,
    PersonWrote,
    ReopenCase,
    SendData,
    SendMessage,
    UseInvite,
)
from tests.dialogue.desk import DeskTalk, desk_talk

TEXTS = st.sampled_from(
    ["how do i get a nie", "papers", "hello", "they came back", "2", "no", "in 5 days", "i want a person", "my husband beats me"]
)
COMMANDS = st.sampled_from(["menu", "help", "human", "cancel", "end", "stop", "language", "city", "withdraw", "start"])
NEWS = st.sampled_from(["returned", "no-answer", "passed"])


class Walk(RuleBasedStateMachine):
    """`DeskTalk` asserts by itself that nothing is added to a case that is over."""

    def __init__(self) -> None:
        super().__init__()
        self.talk: DeskTalk = desk_talk()

    def open_numbers(self) -> list[int]:
        return [case.number for case in self.talk.conversation.cases if case.is_open]

    def answered(self) -> None:
        effects = self.talk.turn.effects
        assert any(isinstance(effect, SendMessage | SendData | AddToCase | OpenCase | ReopenCase | UseInvite) for effect in effects)

    # ---------------------------------------------------------------- the contact

    @rule(text=TEXTS)
    def write(self, text: str) -> None:
        before = self.talk.conversation
        self.talk.done = ()
        self.talk.write(text)
        self.answered()
        asked = before.state.startswith(("ask-", "pool-")) or before.state in ("language", "city")
        if before.owner == "advisor" and not asked and text != "my husband beats me":
            assert [effect.text for effect in self.talk.done if isinstance(effect, AddToCase)] == [text]
            assert self.talk.messages == [], "the bot talked over a person"

    @rule(data=st.data())
    def press(self, data: st.DataObject) -> None:
        offered = [option_id for option_id, _label in self.talk.conversation.options if option_id != "do:delete"]
        if offered:
            self.talk.hear(OptionChosen(option_id=data.draw(st.sampled_from(offered)), at=self.talk.context.now))
            self.answered()

    @rule(
        option_id=st.sampled_from(
            ["do:human", "pass:all:advice", "pass:last:legal", "entry:housing.eviction", "aside:214", "tell:214", "end:214"]
        )
    )
    def press_an_old_button(self, option_id: str) -> None:
        self.talk.hear(OptionChosen(option_id=option_id, at=self.talk.context.now))
        self.answered()

    @rule(name=COMMANDS)
    def command(self, name: str) -> None:
        self.talk.hear(CommandReceived(name=name, at=self.talk.context.now))
        self.answered()

    @rule(readable=st.booleans())
    def send_a_file(self, readable: bool) -> None:
        attachment = Attachment("photo", "telegram:f") if readable else None
        self.talk.done = ()
        self.talk.hear(MediaReceived(media="photo", at=self.talk.context.now, attachment=attachment))
        self.answered()
        if readable and self.talk.conversation.owner != "bot":
            assert any(isinstance(effect, AddToCase) for effect in self.talk.done)

    @rule()
    def share_a_place(self) -> None:
        self.talk.hear(LocationShared(latitude=40.4, longitude=-3.7, at=self.talk.context.now))
        self.answered()

    # ---------------------------------------------------------------- the desk

    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        waiting = [case.number for case in self.talk.conversation.cases if case.state == "waiting" and case.kind in TALKING]
        if waiting:
            self.talk.claim(data.draw(st.sampled_from(waiting)))
            assert self.talk.conversation.owner == "advisor"

    @rule(data=st.data())
    def reply(self, data: st.DataObject) -> None:
        numbers = [case.number for case in self.talk.conversation.cases if case.state == "claimed" and case.kind in TALKING]
        if numbers:
            number = data.draw(st.sampled_from(numbers))
            self.talk.hear(PersonWrote(number=number, line=1, name="Lucía", text="hola", at=self.talk.context.now))
            assert [message.author for message in self.talk.messages] == ["person"]

    @rule(data=st.data(), step=NEWS)
    def give_back(self, data: st.DataObject, step: str) -> None:
        numbers = self.open_numbers()
        if numbers:
            case = replace(self.talk.case(data.draw(st.sampled_from(numbers))), state="waiting", advisor=None, advisor_name="", place=1)
            self.talk.news(step, case)  # type: ignore[arg-type]
            self.answered()

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        numbers = self.open_numbers()
        if numbers:
            self.talk.close(data.draw(st.sampled_from(numbers)))
            self.answered()

    @rule(hours=st.sampled_from([0.2, 1, 30, 200]))
    def wait(self, hours: float) -> None:
        self.talk.context = replace(self.talk.context, now=self.talk.context.now + timedelta(hours=hours))
        if hours > 24:
            self.talk.conversation = replace(self.talk.conversation, recent={}, options=())

    # ---------------------------------------------------------------- always

    @invariant()
    def every_state_is_known_and_has_an_owner(self) -> None:
        conversation = self.talk.conversation
        assert conversation.state in STATES
        talks = [case for case in conversation.cases if case.is_open and case.kind in TALKING]
        assert (conversation.owner == "bot") == (not talks)

    @invariant()
    def one_open_case_of_a_kind(self) -> None:
        kinds = [case.kind for case in self.talk.conversation.cases if case.is_open]
        assert len(kinds) == len(set(kinds))

    @invariant()
    def nothing_ends_a_request_but_an_explicit_wish(self) -> None:
        ended = [effect for effect in self.talk.turn.effects if isinstance(effect, EndCase)]
        assert len(ended) <= 1


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
