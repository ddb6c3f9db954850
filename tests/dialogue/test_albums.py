"""Albums: several files sent at once arrive as one event each, and are answered like one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.cases import Attachment
from bot.dialogue import step
from bot.model import AddToCase, CaseEffect, Event, MediaReceived, RaiseCase, ReopenCase, SendMessage, TextReceived
from tests.dialogue.desk import a_case, desk_talk
from tests.dialogue.world import NOW, Talk, settled

CLAIMED = a_case(state="claimed", advisor="s-1", advisor_name="Lucía", place=0, answered_at=NOW)


def album(name: str = "777", count: int = 3) -> list[MediaReceived]:
    """Make the pictures of an album."""
    files = [Attachment("photo", f"telegram:photo-{name}-{number}", "", "image/jpeg", 1000) for number in range(count)]
    return [MediaReceived(media="photo", at=NOW, attachment=file, album=name, source_id=str(at)) for at, file in enumerate(files)]


def passed(pictures: Sequence[MediaReceived]) -> tuple[AddToCase, ...]:
    """Say how pictures go to a case."""
    return tuple(AddToCase(214, attachment=picture.attachment, source_id=picture.source_id) for picture in pictures)


def answers(talk: Talk, events: Sequence[Event]) -> int:
    """Let somebody send all of it; returns how often they were answered."""
    return sum(bool([effect for effect in talk.hear(event).turn.effects if isinstance(effect, SendMessage)]) for event in events)


def test_an_album_is_answered_once() -> None:
    talk = Talk(conversation=settled())
    assert answers(talk, album()) == 1
    assert answers(talk, album("778")) == 1
    assert answers(talk, [*album("778"), *album("779")]) == 1, "the same album may go on, another is another"


def test_an_album_is_answered_once_in_the_midst_of_the_first_questions() -> None:
    talk = Talk(conversation=settled(city=None, state="city", data={}))
    assert answers(talk, album()) == 1
    assert talk.write("Madrid").conversation.city == "madrid"


def test_pictures_that_belong_to_no_album_are_answered_each() -> None:
    assert answers(Talk(conversation=settled()), [replace(picture, album="") for picture in album()]) == 3


def test_a_crisis_under_the_second_picture_of_an_album_is_not_overlooked() -> None:
    talk = Talk(conversation=settled())
    first, second, _third = album()
    talk.hear(first).hear(replace(second, caption="my husband beats me"))
    assert "016" in talk.said


@pytest.mark.parametrize(("case", "lines"), [(a_case(), 1), (CLAIMED, 0)], ids=["queue", "advisor"])
def test_in_a_case_each_picture_of_an_album_is_passed_on(case: object, lines: int) -> None:
    talk = desk_talk(case)  # type: ignore[arg-type]
    assert answers(talk, album()) == lines
    assert talk.done == passed(album())


def test_an_album_answered_before_is_passed_on_as_soon_as_a_person_is_there() -> None:
    first, *others = album()
    talk = desk_talk().hear(first)
    talk.conversation = replace(talk.conversation, cases=(CLAIMED,), owner="advisor")
    for picture in others:
        talk.hear(picture)
    assert talk.done == passed(others)


@pytest.mark.parametrize(
    "further",
    [
        album(),
        [TextReceived(text=text, at=NOW) for text in ("but they came back", "and brought the police", "yes")],
        [replace(album(count=1)[0], caption="my husband beats me"), *album()[1:]],
    ],
    ids=["album", "texts", "cry"],
)
def test_all_that_comes_at_once_right_after_the_end_goes_to_the_person(further: Sequence[Event]) -> None:
    """It is handled together, before the store can say that the request is open again."""
    talk = desk_talk(CLAIMED).close()
    known = talk.conversation
    effects: list[object] = []
    for event in further:
        turn = step(known, event, talk.context)
        known = turn.conversation
        effects += turn.effects
    made = [effect for effect in effects if isinstance(effect, CaseEffect)]
    assert made[0] == ReopenCase(214)
    assert [type(effect) for effect in made[1:] if not isinstance(effect, RaiseCase)] == [AddToCase] * 3
    said = [effect.message for effect in effects if isinstance(effect, SendMessage)]
    assert all(message.alert for message in said), "the news of it is told by the store; only the cry is answered at once"
