"""Questions in own words: answered, offered, or said plainly; small talk; a language to change to."""

from __future__ import annotations

from bot.model import Count
from tests.dialogue.world import Talk, context, settled


def test_a_sure_answer_is_shown() -> None:
    assert "NIE: your number" in Talk(conversation=settled()).write("How do I get a NIE").said


def test_suggestions_with_a_way_out() -> None:
    talk = Talk(conversation=settled()).write("papers")
    # "Papers" is also the topic's name, but no option that was shown
    assert talk.offered == ["entry:egov.nie", "entry:egov.padron", "none:", "do:human"]
    assert talk.effects(Count) == [Count("madrid", "", "en", "suggest")]
    assert "other words" in talk.press("none:").said


def test_an_entry_that_does_not_hold_here_is_not_answered() -> None:
    talk = Talk(conversation=settled(city=None, data={"noticed": True, "device": "own", "country": "ES"}))
    assert "I do not know this." in talk.write("where do i register").said
    talk.command("help")  # whose buttons are no topics, so that "papers" is a question
    assert talk.write("papers").offered[:2] == ["entry:egov.nie", "none:"]


def test_none_is_said_plainly_and_the_second_time_shows_the_offices() -> None:
    talk = Talk(conversation=settled()).write("tell me a secret")
    assert "I do not know this." in talk.said
    assert talk.offered[:5] == ["topic:healthcare", "topic:egov", "topic:emergency", "do:human", "do:menu"]
    assert talk.effects(Count) == [Count("madrid", "", "en", "none")]
    talk.write("another secret")
    assert "I do not know this." in talk.said
    assert "Ayuntamiento" in talk.said


def test_an_answer_in_between_begins_the_count_anew() -> None:
    talk = Talk(conversation=settled()).write("a secret", "how do i get a nie", "another secret")
    assert "Ayuntamiento" not in talk.said


def test_small_talk() -> None:
    assert Talk(conversation=settled("es")).write("are you a person").said == "Soy un bot."
    assert "Ayuntamiento" in Talk(conversation=settled()).write("i want a person").said
    assert Talk(conversation=settled()).write("another language").offered == ["language:en", "language:es", "language:ar"]


def test_repeat_shows_the_last_answer_again() -> None:
    talk = Talk(conversation=settled()).write("how do i get a nie", "say it again")
    assert talk.said.startswith("Once more:\n# NIE: your number")
    assert talk.effects(Count) == []
    assert Talk(conversation=settled()).write("say it again").offered[0].startswith("topic:")


def test_another_language_is_answered_first_and_offered_once() -> None:
    talk = Talk(conversation=settled("es")).write("how do i get a nie")
    assert talk.said.startswith("# NIE: tu número")
    assert "Shall I go on in English?" in talk.said
    labels = [option.label for option in talk.messages[0].options[:2]]
    assert labels == ["Go on in English", "Seguir en español"]
    assert talk.press("stay:en").offered[0].startswith("topic:")
    assert "switch:en" not in talk.write("how do i get a nie").offered


def test_the_bare_name_of_a_language_changes_to_it() -> None:
    assert Talk(conversation=settled()).write("español").conversation.locale == "es"


def test_switching_shows_the_answer_in_the_new_language() -> None:
    talk = Talk(conversation=settled("es")).write("how do i get a nie").press("switch:en")
    assert talk.conversation.locale == "en"
    assert talk.said.startswith("# NIE: your number")


def test_edited_questions_are_answered_anew() -> None:
    talk = Talk(conversation=settled())
    assert talk.write("how do i get a nie").said == talk.write("how do i get a nie").said


def test_a_channel_with_few_buttons_pages() -> None:
    talk = Talk(context=context(max_options=3), conversation=settled()).command("menu")
    assert talk.offered == ["topic:healthcare", "topic:egov", "more:1"]
    talk.write("3")
    assert talk.offered == ["topic:emergency", "first:", "more:2"]
    assert talk.write("more choices").offered == ["cards:", "do:human", "more:3"]
    talk.write("more choices").write("1")
    assert "How I can help" in talk.said
