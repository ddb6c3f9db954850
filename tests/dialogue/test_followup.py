"""Questions about the answer just given, several questions at once, and topics the city has nothing on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.dialogue import Context
from bot.model import Count, Fact, Knowledge, Match, UncoveredTopic, Understanding
from tests.dialogue.world import KNOWLEDGE, MADRID, NIE, KnownSentences, Talk, context, entry, settled, words

SUPPORT = entry("support.advice", {"en": words("Free advice", "Ask here."), "es": words("Asesoría gratis", "Pregunta aquí.")})
PRICED = replace(
    NIE,
    facts={"line": Fact("short", "010"), "fee": Fact("money", "12.00", currency="EUR"), "open": Fact("hours_open", "Mo-Fr 09:00-14:00")},
    words={
        "en": words(
            "NIE: your number", "The **NIE** is a number.\n\nIt costs {fee}.\n\nThe office is open {open}. Call {line}.", ["Passport"]
        )
    },
    steps=(),
)
TOPIC = UncoveredTopic("driving-licence", {"en": "driving licence", "es": "carnet de conducir"}, {})
WORLD = replace(
    KNOWLEDGE,
    cities={**KNOWLEDGE.cities, "madrid": replace(MADRID, entries={**MADRID.entries, "egov.nie": PRICED, "support.advice": SUPPORT})},
    uncovered={"driving-licence": TOPIC},
)


@dataclass(frozen=True, slots=True)
class Says:
    """A matcher that reads some texts in a given way, and the rest as the usual one does."""

    texts: Mapping[str, Understanding]
    usual: KnownSentences = field(default_factory=lambda: KnownSentences(WORLD))

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        found = self.texts.get(text) or self.usual.understand(text, city, locale)
        return replace(found, city=city, locale=locale)

    def resolve_city(self, text: str) -> tuple[str, str | None] | None:
        return self.usual.resolve_city(text)

    def resolve_language(self, text: str) -> str | None:
        return self.usual.resolve_language(text)


def world(knowledge: Knowledge = WORLD, **texts: Understanding) -> Context:
    return context(knowledge=knowledge, matcher=Says({text.replace("_", " "): meant for text, meant in texts.items()}))


def after_nie(text: str, meant: Understanding) -> Talk:
    return Talk(context=world(**{text.replace(" ", "_"): meant}), conversation=settled()).write("how do i get a nie", text)


NOTHING = Understanding("none")


def test_how_much_shows_what_the_answer_says_about_money() -> None:
    talk = after_nie("how much", replace(NOTHING, aspects=("cost",)))
    assert "It costs €12.00." in talk.said
    assert "open" not in talk.said
    assert talk.said.startswith("# NIE: your number")
    assert talk.offered[0] == "entry:egov.nie"


def test_when_is_it_open_shows_the_hours() -> None:
    assert "The office is open" in after_nie("when", replace(NOTHING, aspects=("time",))).said


def test_which_papers_shows_the_list() -> None:
    talk = after_nie("which papers", replace(NOTHING, aspects=("documents",)))
    assert "- Passport" in talk.said
    assert "It costs" not in talk.said


def test_what_the_answer_does_not_say_is_said_to_be_missing() -> None:
    talk = after_nie("can i do it online", replace(NOTHING, aspects=("online",)))
    assert "My answer does not say this." in talk.said
    assert "do:human" in talk.offered


def test_where_leads_to_the_places() -> None:
    talk = Talk(context=world(where=replace(NOTHING, aspects=("where",))), conversation=settled())
    assert "Ayuntamiento" in talk.write("where do i register", "where").said


def test_a_question_of_its_own_is_answered_as_such() -> None:
    other = Understanding("answer", (Match("egov.padron", 0.97),), aspects=("where",))
    assert after_nie("where do i register my address", other).said.startswith("# Register your address")


def test_the_same_question_again_gives_the_whole_answer_again() -> None:
    same = Understanding("answer", (Match("egov.nie", 0.97),), aspects=("steps",))
    assert "It costs" in after_nie("how do i get the nie", same).said


def test_a_question_that_goes_on_is_read_with_the_title_of_the_last_answer() -> None:
    together = Understanding("answer", (Match("healthcare.card", 0.9),))
    matcher = Says({"and for my children": replace(NOTHING, goes_on=True), "NIE: your number and for my children": together})
    talk = Talk(context=context(knowledge=WORLD, matcher=matcher), conversation=settled())
    assert talk.write("how do i get a nie", "and for my children").said.startswith("# Health card")


def test_a_question_that_may_go_on_or_be_new_is_offered_both_ways() -> None:
    alone = Understanding("answer", (Match("egov.padron", 0.85), Match("egov.nie", 0.3)), goes_on=True)
    matcher = Says({"and my sister": alone, "NIE: your number and my sister": Understanding("answer", (Match("egov.nie", 0.9),))})
    talk = Talk(context=context(knowledge=WORLD, matcher=matcher), conversation=settled()).write("how do i get a nie", "and my sister")
    assert talk.offered[:2] == ["entry:egov.padron", "entry:egov.nie"]


@pytest.mark.parametrize("before", [[], ["hello"]])
def test_without_an_answer_before_it_such_a_question_is_not_understood(before: list[str]) -> None:
    talk = Talk(context=world(how_much=replace(NOTHING, aspects=("cost",))), conversation=settled()).write(*before, "how much")
    assert "I do not know this." in talk.said


def test_the_second_question_of_a_message_is_one_press_away() -> None:
    both = Understanding("answer", (Match("egov.nie", 0.9),), also=("egov.padron",))
    talk = Talk(context=world(both=both), conversation=settled()).write("both")
    assert talk.said.startswith("You asked more than one thing.")
    assert talk.offered[0] == "entry:egov.padron"
    assert talk.press("entry:egov.padron").said.startswith("# Register your address")


def test_a_topic_without_entry_is_refused_by_name() -> None:
    talk = Talk(context=world(licence=replace(NOTHING, uncovered="driving-licence")), conversation=settled()).write("licence")
    assert "I have nothing on this: driving licence." in talk.said
    assert "These people can tell you where to ask:" in talk.said
    assert "112" in talk.said
    assert talk.offered[0] == "entry:support.advice"
    assert "do:human" in talk.offered
    assert [effect.result for effect in talk.effects(Count) if isinstance(effect, Count)] == ["none"]


def test_a_topic_without_a_name_in_the_language_is_named_in_english() -> None:
    talk = Talk(context=world(licence=replace(NOTHING, uncovered="driving-licence")), conversation=settled("ar")).write("licence")
    assert "driving licence" in talk.said


def test_an_unknown_topic_is_only_not_known() -> None:
    talk = Talk(context=world(licence=replace(NOTHING, uncovered="gone")), conversation=settled()).write("licence")
    assert "I do not know this." in talk.said
