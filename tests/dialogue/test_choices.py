"""Options typed by number or by words; help."""

from __future__ import annotations

from tests.dialogue.world import Talk, settled


def test_help_works_before_anything_is_known() -> None:
    talk = Talk(hint="es").command("help")
    assert "112" in talk.said
    assert "do:language" in talk.offered
    assert talk.press("do:menu").conversation.state == "language"


def test_options_can_be_typed_by_their_words_without_the_sign() -> None:
    assert "Health card" in str(Talk(conversation=settled()).command("menu").write("health").messages[0].options)
    assert "NIE: tu número" in Talk(conversation=settled("es")).press("topic:egov").write("1").said
    assert "NIE: tu número" in Talk(conversation=settled("es")).press("topic:egov").write("۱").said


def test_a_long_number_is_no_choice() -> None:
    assert "I do not know this." in Talk(conversation=settled()).command("menu").write("112").said
