"""What no state expects: media, old buttons, shared places."""

from __future__ import annotations

import pytest

from bot.model import (
    LocationShared,
    MediaKind,
    MediaReceived,
    OptionExpired,
)
from tests.dialogue.world import NOW, Talk, settled


@pytest.mark.parametrize(("media", "sentence"), [("voice", "listen"), ("photo", "pictures"), ("sticker", "only read text")])
def test_media_are_answered_kindly_with_the_present_step(media: MediaKind, sentence: str) -> None:
    talk = Talk(conversation=settled()).hear(MediaReceived(media=media, at=NOW))
    assert sentence in talk.said
    assert talk.offered[0].startswith("topic:")
    city = Talk(conversation=settled(city=None, state="city", data={})).hear(MediaReceived(media=media, at=NOW))
    assert city.offered[0] == "city:madrid"


def test_an_old_button_is_answered_with_the_present_step() -> None:
    talk = Talk(conversation=settled(city=None, state="city", data={})).hear(OptionExpired(at=NOW))
    assert "earlier message" in talk.said
    assert talk.offered[0] == "city:madrid"


def test_a_shared_place_shows_the_nearest_offices_we_can_place() -> None:
    talk = Talk(conversation=settled()).hear(LocationShared(latitude=40.42, longitude=-3.7, at=NOW))
    assert "Nearest to you\nAyuntamiento" in talk.said
    assert talk.messages[0].venues[0].latitude == 40.41


def test_where_no_office_has_a_known_position_that_is_said() -> None:
    talk = Talk(conversation=settled(city="graz")).hear(LocationShared(latitude=47.07, longitude=15.44, at=NOW))
    assert "I do not know exactly where the offices of your city are" in talk.said
    assert talk.offered
