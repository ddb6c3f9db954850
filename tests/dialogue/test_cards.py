"""Phrase cards: three presses from the menu to a sentence in large letters, in the language of the city, with meaning and reading."""

from __future__ import annotations

import pytest

from bot.model import Heading, Note, Paragraph
from tests.dialogue.world import Talk, context, settled


def talk(locale: str = "en", city: str = "madrid") -> Talk:
    return Talk(context=context(), conversation=settled(locale, city=city))


def test_three_presses_lead_from_the_menu_to_a_card() -> None:
    said = talk().command("menu").press("cards:", "cards:doctor", "card:pain")
    heading, meaning, reading = said.messages[-1].blocks
    assert isinstance(heading, Heading)
    assert (heading.runs[0].text, heading.runs[0].locale) == ("Me duele aquí.", "es")
    assert isinstance(meaning, Paragraph)
    assert meaning.runs[0].text == "It hurts here."
    assert isinstance(reading, Note)
    assert reading.runs[0].text == "🗣 meh DWEH-leh ah-KEE"
    assert "cards:doctor" in said.offered


def test_a_topic_leads_to_its_phrases() -> None:
    assert "cards:doctor" in talk().press("topic:healthcare").offered
    assert "cards:school" not in talk().press("topic:education").offered, "there are none"


def test_only_situations_with_phrases_are_offered() -> None:
    offered = talk().press("cards:").offered
    assert {"cards:doctor", "cards:anywhere"} <= set(offered)
    assert "cards:landlord" not in offered


def test_the_name_of_the_language_is_put_in() -> None:
    heading, meaning, _reading = talk("ar").press("card:interpreter").messages[-1].blocks
    assert isinstance(heading, Heading)
    assert heading.runs[0].text == "Necesito un intérprete de árabe."
    assert isinstance(meaning, Paragraph)
    assert meaning.runs[0].text == "أحتاج مترجما للغة العربية."


def test_a_card_without_words_in_my_language_shows_english() -> None:
    blocks = talk("ar").press("card:pain").messages[-1].blocks
    assert [block.runs[0].text for block in blocks] == ["Me duele aquí.", "It hurts here."]  # type: ignore[union-attr]


def test_who_speaks_the_language_of_the_city_is_not_offered_any() -> None:
    assert "cards:" not in talk("es").command("menu").offered


def test_a_city_without_cards_offers_none() -> None:
    assert "cards:" not in talk(city="graz").command("menu").offered


@pytest.mark.parametrize("option", ["cards:nowhere", "card:gone", "cards:pain"])
def test_what_is_gone_shows_the_present_step(option: str) -> None:
    assert talk().press(option).messages
