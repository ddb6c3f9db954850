"""Simulated contacts: what they say to the end, in every language, and what is said of the conversation afterwards."""

from __future__ import annotations

from itertools import product

from bot.dialogue import practice
from tests.dialogue.test_deskwords import EN, line, message


def test_every_scenario_can_be_played_in_every_language_to_its_end() -> None:
    for played, locale in product(practice.SCENARIOS, practice.LANGUAGES):
        assert played.opening[locale]
        said_next = [practice.answer(played, locale, turn) for turn in range(6)]
        assert said_next[0] is None
        assert all(said_next[1:4])
        assert said_next[4:] == [None, None]
        assert played.topic in ("housing", "education", "work")
    assert practice.answer(practice.SCENARIOS[0], "uk", 1) == practice.answer(practice.SCENARIOS[0], "en", 1)


def test_scenarios_take_turns_and_every_kind_has_one() -> None:
    assert practice.scenario("advice", 0) != practice.scenario("advice", 1)
    assert practice.scenario("advice", 0) == practice.scenario("advice", 2)
    assert {practice.scenario("legal", turn).kind for turn in range(5)} == {"legal"}
    assert practice.scenario("mentor", 0)


def test_feedback_says_what_can_be_checked() -> None:
    asked = line("contact", message("hello"))
    quick = line("person", message("Hello. When is the hearing?", "es"), 2)
    sent = line("person", message("housing.eviction"), 3, event="entry:housing.eviction")
    note = line("note", message("no lawyer yet", "es"), 4)
    closed = line("system", None, 5, event="closed", name="Lucía")
    good = practice.feedback([asked, quick, sent, note, closed], EN)
    assert len(good) == 6
    assert all(told.startswith("✓") for told in good)
    late = line("person", message("x" * 700, "es"), 30)
    bad = practice.feedback([asked, late], EN)
    assert not any(told.startswith("✓") for told in bad)
    assert len(bad) == 5
    assert practice.feedback([asked, closed], EN) == ("You wrote nothing to the contact.", "✓ You closed the case.")


def test_feedback_looks_at_what_was_written_and_not_at_its_translation() -> None:
    translated = line("person", message("متى الجلسة", original="¿Cuándo es el juicio?", original_locale="es"), 1)
    assert "✓ You asked a question before you advised." in practice.feedback([line("contact", message("hello")), translated], EN)
