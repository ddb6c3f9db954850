"""A question without an answer is kept only by a tap: masked, offered once a day, never for a crisis, never beside a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.cases import Case
from bot.model import Count, KeepQuestion, Reviewing
from tests.dialogue.world import NOW, Talk, settled

ASK = "Keep this question to improve the answers"


def offers(talk: Talk) -> list[str]:
    return [option_id for option_id in talk.offered if option_id.startswith("keep:")]


def asking(text: str = "my name is Amina, can I take a lynx to 612345678", **changes: object) -> Talk:
    return Talk(conversation=settled(**changes)).write(text)  # type: ignore[arg-type]


def test_after_no_answer_the_tap_keeps_the_masked_question() -> None:
    talk = asking()
    assert "without name or number, for 90 days" in talk.said
    assert talk.effects(KeepQuestion) == []
    (offer,) = offers(talk)
    assert ASK in [option.label for option in talk.messages[-1].options]
    talk.press(offer)
    masked = "my name is [name], can I take a lynx to [number]"
    assert talk.effects(KeepQuestion) == [KeepQuestion("madrid", "en", masked, "none")]
    assert masked in talk.said
    talk.press(offer)
    assert talk.effects(KeepQuestion) == []
    assert "not there any more" in talk.said


def test_the_button_can_be_typed() -> None:
    assert asking().write(ASK).effects(KeepQuestion)


def test_after_it_did_not_help_and_after_none_of_these() -> None:
    talk = Talk(conversation=settled()).write("how do i get a nie").press("helped:egov.nie:no")
    talk.press(*offers(talk))
    assert talk.effects(KeepQuestion) == [KeepQuestion("madrid", "en", "how do i get a nie", "not-helpful", "egov.nie")]
    talk = Talk(conversation=settled()).write("papers").press("none:")
    assert talk.effects(Count) == [Count("madrid", "", "en", "none-fits")]
    talk.press(*offers(talk))
    assert talk.effects(KeepQuestion) == [KeepQuestion("madrid", "en", "papers", "none")]


def test_it_is_offered_once_a_day() -> None:
    talk = asking()
    assert offers(talk)
    assert not offers(talk.write("another secret"))
    talk.context = replace(talk.context, now=NOW + timedelta(days=1))
    assert offers(talk.write("a third secret"))


def test_an_old_button_keeps_no_later_question() -> None:
    talk = asking()
    (old,) = offers(talk)
    talk.context = replace(talk.context, now=NOW + timedelta(days=1))
    talk.write("another secret").press(old)
    assert talk.effects(KeepQuestion) == []


def test_it_is_the_question_that_was_offered_not_one_asked_since() -> None:
    talk = asking("a first secret")
    (offer,) = offers(talk)
    (kept,) = talk.write("a second secret").press(offer).effects(KeepQuestion)
    assert isinstance(kept, KeepQuestion)
    assert kept.text == "a first secret"


def test_a_crisis_is_never_offered() -> None:
    talk = Talk(conversation=settled()).write("my husband beats me")
    assert not offers(talk)
    assert not talk.conversation.recent.get("asked")
    talk = Talk(conversation=settled()).write("a secret")
    talk.write("my husband beats me").press("helped:emergency.violence:no")
    assert not offers(talk)


def test_an_answer_found_by_the_menu_says_nothing_about_the_question_before() -> None:
    talk = Talk(conversation=settled()).write("how do i get a nie").command("menu").press("entry:egov.padron", "helped:egov.padron:no")
    assert not offers(talk)


def test_not_beside_a_person_nor_where_no_city_is_known() -> None:
    case = Case(1, "c-1", "advice", "claimed", "madrid", "en", "egov", NOW)
    talk = asking(owner="advisor", cases=(case,))
    assert not offers(talk)
    assert not offers(Talk(conversation=settled(cases=(case,))).write("how do i get a nie").press("helped:egov.nie:no"))
    assert not offers(asking(city=None, data={"noticed": True, "device": "own", "country": "ES"}))


def test_what_has_no_words_left_is_not_offered() -> None:
    assert not offers(asking("612345678"))


def test_who_reviews_is_asked_as_well() -> None:
    assert offers(asking("a secret", reviews=Reviewing("madrid", (), "Ana", "reviewer")))
