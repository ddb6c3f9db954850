"""Interpreters, companions and mentors: asking, being asked, saying yes, writing to one another; no name before both have agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from bot import dialogue
from bot.cases import Attachment, Case, CaseKind
from bot.model import (
    AddToCase,
    AgreeToHelper,
    AnswerOffer,
    CaseNews,
    CaseStep,
    Conversation,
    Heading,
    LocationShared,
    MediaReceived,
    Message,
    OpenCase,
    ReopenCase,
    SendMessage,
    TextReceived,
    WriteAsHelper,
)
from tests.dialogue.desk import NIGHT, DeskTalk, a_case, desk_context, desk_talk, staffed
from tests.dialogue.test_engine import EVENTS, check
from tests.dialogue.world import GRAZ, KNOWLEDGE, MADRID, NOW, Talk, context, entry, lines, plain, settled, words

WHEN = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)  # a Tuesday, half past ten in Madrid
SOUGHT = a_case(kind="interpreter", language="ar", locale="es", topic="housing", when=WHEN)
FOUND = replace(SOUGHT, state="claimed", advisor="s-9", place=0)
SETTLED = replace(FOUND, agreed=True, advisor_name="Samira", pseudonym="blue:heron")
MENTOR = a_case(kind="mentor", locale="ar")


def asked(talk: DeskTalk) -> OpenCase:
    """Return the one request a talk has led to."""
    (effect,) = talk.done
    assert isinstance(effect, OpenCase)
    return effect


def helper(locale: str = "en", **changes: object) -> Talk:
    """Return the private chat of somebody who helps, who is not the contact of any case here."""
    return Talk(context=desk_context(**changes), conversation=replace(settled(locale), contact_id="c-9"))


def told(talk: Talk, step: CaseStep, case: Case, **changes: object) -> Talk:
    """Bring a helper news as the store does: without the contact, and without their made-up name until both have agreed."""
    shown = replace(case, contact_id="", pseudonym=case.pseudonym if case.agreed else "", place=0)
    return talk.hear(CaseNews(step=step, case=shown, at=NOW, name=shown.pseudonym, **changes))  # type: ignore[arg-type]


# ---------------------------------------------------------------- which language


def test_the_language_of_the_chat_is_offered_first_then_those_of_the_city() -> None:
    talk = desk_talk(locale="ar").press("pool:interpreter")
    assert talk.offered[:3] == ["interp:ar", "interp:en", "interp:ary"]
    assert "interp:es" not in talk.offered, "nobody needs an interpreter for the language of the office"
    assert talk.offered[-2:] == ["interp:more", "do:cancel"]
    more = talk.press("interp:more").offered
    assert "interp:sgn" in more
    assert not {"interp:ar", "interp:more"} & set(more)


@pytest.mark.parametrize(
    ("locale", "written", "tag"),
    [
        ("en", "tigrinya", "ti"),
        ("en", "árabe marroquí", "ary"),
        ("es", "Mandinka", "mnk"),
        ("ar", "التغرينية", "ti"),
        ("ar", "farsi", "fa"),
        ("es", "ትግርኛ", "ti"),
    ],
)
def test_any_language_is_found_by_its_name_whatever_the_language_of_the_chat(locale: str, written: str, tag: str) -> None:
    talk = desk_talk(locale=locale).press("pool:interpreter").write(written)
    assert talk.conversation.state == "pool-when"
    assert asked(talk.press("when:soon")).language == tag


def test_several_languages_of_a_name_and_mere_likeness_are_asked_about() -> None:
    talk = desk_talk().press("pool:interpreter").write("kurdo")
    assert talk.said.startswith("Which of these do you mean?")
    assert {"interp:ku", "interp:kmr", "interp:ckb"} <= set(talk.offered)
    assert asked(talk.write("1").press("when:soon")).language in ("ckb", "kmr", "ku")
    unsure = desk_talk().press("pool:interpreter").write("volof")
    assert unsure.offered == ["interp:wo", "do:cancel"]
    assert unsure.conversation.state == "pool-language"


def test_a_name_nobody_knows_is_asked_for_again() -> None:
    talk = desk_talk().press("pool:interpreter").write("zzzqq")
    assert talk.said.startswith("I do not know a language of that name.")
    assert "interp:ar" in talk.offered
    assert talk.conversation.state == "pool-language"
    assert desk_talk().press("pool:interpreter", "interp:xx").effects(OpenCase) == []


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("presses", "when"),
    [
        (["when:soon"], None),
        (["when:tomorrow", "when:1000"], datetime(2026, 11, 26, 9, 0, tzinfo=UTC)),
        (["when:today", "when:1800"], datetime(2026, 11, 25, 17, 0, tzinfo=UTC)),
    ],
)
def test_the_time_is_chosen(presses: list[str], when: datetime | None) -> None:
    talk = desk_talk().press("pool:interpreter", "interp:ar", *presses)
    assert asked(talk).when == when
    assert talk.conversation.state == "ready"


def test_hours_that_are_over_are_not_offered() -> None:
    today = desk_talk().press("pool:interpreter", "interp:ar", "when:today")  # half past ten
    assert today.offered[0] == "when:1100"
    assert today.press("when:0900").said.startswith("That time has passed.")


@pytest.mark.parametrize(
    ("texts", "when"),
    [
        (["1/12 10:30"], WHEN),
        (["el 1 de diciembre a las 10 y media"], WHEN),
        (["1 December", "10.30"], WHEN),
        (["1 December", "10:30"], WHEN),
        (["tomorrow", "10"], datetime(2026, 11, 26, 9, 0, tzinfo=UTC)),
        (["tomorrow at 5"], datetime(2026, 11, 26, 16, 0, tzinfo=UTC)),
        (["17:00"], datetime(2026, 11, 25, 16, 0, tzinfo=UTC)),
        (["9:00"], datetime(2026, 11, 26, 8, 0, tzinfo=UTC)),
        (["30/3/2027 10:30"], datetime(2027, 3, 30, 8, 30, tzinfo=UTC)),
        (["now"], None),
        (["cuanto antes"], None),
        (["في أسرع وقت"], None),
        (["mañana a las 10:30"], datetime(2026, 11, 26, 9, 30, tzinfo=UTC)),
        (["viernes", "10:30"], datetime(2026, 11, 27, 9, 30, tzinfo=UTC)),
        (["viernes a las 11 menos cuarto"], datetime(2026, 11, 27, 9, 45, tzinfo=UTC)),
        (["esta noche a las 9"], datetime(2026, 11, 25, 20, 0, tzinfo=UTC)),
        (["viernes", "a las 10:30 por favor"], datetime(2026, 11, 27, 9, 30, tzinfo=UTC)),
        (["١/١٢ ١٠:٣٠"], WHEN),
    ],
)
def test_day_and_time_are_written(texts: list[str], when: datetime | None) -> None:
    talk = desk_talk().press("pool:interpreter", "interp:ar").write(*texts)
    assert asked(talk).when == when


def test_the_time_is_written_in_arabic() -> None:
    talk = desk_talk(locale="ar").press("pool:interpreter", "interp:ar").write("غدا الساعة ٥ مساءً")
    assert asked(talk).when == datetime(2026, 11, 26, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("hm", "I did not understand when."),
        ("20/11/2026 10:00", "That time has passed."),
        ("yesterday", "That time has passed."),
        ("hoy a las 9", "That time has passed."),
        ("1/12/2028 10:00", "That is too far ahead."),
        ("30 de febrero a las 10", "I did not understand when."),
        ("entre las 10 y las 12", "I did not understand when."),
        ("the day of my hearing at 10:30", "I did not understand when."),
    ],
)
def test_a_time_that_cannot_be_is_asked_again(written: str, says: str) -> None:
    talk = desk_talk().press("pool:interpreter", "interp:ar").write(written)
    assert talk.said.startswith(says)
    assert talk.conversation.state == "pool-when"
    assert asked(talk.press("when:soon")).language == "ar"


def test_a_time_with_something_unread_beside_it_is_asked_again_on_the_day_that_is_known() -> None:
    talk = desk_talk().press("pool:interpreter", "interp:ar").write("viernes", "entre las 10 y las 12")
    assert talk.said.startswith("I did not understand when.")
    assert "when:1000" in talk.offered
    assert asked(talk.press("when:1000")).when == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


# ---------------------------------------------------------------- what is asked for


def test_the_request_says_language_topic_and_time_and_passes_nothing_of_the_chat_on() -> None:
    talk = desk_talk().write("they throw me out").press("pool:interpreter", "interp:ar", "when:tomorrow", "when:1000")
    assert asked(talk) == OpenCase(
        kind="interpreter",
        topic="housing",
        desk="housing",
        organisation="provivienda",
        entry_id="housing.eviction",
        language="ar",
        when=datetime(2026, 11, 26, 9, 0, tzinfo=UTC),
        share="none",
    )


@pytest.mark.parametrize(("answer", "facts"), [("woman", (("gender", "woman"),)), ("man", (("gender", "man"),)), ("any", ())])
def test_who_comes_along_is_asked_about(answer: str, facts: tuple[tuple[str, str], ...]) -> None:
    talk = desk_talk().press("pool:companion", "when:tomorrow", "when:1000")
    assert talk.said == "Would you rather have a woman or a man?"
    wish = asked(talk.press(f"when:{answer}"))
    assert (wish.kind, wish.facts, wish.language) == ("companion", facts, "")
    assert wish.when == datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    mentor = asked(desk_talk().press("pool:mentor", f"when:{answer}"))
    assert (mentor.kind, mentor.facts, mentor.when) == ("mentor", facts, None)


def test_a_text_is_no_answer_to_who_shall_come_unless_it_is_one_of_the_choices() -> None:
    talk = desk_talk().press("pool:mentor").write("how do i get a nie")
    assert talk.said == "Would you rather have a woman or a man?"
    assert asked(talk.write("a woman")).facts == (("gender", "woman"),)


def test_cancelling_asks_for_nothing() -> None:
    talk = desk_talk().press("pool:interpreter", "interp:ar").press("do:cancel")
    assert talk.conversation.state == "ready"
    assert talk.done == ()
    assert "NIE: your number" in talk.write("how do i get a nie").said


def test_what_is_asked_for_already_is_shown_and_not_asked_for_twice() -> None:
    for press in ("pool:interpreter", "interp:ar"):
        talk = desk_talk(SOUGHT).press(press)
        assert "an interpreter for Arabic" in talk.said
        assert "214" in talk.said
        assert talk.effects(OpenCase) == []
        assert "end:214" in talk.offered


@pytest.mark.parametrize(
    "option_id",
    [
        "pool:pilot",
        "pool:",
        "pool:advice",
        "when:soon",
        "when:2590",
        "when:woman",
        "interp:",
        "interp:card:xx",
        "interp:zz-ZZ",
        "agree:999:yes",
        "agree:214",
        "offer:abc:yes",
        "write:999999999999999",
    ],
)
def test_forged_options_ask_for_nothing(option_id: str) -> None:
    talk = desk_talk().press(option_id)
    assert talk.done == ()
    assert talk.messages


# ---------------------------------------------------------------- the card, and a city without people


def card_of(talk: Talk) -> Message:
    (card,) = [message for message in talk.messages if isinstance(message.blocks[0], Heading)]
    return card


@pytest.mark.parametrize("locale", ["es", "en", "ar"])
def test_without_people_there_is_the_card_in_the_language_of_the_city(locale: str) -> None:
    talk = Talk(context=context(), conversation=settled(locale)).press("pool:interpreter", "interp:ti")
    card = card_of(talk)
    assert (card.locale, card.blocks[0].runs[0].locale) == (locale, "es")  # type: ignore[union-attr]
    said = list(lines(card))
    assert said[0] == "# Necesito un intérprete de tigriña."
    assert len(said) == (1 if locale == "es" else 3), "and in the language of the contact, and how it is said"
    assert talk.effects(OpenCase) == []
    assert talk.conversation.state == "ready"
    assert talk.messages[-1].locale == locale


def test_the_card_can_be_shown_again() -> None:
    talk = desk_talk(SETTLED).press("interp:card:ar")
    assert plain(card_of(talk).blocks[0].runs) == "Necesito un intérprete de árabe."  # type: ignore[union-attr]
    assert "interp:card:ar" in desk_talk(SETTLED).news("agreed", SETTLED, "Samira").offered


def test_a_city_whose_sentence_nobody_has_read_shows_english() -> None:
    talk = Talk(context=context(), conversation=settled("en", city="graz")).press("pool:interpreter", "interp:ti")
    assert GRAZ.host_language not in KNOWLEDGE.cards
    assert list(lines(card_of(talk))) == ["# I need an interpreter for Tigrinya."]


def test_other_kinds_without_people_lead_to_the_offices() -> None:
    for kind in ("companion", "mentor"):
        talk = Talk(context=context(), conversation=settled()).press(f"pool:{kind}")
        assert talk.said.startswith("No person can answer in this chat yet.")
        assert talk.conversation.state == "ready"


def test_a_button_that_is_older_than_the_last_advisor_leads_to_the_offices() -> None:
    talk = desk_talk().press("pool:companion")
    talk.conversation = replace(talk.conversation, staffed=False)
    assert talk.press("when:soon", "when:any").said.startswith("No person can answer in this chat yet.")
    assert talk.done == ()


def test_answers_that_tell_of_interpreters_are_offered_with_the_card() -> None:
    doctor = entry("healthcare.doctor", {"en": replace(words("See a doctor", "Call."), keywords=("Interpreter at the doctor",))})
    known = replace(MADRID, entries={**MADRID.entries, doctor.id: doctor})
    here = context(knowledge=replace(KNOWLEDGE, cities={"madrid": known}))
    talk = Talk(context=here, conversation=settled()).press("pool:interpreter", "interp:ti")
    assert talk.offered == ["entry:healthcare.doctor", "do:menu"]


# ---------------------------------------------------------------- news for the contact


def test_what_is_looked_for_is_said_with_its_time_on_the_clock_of_the_city() -> None:
    talk = desk_talk().news("opened", SOUGHT)
    assert talk.said.splitlines() == [
        "I am looking for an interpreter for Arabic. When: Tuesday 1 December, 10:30.",
        "Your request has the number 214.",
        "As soon as somebody says yes I tell you here. You can go on asking me meanwhile.",
    ]
    assert talk.conversation.owner == "bot"
    assert "NIE: your number" in talk.write("how do i get a nie").said


def test_the_whole_way_of_a_request_in_the_dialogue() -> None:
    talk = desk_talk().press("pool:companion", "when:soon", "when:any")
    assert "somebody who comes along or calls" in talk.said
    assert "as soon as possible" in talk.said
    assert talk.done[0].kind == "companion"  # type: ignore[union-attr]


@pytest.mark.parametrize("step", ["opened", "not-found", "no-answer", "returned"])
def test_where_nobody_is_free_the_card_a_time_and_the_list_are_named(step: CaseStep) -> None:
    talk = desk_talk()
    talk.reachable = False
    talk.news(step, SOUGHT)
    assert list(lines(card_of(talk)))[:2] == ["# Necesito un intérprete de árabe.", "I need an interpreter for Arabic."]
    assert "Your request stays open and is on the list of the desk." in talk.said
    assert "I go on asking until Tuesday 1 December, 10:30." in talk.said
    assert "The desk is open until 14:00" in talk.said
    assert "end:214" in talk.offered


def test_at_night_the_hour_of_the_desk_is_named() -> None:
    talk = desk_talk(now=NIGHT)
    talk.reachable = False
    talk.news("not-found", replace(SOUGHT, when=None))
    assert "It opens on Monday 30 November at 09:00." in talk.said
    assert "I ask everybody who comes on duty." in talk.said


def test_only_who_needs_an_interpreter_gets_the_card() -> None:
    talk = desk_talk().news("not-found", a_case(kind="companion", when=WHEN))
    assert len(talk.messages) == 1
    assert "Nobody is free just now." in talk.said


def test_who_is_found_has_no_name_yet() -> None:
    talk = desk_talk(SOUGHT).news("found", replace(FOUND, advisor_name="Samira"), "Samira")
    assert "Samira" not in talk.said
    assert "There is an interpreter for Arabic for you. When: Tuesday 1 December, 10:30." in talk.said
    assert talk.offered == ["agree:214:yes", "agree:214:no"]
    assert talk.write("yes").done == (AgreeToHelper(214, agrees=True),)


def test_another_helper_can_be_asked_for() -> None:
    talk = desk_talk(FOUND).press("agree:214:no")
    assert talk.done == (AgreeToHelper(214, agrees=False),)
    assert talk.said == "All right. I look for somebody else."


@pytest.mark.parametrize("case", [SOUGHT, SETTLED, replace(FOUND, state="closed"), a_case(state="claimed", advisor="s-1")])
def test_an_old_yes_does_nothing(case: Case) -> None:
    for answer in ("214:yes", "214:no", "215:yes", "214:maybe", "x:yes", "214"):
        assert desk_talk(case).press(f"agree:{answer}").effects(AgreeToHelper) == []


def test_once_settled_the_helper_has_a_name_and_can_be_written_to() -> None:
    talk = desk_talk(FOUND).news("agreed", SETTLED, "Samira")
    assert "It is settled: Samira helps you. When: Tuesday 1 December, 10:30." in talk.said
    assert "I remind you the day before and an hour before." in talk.said
    assert talk.offered[0] == "write:214"
    soon = desk_talk().news("agreed", replace(SETTLED, when=None), "Samira")
    assert "I remind you" not in soon.said


def test_a_request_told_of_again_says_how_it_stands() -> None:
    assert desk_talk().news("opened", FOUND).offered == ["agree:214:yes", "agree:214:no"]
    assert "It is settled: Samira helps you." in desk_talk().news("opened", SETTLED).said


def test_reminders_name_the_helper_and_the_hour() -> None:
    assert "Tomorrow Samira helps you: Tuesday 1 December, 10:30." in desk_talk(SETTLED).news("tomorrow", SETTLED).said
    assert "In an hour Samira helps you: Tuesday 1 December, 10:30." in desk_talk(SETTLED).news("soon", SETTLED).said


def test_a_helper_who_cannot_come_is_not_named_and_others_are_asked() -> None:
    talk = desk_talk(SETTLED).news("returned", SOUGHT)
    assert "cannot come after all" in talk.said
    assert "I am asking others." in talk.said
    assert "Samira" not in talk.said


def test_other_steps_and_other_kinds_are_told_as_everywhere() -> None:
    closed = replace(SETTLED, state="closed", closed_at=NOW, outcome="solved")
    assert "rate:214:yes" in desk_talk(SETTLED).news("closed", closed, "Samira").offered
    assert desk_talk().news("opened", a_case()).said.startswith("Your request has the number 214.")


def test_a_request_taken_up_again_is_looked_for_anew_and_nobody_stands_in_line_for_the_desk() -> None:
    again = desk_talk().news("reopened", SOUGHT)
    assert again.said.splitlines() == [
        "Request 214 is open again.",
        "I am looking for an interpreter for Arabic. When: Tuesday 1 December, 10:30.",
        "As soon as somebody says yes I tell you here. You can go on asking me meanwhile.",
    ]
    passed = desk_talk().news("passed", replace(SOUGHT, organisation="provivienda"))
    assert passed.said.startswith("Request 214 is with Provivienda now.\nI am looking for an interpreter for Arabic.")
    assert desk_talk().news("passed", SOUGHT).said.startswith("Request 214 has been passed on to somebody who can help better.")
    for step in ("claimed", "passed", "reopened"):
        assert desk_talk().news(step, FOUND, "Samira").offered == ["agree:214:yes", "agree:214:no"]  # type: ignore[arg-type]


def test_an_appointment_that_is_over_is_not_taken_up_again_but_asked_for_anew() -> None:
    over = replace(SETTLED, state="closed", closed_at=NOW, outcome="solved", when=NOW - timedelta(hours=2))
    talk = desk_talk(over).press("reopen:214")
    assert "When do you need somebody?" in talk.said
    wish = asked(talk.press("when:soon"))
    assert (wish.kind, wish.language) == ("interpreter", "ar")
    with_me = replace(over, kind="companion", language="")
    assert asked(desk_talk(with_me).press("reopen:214", "when:soon", "when:any")).kind == "companion"
    assert desk_talk(replace(over, when=WHEN)).press("reopen:214").done == (ReopenCase(214),)


def test_nobody_promises_to_ask_until_an_hour_that_is_over() -> None:
    talk = desk_talk()
    talk.reachable = False
    said = talk.news("not-found", replace(SOUGHT, when=NOW - timedelta(hours=2))).said
    assert "I go on asking until" not in said
    assert "I ask everybody who comes on duty." in said


BEFORE_BOTH_AGREED: tuple[tuple[CaseStep, Case], ...] = (
    ("opened", SOUGHT), ("opened", FOUND), ("claimed", FOUND), ("found", FOUND), ("passed", SOUGHT), ("passed", FOUND),
    ("reopened", SOUGHT), ("returned", SOUGHT), ("not-found", SOUGHT), ("no-answer", SOUGHT),
)  # fmt: skip


def everything_in(talk: Talk) -> str:
    """Return all a channel could show: texts, buttons, and who they are from."""
    return "\n".join(
        (talk.said, *(f"{message.author_name} {option.id} {option.label}" for message in talk.messages for option in message.options))
    )


@pytest.mark.parametrize("locale", ["es", "en", "ar"])
@pytest.mark.parametrize(("step", "case"), BEFORE_BOTH_AGREED)
def test_a_contact_reads_no_name_before_both_agreed(step: CaseStep, case: Case, locale: str) -> None:
    known = replace(case, pseudonym="blue:heron", advisor_name="Samira" if case.advisor else "")
    for reachable in (True, False):
        talk = DeskTalk(context=desk_context(), conversation=staffed(locale=locale), reachable=reachable)
        assert talk.news(step, known, "Samira").messages
        assert "write:214" not in talk.offered
        assert not [name for name in ("Samira", "s-9", "blue:heron") if name in everything_in(talk)]
        for press in ("pool:interpreter", "write:214"):
            assert not [name for name in ("Samira", "s-9", "blue:heron") if name in everything_in(talk.press(press))]


@pytest.mark.parametrize(("locale", "name"), [("es", "Garza"), ("en", "heron"), ("ar", "بلشون")])
@pytest.mark.parametrize("step", ["offered", "lost", "unavailable", "closed", "returned"])
def test_a_helper_reads_no_name_before_both_agreed(step: CaseStep, locale: str, name: str) -> None:
    talk = told(helper(locale), step, replace(FOUND, pseudonym="blue:heron"))
    assert not [each for each in (name, "heron", "c-1", "Samira") if each.lower() in everything_in(talk).lower()]


# ---------------------------------------------------------------- the helper


@pytest.mark.parametrize("locale", ["en", "es", "ar"])
def test_a_helper_is_asked_with_language_place_topic_and_time_and_nothing_of_the_contact(locale: str) -> None:
    secret = replace(SOUGHT, pseudonym="blue:heron", facts=(("letter", "CANARY"),), contact_id="c-1", passing_why="CANARY", area="alcorcon")
    talk = told(helper(locale), "offered", secret)
    for hidden in ("CANARY", "c-1", "heron", "garza", "214"):
        assert hidden not in talk.said
    assert talk.offered == ["offer:214:yes", "offer:214:no"]
    assert "10:30" in talk.said
    assert {"en": "Housing", "es": "Vivienda", "ar": "السكن"}[locale] in talk.said
    assert {"en": "Alcorcón, Madrid", "es": "Alcorcón, Madrid", "ar": "ألكوركون, مدريد"}[locale] in talk.said


def test_the_question_to_a_helper_is_whole() -> None:
    assert told(helper(), "offered", SOUGHT).said.splitlines() == [
        "Somebody in Madrid needs an interpreter for Arabic. When: Tuesday 1 December, 10:30.",
        "It is about: Housing.",
    ]


def test_a_helper_answers() -> None:
    talk = told(helper(), "offered", SOUGHT)
    assert talk.press("offer:214:yes").effects(AnswerOffer) == [AnswerOffer(214, accepts=True)]
    assert "I am asking whether it suits them" in talk.said
    assert talk.press("offer:214:no").effects(AnswerOffer) == [AnswerOffer(214, accepts=False)]


@pytest.mark.parametrize("argument", ["", "214", "214:perhaps", "x:yes", "-1:yes", "²:yes", f"{'9' * 13}:yes"])
def test_forged_answers_to_an_offer_do_nothing(argument: str) -> None:
    assert helper().press(f"offer:{argument}").effects(AnswerOffer) == []


def test_a_helper_gets_the_made_up_name_once_both_agreed() -> None:
    for step, said in (("agreed", "It is settled: you help"), ("tomorrow", "Tomorrow you help"), ("soon", "In an hour you help")):
        talk = told(helper(), step, SETTLED)  # type: ignore[arg-type]
        assert talk.said.startswith(f"{said} Blue heron")
        assert "Tuesday 1 December, 10:30" in talk.said
        assert talk.offered == ["write:214", "offer:214:no"]
        assert "Samira" not in talk.said


@pytest.mark.parametrize("step", ["lost", "unavailable", "closed", "returned"])
def test_a_helper_hears_how_it_ends(step: CaseStep) -> None:
    talk = told(helper(), step, FOUND)
    assert "214" in talk.said
    assert talk.offered == ["do:menu"]


@pytest.mark.parametrize("step", ["opened", "claimed", "passed", "reopened", "found", "not-found", "consent"])
def test_a_helper_hears_nothing_that_is_meant_for_the_contact(step: CaseStep) -> None:
    talk = told(helper(), step, SETTLED)
    assert talk.said == "There is news about request 214."
    assert talk.offered == ["do:menu"]


def test_a_helper_who_is_new_to_the_bot_is_asked_all_the_same() -> None:
    new = Talk(context=desk_context(), conversation=Conversation("c-9", "telegram"))
    assert told(new, "offered", SOUGHT).offered == ["offer:214:yes", "offer:214:no"]
    assert new.press("offer:214:yes").effects(AnswerOffer) == [AnswerOffer(214, accepts=True)]


# ---------------------------------------------------------------- writing to one another


def test_the_next_text_goes_to_the_helper_and_no_other() -> None:
    talk = desk_talk(SETTLED).press("write:214")
    assert talk.conversation.state == "pool-write"
    talk.write("I am at the door")
    assert talk.done == (AddToCase(214, "I am at the door"),)
    assert talk.said == "I have passed it on."
    assert "NIE: your number" in talk.write("how do i get a nie").said
    assert len(talk.done) == 1


def test_the_translation_goes_along() -> None:
    talk = desk_talk(SETTLED).press("write:214")
    talk.hear(TextReceived(text="hola", at=NOW, source_id="7", translated="hello", translated_to="en"))
    assert talk.done == (AddToCase(214, "hola", "hello", "en", source_id="7"),)
    other = helper().press("write:214")
    other.hear(TextReceived(text="hola", at=NOW, translated="hello", translated_to="en"))
    assert other.effects(WriteAsHelper) == [WriteAsHelper(214, "hola", "hello")]


def test_a_helper_writes_to_the_contact() -> None:
    talk = helper().press("write:214").write("I am on my way")
    assert talk.effects(WriteAsHelper) == [WriteAsHelper(214, "I am on my way")]
    assert talk.said == "I have passed it on."
    assert talk.write("hello").effects(WriteAsHelper) == []


ADVICE = a_case(300, state="claimed", advisor="s-1", advisor_name="Lucía", place=0)
PHOTO = Attachment("photo", "telegram:f")


@pytest.mark.parametrize("others", [(), (ADVICE,), (a_case(300),), (replace(ADVICE, state="closed", closed_at=NOW),)])
def test_what_is_written_for_a_helper_reaches_no_advisor(others: tuple[Case, ...]) -> None:
    for event, passed in (
        (TextReceived(text="I am here", at=NOW), AddToCase(214, "I am here")),
        (MediaReceived(media="photo", at=NOW, attachment=PHOTO, caption="my letter"), AddToCase(214, "my letter", attachment=PHOTO)),
        (LocationShared(latitude=40.4, longitude=-3.7, at=NOW), AddToCase(214, place=(40.4, -3.7))),
    ):
        talk = desk_talk(*others, SETTLED)
        talk.conversation = replace(talk.conversation, recent={**talk.conversation.recent, "closing": 300})
        talk.press("write:214").hear(event)
        assert talk.done == (passed,)
        assert talk.said == "I have passed it on."
        assert talk.conversation.state == "ready"


def test_the_pictures_of_an_album_go_to_the_helper_together_and_nothing_after_them() -> None:
    pictures = [Attachment("photo", f"telegram:{n}") for n in range(3)]
    talk = desk_talk(ADVICE, SETTLED).press("write:214")
    for turn, picture in enumerate(pictures):
        talk.hear(MediaReceived(media="photo", at=NOW, attachment=picture, album="a-1"))
        assert len(talk.messages) == (1 if turn == 0 else 0), "one word for all of them"
    assert talk.done == tuple(AddToCase(214, attachment=picture) for picture in pictures)
    talk.hear(MediaReceived(media="photo", at=NOW, attachment=PHOTO, album="a-2")).hear(TextReceived(text="and this", at=NOW))
    assert [effect.number for effect in talk.done[3:] if isinstance(effect, AddToCase)] == [300, 300]


@pytest.mark.parametrize(
    "event", [MediaReceived(media="photo", at=NOW, attachment=PHOTO), MediaReceived(media="video", at=NOW, too_large=True)]
)
def test_what_cannot_be_passed_on_is_said_and_goes_nowhere_else(event: MediaReceived) -> None:
    writing = helper().press("write:214").hear(event)
    assert "I have not kept it." in writing.said
    assert "Write now what I shall pass on." in writing.said
    over = desk_talk(ADVICE, SETTLED).press("write:214")
    over.conversation = replace(over.conversation, cases=(ADVICE, replace(SETTLED, state="closed")))
    over.hear(event)
    assert over.messages
    assert over.done == ()
    closing = desk_talk(replace(ADVICE, state="closed", closed_at=NOW), SETTLED).press("write:214")
    ended = tuple(replace(case, state="closed", closed_at=NOW) for case in (ADVICE, SETTLED))
    closing.conversation = replace(closing.conversation, cases=ended, recent={**closing.conversation.recent, "closing": 300})
    assert closing.hear(event).messages
    assert closing.done == ()


@pytest.mark.parametrize("written", ["Lucía · person\nsend money", "Bot · bot: hi"])
def test_nobody_poses_as_somebody_else(written: str) -> None:
    (passed,) = desk_talk(SETTLED).press("write:214").write(written).done
    assert isinstance(passed, AddToCase)
    assert "·" not in passed.text
    (sent,) = helper().press("write:214").write(written).effects(WriteAsHelper)
    assert isinstance(sent, WriteAsHelper)
    assert "·" not in sent.text


@pytest.mark.parametrize(
    ("case", "says"), [(SOUGHT, "Nobody is settled on"), (FOUND, "Nobody is settled on"), (replace(SETTLED, state="closed"), "is closed")]
)
def test_nothing_is_passed_on_before_both_agreed_or_after_the_end(case: Case, says: str) -> None:
    talk = desk_talk(case).press("write:214")
    assert says in talk.said
    assert talk.conversation.state == "ready"
    late = desk_talk(SETTLED).press("write:214")
    late.conversation = replace(late.conversation, cases=(case,))
    assert says in late.write("hello").said
    assert late.done == ()


def test_a_cry_for_help_is_answered_also_while_one_writes() -> None:
    talk = desk_talk(SETTLED).press("write:214").write("my husband beats me")
    assert talk.messages[0].alert
    assert talk.done == ()


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 13])
def test_forged_numbers_lead_nowhere(number: str) -> None:
    talk = desk_talk(SETTLED).press(f"write:{number}")
    assert talk.conversation.state == "ready"


# ---------------------------------------------------------------- never silent, in every language


STEPS: tuple[CaseStep, ...] = (
    "opened",
    "found",
    "agreed",
    "returned",
    "not-found",
    "no-answer",
    "tomorrow",
    "soon",
    "passed",
    "reopened",
    "closed",
)


@pytest.mark.parametrize("locale", ["es", "en", "ar"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("case", [SOUGHT, MENTOR, replace(MENTOR, kind="companion", city="nowhere")])
def test_every_step_is_told_in_every_language(locale: str, step: CaseStep, case: Case) -> None:
    for reachable in (True, False):
        talk = DeskTalk(context=desk_context(), conversation=staffed(locale=locale), reachable=reachable)
        assert talk.news(step, case).said.strip()
        assert "{" not in talk.said


POOL_STATES = ("pool-language", "pool-when", "pool-write")
HAVING: dict[str, tuple[Case, ...]] = {
    "nothing": (), "sought": (SOUGHT,), "found": (FOUND,), "settled": (SETTLED,), "an advisor too": (ADVICE, SETTLED),
}  # fmt: skip


@pytest.mark.parametrize("having", HAVING)
@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("state", POOL_STATES)
def test_every_question_of_ours_answers_every_event(state: str, name: str, having: str) -> None:
    for recent in ({}, {"pool": "interpreter", "pool_language": "ar", "pool_day": "2026-11-27", "write_to": "214"}):
        standing = replace(staffed(*HAVING[having]), state=state, recent=recent)
        check(dialogue.step(standing, EVENTS[name], desk_context()), heard="advisor" in having)


@pytest.mark.parametrize("locale", ["es", "en", "ar", None])
@pytest.mark.parametrize("news", get_args(CaseStep))
@pytest.mark.parametrize("kind", ["interpreter", "companion", "mentor"])
def test_both_sides_hear_of_every_step_in_every_state(kind: CaseKind, news: CaseStep, locale: str | None) -> None:
    for state, contact_id, base in product((*POOL_STATES, "ready", "new"), ("c-1", "c-9"), (SOUGHT, FOUND, SETTLED)):
        case = replace(base, kind=kind, contact_id="" if contact_id == "c-9" else "c-1")
        standing = replace(staffed(*(() if contact_id == "c-9" else (case,))), state=state, contact_id=contact_id, locale=locale)
        turn = dialogue.step(standing, CaseNews(step=news, case=case, at=NOW), desk_context())
        messages = [effect.message for effect in turn.effects if isinstance(effect, SendMessage)]
        assert messages
        assert messages[-1].options, "it leads on"
        assert turn.conversation.state == state, "news interrupt no question"


@pytest.mark.parametrize("state", POOL_STATES)
def test_every_state_answers_every_text(state: str) -> None:
    for city in ("madrid", None):
        for text in ("hm", "", "5", "/menu", "nie", "x" * 4000, "\u202e", "٥"):
            talk = Talk(context=desk_context(), conversation=settled(city=city, state=state, staffed=True))
            assert [effect for effect in talk.write(text).turn.effects if isinstance(effect, SendMessage)]


def test_the_clock_of_the_city_counts_in_summer_as_well() -> None:
    for written, when in (("1/12 10:30", WHEN), ("1/7/2027 10:30", datetime(2027, 7, 1, 8, 30, tzinfo=UTC))):
        assert asked(desk_talk().press("pool:interpreter", "interp:ar").write(written)).when == when
