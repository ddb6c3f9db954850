"""The first minute: language, device, city, one notice; only what is missing is asked and a first question survives."""

from __future__ import annotations

import pytest

from bot.model import LocationShared
from tests.dialogue.world import NOW, Talk, context, settled


def test_the_likely_language_is_offered_first_and_each_by_its_own_name() -> None:
    talk = Talk(hint="ar-MA").command("start")
    assert [option.label for option in talk.messages[0].options] == ["العربية", "Español", "English"]
    assert talk.messages[0].direction == "rtl"
    assert "¿Qué idioma prefieres?" in talk.said


def test_the_language_of_the_first_text_beats_the_platform() -> None:
    talk = Talk(hint="en").write("como saco el nie")
    assert talk.offered[0] == "language:es"
    assert talk.messages[0].locale == "es"


def test_a_language_can_be_typed_by_name_or_number() -> None:
    assert Talk().command("start").write("العربية").conversation.locale == "ar"
    assert Talk(hint="en").command("start").write("٢").conversation.locale == "es"


def test_a_language_we_lack_is_named_as_such() -> None:
    talk = Talk(hint="en").command("start").write("Français")
    assert "I do not speak French (français) yet." in talk.said
    assert talk.conversation.state == "language"


def test_a_first_question_is_answered_right_after_the_notice() -> None:
    talk = Talk(hint="en").write("how do i get a nie")
    assert "right after this" in talk.said
    talk.press("language:en", "city:madrid")
    notice, answer = talk.messages
    assert notice.blocks
    assert not notice.options
    assert answer.blocks[0].kind == "heading"
    assert "pending" not in talk.conversation.recent


def test_a_greeting_is_not_taken_for_a_question() -> None:
    talk = Talk(hint="en").write("hello").press("language:en", "city:madrid")
    assert talk.offered[0].startswith("topic:")


def test_the_device_is_asked_only_where_it_may_be_shared() -> None:
    talk = Talk(context=context(shared_device=True), hint="en").command("start").press("language:en")
    assert talk.offered == ["device:own", "device:shared"]
    talk.write("no")
    assert talk.messages[0].device == "shared"
    assert talk.conversation.state == "city"


def test_a_city_is_found_by_name_area_or_place() -> None:
    ask = {"locale": "en", "city": None, "state": "city", "data": {}}
    assert Talk(conversation=settled(**ask)).write("Graz").conversation.city == "graz"
    named = Talk(conversation=settled(**ask)).write("Alcorcón").conversation
    assert (named.city, named.area) == ("madrid", "alcorcon")
    near = Talk(conversation=settled(**ask)).hear(LocationShared(latitude=40.35, longitude=-3.82, at=NOW))
    assert near.conversation.city == "madrid"
    far = Talk(conversation=settled(**ask)).hear(LocationShared(latitude=0.0, longitude=0.0, at=NOW))
    assert far.conversation.state == "city"
    assert "do not know a city near" in far.said


def test_an_unknown_city_name_is_called_unknown_and_not_kept() -> None:
    talk = Talk(conversation=settled(city=None, state="city", data={})).write("Atlantis")
    assert "do not know a city" in talk.said
    assert "pending" not in talk.conversation.recent


def test_a_place_can_be_shared_only_where_the_channel_can() -> None:
    for can in (True, False):
        talk = Talk(context=context(location=can), hint="en").command("start").press("language:en")
        assert talk.messages[0].ask_location is can
        assert ("share where you are" in talk.said) is can


def test_elsewhere_gets_only_what_holds_in_the_country_and_no_office() -> None:
    talk = Talk(hint="en").command("start").press("language:en", "elsewhere:")
    assert "112" in talk.said
    assert talk.offered[:2] == ["country:ES", "country:AT"]
    talk.press("country:ES")
    assert "No organisation" in talk.said
    assert talk.offered[:2] == ["topic:egov", "topic:emergency"]
    talk.press("topic:egov")
    assert [option for option in talk.offered if option.startswith("entry:")] == ["entry:egov.nie"]
    talk.press("entry:egov.padron")
    assert "Register your address" not in talk.said
    talk.command("human")
    assert "Oficina" not in talk.said
    assert "town hall" in talk.said


@pytest.mark.parametrize(
    ("channel", "sentence"), [("telegram", "Telegram can read"), ("web", "straight to us"), ("terminal", "this computer")]
)
def test_the_notice_says_who_runs_this_who_reads_along_and_how_to_erase(channel: str, sentence: str) -> None:
    talk = Talk(context=context(channel=channel, history_hours=24), hint="en").command("start").press("language:en", "city:graz")
    assert sentence in talk.said
    assert "Caritas Graz runs this bot." in talk.said
    assert "24 hours" in talk.said
    assert "/delete" in talk.said
    assert "not legal advice" in talk.said
    talk.press("city:madrid")
    assert "legal" not in talk.said, "the notice is shown once"


def test_start_of_a_known_contact_is_a_greeting_with_the_menu() -> None:
    talk = Talk(conversation=settled("es")).command("start")
    assert talk.said.startswith("¡Hola otra vez!")
    assert talk.offered[0].startswith("topic:")


def test_a_link_opens_its_entry_at_once_or_after_the_language() -> None:
    assert "NIE: your number" in Talk(conversation=settled(city="graz")).command("start", "e_madrid_egov_nie").said
    new = Talk(hint="en").command("start", "e_madrid_egov_nie")
    assert new.conversation.city == "madrid"
    assert "NIE: your number" in new.press("language:en").said


@pytest.mark.parametrize("payload", ["e_madrid_egov_nothing", "e_mars_egov_nie", "e_madrid", "i_", "", "e_madrid_egov_nie_x"])
def test_a_bad_link_is_an_ordinary_start(payload: str) -> None:
    assert Talk(conversation=settled()).command("start", payload).offered[0].startswith("topic:")


def test_changing_language_or_city_is_no_trap() -> None:
    for command in ("language", "city"):
        talk = Talk(conversation=settled()).command(command)
        assert talk.conversation.state == command
        talk.write("how do i get a nie")
        assert "NIE: your number" in talk.said
        assert talk.conversation.state == "ready"


def test_language_and_city_can_be_named_behind_the_command() -> None:
    assert Talk(conversation=settled()).command("language", "Español").conversation.locale == "es"
    assert Talk(conversation=settled()).command("city", "Graz").conversation.city == "graz"


def test_asking_for_a_person_first_comes_back_to_it() -> None:
    talk = Talk(hint="en").command("human").press("language:en", "city:madrid")
    assert "Ayuntamiento" in talk.said


def test_cancel_drops_a_kept_question() -> None:
    talk = Talk(hint="en").write("how do i get a nie").command("cancel").press("language:en", "city:madrid")
    assert "NIE" not in talk.said
