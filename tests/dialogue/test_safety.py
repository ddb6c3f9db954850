"""A crisis: the number first and alone, then what the city supports, then a way back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Fact, FactTable, Heading, TextReceived, Understanding
from tests.dialogue.world import KNOWLEDGE, MADRID, Talk, context, plain, settled


@pytest.mark.parametrize(
    ("locale", "written", "title"),
    [("en", "my husband beats me", "Violence"), ("es", "mi marido me pega", "Violencia"), ("ar", "زوجي يضربني", "العنف")],
)
def test_the_number_stands_alone_on_the_first_line(locale: str, written: str, title: str) -> None:
    talk = Talk(conversation=settled(locale)).write(written)
    first = talk.messages[0].blocks[0]
    assert isinstance(first, Heading)
    assert [(run.text, run.url, run.isolate) for run in first.runs] == [("112", "tel:112", True)]
    assert "016" in talk.said
    assert title in talk.said
    assert talk.offered[0] == "entry:emergency.violence"
    assert talk.offered[-2:] == ["do:human", "back:"]


@pytest.mark.parametrize("command", ["human", "city", "start", "delete", "unknown"])
def test_a_cry_behind_a_command_is_heard(command: str) -> None:
    talk = Talk(conversation=settled()).command(command, "my husband beats me")
    assert talk.said.startswith("# 112")
    assert talk.conversation.city == "madrid"


def test_an_entry_that_fits_as_well_follows() -> None:
    assert "entry:egov.padron" in Talk(conversation=settled()).write("my husband beats me").offered


def test_a_number_the_entry_does_not_name_is_not_shown() -> None:
    unsupported = {**MADRID.emergency, "gender_violence": Fact("short", "999")}
    knowledge = replace(KNOWLEDGE, cities={"madrid": replace(MADRID, emergency=unsupported)})
    talk = Talk(context=context(knowledge=knowledge), conversation=settled()).write("my husband beats me")
    assert "999" not in talk.said
    assert not any(isinstance(block, FactTable) for block in talk.messages[0].blocks)


# ---------------------------------------------------------------- what may be a cry


def perhaps(written: str, kind: str = "violence-home", **more: object) -> Understanding:
    return replace(context().matcher.understand(written, "madrid", "en"), perhaps=kind, **more)  # type: ignore[arg-type]


def asked(written: str, understood: Understanding) -> Talk:
    talk = Talk(conversation=settled("en"))
    return talk.hear(TextReceived(text=written, at=talk.context.now, understood=understood))


@pytest.mark.parametrize("written", ["where do i register", "papers", "qwertz", "hello"])
def test_the_number_stands_above_the_answer_to_what_may_be_a_cry(written: str) -> None:
    talk = asked(written, perhaps(written))
    assert talk.said.startswith("In danger, call 112.")
    assert talk.said.count("In danger, call 112.") == 1
    assert talk.offered[0] == "danger:violence-home"
    talk.press("danger:violence-home")
    assert talk.said.startswith("# 112")
    assert "016" in talk.said


def test_without_a_doubt_the_answer_stands_alone() -> None:
    talk = Talk(conversation=settled("en")).write("where do i register")
    assert "112" not in talk.said
    assert not any(option.startswith("danger:") for option in talk.offered)


def test_a_forged_kind_shows_the_number_all_the_same() -> None:
    talk = asked("papers", perhaps("papers", "no-such-kind"))
    talk.press("danger:no-such-kind")
    assert talk.said.startswith("# 112")


def test_without_a_city_112_comes_first_and_then_the_city_is_asked() -> None:
    talk = Talk(hint="en").write("my husband beats me")
    assert talk.said.startswith("# 112")
    assert talk.offered == ["crisis:violence-home:madrid", "crisis:violence-home:graz", "do:human", "back:"]
    talk.write("Madrid")
    assert "016" in talk.said
    assert talk.messages[0].alert
    talk.press("back:")
    assert talk.offered[0] == "language:en", "then the first questions go on"
    talk.press("language:en")
    assert "not legal advice" in talk.said, "and the notice is still shown"


def test_a_crisis_while_the_city_is_asked_keeps_the_question() -> None:
    talk = Talk(hint="en").write("how do i get a nie").press("language:en").write("my husband beats me")
    assert talk.conversation.state == "city"
    talk.press("crisis:violence-home:madrid", "back:")
    assert "NIE: your number" in talk.said


def test_a_kind_without_an_entry_still_gives_112_and_a_person() -> None:
    talk = Talk(conversation=settled()).write("i cannot breathe")
    assert talk.said.startswith("# 112")
    assert talk.offered == ["do:human", "back:"]


def test_a_person_after_a_crisis_includes_the_help_lines() -> None:
    talk = Talk(conversation=settled()).press("entry:emergency.violence").command("human")
    assert "Línea 016" in talk.said
    assert "Línea 016" not in Talk(conversation=settled()).command("human").said


def test_unconfirmed_words_stay_out_where_the_operator_wants_that() -> None:
    talk = Talk(context=context(require_checked=True), conversation=settled()).write("my husband beats me")
    assert talk.said.startswith("# 112")
    assert "not your fault" not in talk.said


def test_elsewhere_in_the_country_gets_the_national_line() -> None:
    known = settled(city=None, data={"noticed": True, "device": "own", "country": "ES"})
    assert "016" in Talk(conversation=known).write("my husband beats me").said


def test_the_answer_is_marked_for_channels_and_runs_right_to_left() -> None:
    message = Talk(conversation=settled("ar")).write("زوجي يضربني").messages[0]
    assert message.alert
    assert message.direction == "rtl"
    assert plain(message.blocks[1].runs).startswith("إذا")  # type: ignore[union-attr]
