"""Confirming answers in the chat: what is due in which order, every button, and that nobody else gets to see any of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.cases import Role
from bot.dialogue.context import Context
from bot.dialogue.due import due, hash_of, task_of
from bot.dialogue.home import Home
from bot.knowledge.hashes import facts_hash, wording_hash, words_hash
from bot.model import Alert, Confirm, Confirmation, Conversation, Entry, Fact, InviteUsed, MediaReceived, ReportAnswer, Reviewing
from tests.dialogue.world import CARD, GRAZ, KNOWLEDGE, MADRID, NIE, NOW, PADRON, VIOLENCE, Talk, context, settled

TODAY = date(2026, 11, 25)
FACTS = f"review:right:egov.padron::{facts_hash(PADRON, MADRID.places)}"


def reviewing(role: Role = "reviewer", *languages: str, city: str = "madrid") -> Reviewing:
    return Reviewing(city, languages or ("en",), "Ana", role)


def talk(role: Role = "reviewer", *languages: str, within: Context | None = None, **known: object) -> Talk:
    """Return somebody who reviews in Madrid and has said before that their name may be shown."""
    signed = {"noticed": True, "device": "own", "signs": "name"}
    conversation = settled(**{"reviews": reviewing(role, *languages), "data": signed} | known)  # type: ignore[arg-type]
    return Talk(context=within or context(), conversation=conversation)


def confirmed(
    *entries: Entry, locales: tuple[str, ...] = (), on: date = TODAY
) -> Mapping[tuple[str, str, str], Mapping[str, Confirmation]]:
    """Return confirmations of the facts, and of the wording in some languages."""
    given = Confirmation(on, "Bo")
    found = {("madrid", each.id, ""): {facts_hash(each, MADRID.places): given} for each in entries}
    return found | {("madrid", each.id, locale): {wording_hash(each, locale): given} for each in entries for locale in locales}


def changed_city(*entries: Entry, **changes: object) -> Context:
    """Return a context in which these entries of Madrid read otherwise."""
    city = replace(MADRID, entries={**MADRID.entries, **{each.id: each for each in entries}}, **changes)  # type: ignore[arg-type]
    return context(knowledge=replace(KNOWLEDGE, cities={**KNOWLEDGE.cities, "madrid": city}))


def order(within: Context, *languages: str) -> list[str]:
    return [task.key for task in due(Home(within.knowledge.cities["madrid"], local=True), languages, within)]


# ---------------------------------------------------------------- nobody else


@pytest.mark.parametrize("said", ["/review", "/Review now"])
def test_for_everybody_else_there_is_no_such_command(said: str) -> None:
    other = Talk(conversation=settled()).write(said)
    assert "I do not know this command." in other.said
    assert "due" not in other.said
    assert Talk(conversation=settled()).command("review").said == Talk(conversation=settled()).command("nonsense").said


@pytest.mark.parametrize(
    "pressed", ["do:review", FACTS, "review:wrong:egov.padron:", "review:skip:egov.padron:", "review:stop", "review:name:name"]
)
def test_a_button_of_a_reviewer_does_nothing_for_others(pressed: str) -> None:
    other = Talk(conversation=settled()).press(pressed)
    assert "What do you need?" in other.said
    assert other.effects(Confirm) == other.effects(ReportAnswer) == []


def test_who_has_left_the_staff_reports_nothing_more() -> None:
    gone = talk().press("review:wrong:egov.padron:")
    gone.conversation = replace(gone.conversation, reviews=None)
    gone.write("The number is old.")
    assert gone.effects(ReportAnswer) == []


# ---------------------------------------------------------------- what is due


def test_reported_comes_before_passed_before_first_steps_before_the_rest() -> None:
    passed = replace(VIOLENCE, review_by=date(2026, 11, 1))
    within = replace(changed_city(passed), flags={("madrid", "healthcare.card"): "warning"})
    assert order(within) == ["healthcare.card:", "emergency.violence:", "egov.padron:", "egov.nie:"]


def test_words_are_due_after_the_facts_in_each_language_that_is_there() -> None:
    assert order(context(), "ar", "de", "es")[:4] == ["egov.padron:", "egov.padron:es", "egov.nie:", "egov.nie:ar"]
    assert "healthcare.card:es" not in order(context(), "es")  # a person wrote it
    assert "egov.nie:ar" not in order(context(confirmations=confirmed(NIE, locales=("ar",))), "ar")


def test_a_confirmed_entry_is_due_again_thirty_days_before_its_day() -> None:
    within = replace(changed_city(replace(CARD, review_by=date(2026, 12, 26))), confirmations=confirmed(PADRON, NIE, VIOLENCE))
    assert order(within) == []
    assert order(replace(changed_city(replace(CARD, review_by=date(2026, 12, 25))), confirmations=within.confirmations)) == [
        "healthcare.card:"
    ]
    again = confirmed(PADRON, NIE, VIOLENCE, CARD)
    assert order(replace(changed_city(replace(CARD, review_by=date(2026, 11, 1))), confirmations=again)) == []


def test_an_outdated_translation_is_due_although_a_person_wrote_it() -> None:
    card = replace(CARD.words["ar"], wording=replace(CARD.words["ar"].wording, of="es", hash="0" * 12))
    within = changed_city(replace(CARD, words={**CARD.words, "ar": card}))
    assert "healthcare.card:ar" in order(within, "ar")
    fresh = replace(card, wording=replace(card.wording, hash=words_hash(CARD.words["es"])))
    assert "healthcare.card:ar" not in order(changed_city(replace(CARD, words={**CARD.words, "ar": fresh})), "ar")


def test_a_flag_on_one_wording_makes_that_one_due() -> None:
    within = context(flags={("madrid", "healthcare.card:ar"): "hidden"})
    assert order(within, "ar")[0] == "healthcare.card:ar"
    assert "healthcare.card:es" not in order(within, "es")


# ---------------------------------------------------------------- one at a time


def test_the_number_due_and_the_first_facts_are_shown() -> None:
    shown = talk().command("review")
    assert "3 answers are due for a look." in shown.said
    assert "# Register your address" in shown.said
    assert "line: 010" in shown.said
    assert "For whom: people who work · students" in shown.said
    assert "First you need: NIE: your number" in shown.said
    assert "Address: Plaza Mayor 3" in shown.said
    assert "city.example · blog.example" in shown.said
    assert shown.said.endswith("Are these facts still right?")
    assert shown.offered == [FACTS, "review:wrong:egov.padron:", "review:changed:egov.padron:", "review:skip:egov.padron:", "review:stop"]
    links = [run.url for block in shown.messages[0].blocks if block.kind == "note" for run in block.runs if run.url]
    assert links == ["https://www.city.example/b", "https://blog.example/a"]


def test_still_right_confirms_what_was_shown_and_goes_on() -> None:
    pressed = talk().command("review").press(FACTS)
    mark = facts_hash(PADRON, MADRID.places)
    assert pressed.effects(Confirm) == [Confirm("madrid", "egov.padron", "", mark, TODAY, is_named=True)]
    assert pressed.said.startswith("Thank you.")
    assert pressed.offered[0] == f"review:right:egov.padron:en:{wording_hash(PADRON, 'en')}"
    assert "Does this read right?" in pressed.said
    assert "Book on 010." in pressed.said


def test_what_has_changed_meanwhile_is_shown_again_and_not_confirmed() -> None:
    pressed = talk(within=changed_city(replace(PADRON, facts={"line": Fact("short", "011")}))).press(FACTS)
    assert pressed.effects(Confirm) == []
    assert "This answer has changed meanwhile." in pressed.said
    assert "line: 011" in pressed.said
    for gone in ("review:right:egov.none::abc", "review:right:egov.padron:de:abc", "review:skip:egov.none:"):
        assert talk().press(gone).effects(Confirm) == []


def test_a_translation_stands_after_the_text_it_was_made_from() -> None:
    words = replace(PADRON.words["en"], wording=replace(PADRON.words["en"].wording, of="es"))
    within = replace(changed_city(replace(PADRON, words={**PADRON.words, "en": words})), confirmations=confirmed(PADRON, NIE, VIOLENCE))
    shown = talk(within=within).command("review")
    assert [message.locale for message in shown.messages] == ["en", "es", "en", "en"]
    assert "Pide cita en el 010." in shown.said
    assert "Does the second text say the same, in good words?" in shown.said
    assert shown.offered[1:] == ["review:wrong:egov.padron:en", "review:skip:egov.padron:en", "review:stop"]
    mark = f"{words_hash(words)}:{words_hash(PADRON.words['es'])}"
    assert shown.press(f"review:right:egov.padron:en:{mark}").effects(Confirm) == [
        Confirm("madrid", "egov.padron", "en", mark, TODAY, is_named=True)
    ]


def test_the_name_is_asked_for_once() -> None:
    first = talk(data={"noticed": True}).command("review").press(FACTS)
    assert first.effects(Confirm) == []
    assert first.offered == ["review:name:name", "review:name:role"]
    assert [option.label for option in first.messages[0].options] == ["My name: Ana", "Only my role: reviewer"]
    role = first.press("review:name:role")
    assert role.effects(Confirm) == [Confirm("madrid", "egov.padron", "", facts_hash(PADRON, MADRID.places), TODAY, is_named=False)]
    assert [effect.is_named for effect in role.press(FACTS).effects(Confirm)] == [False]  # type: ignore[union-attr]


def test_skipped_ones_do_not_come_back_in_this_round_and_it_ends() -> None:
    seen = talk().command("review")
    for _turn in range(20):
        skip = [choice for choice in seen.offered if choice.startswith("review:skip:")]
        if not skip:
            break
        seen.press(*skip)
    assert "Nothing more is due now." in seen.said
    assert seen.offered == ["do:menu"]
    assert "3 answers are due" in seen.command("review").said


def test_stop_leaves_and_the_chat_goes_on_as_always() -> None:
    stopped = talk().command("review").press("review:stop")
    assert "Write /review when you want to go on." in stopped.said
    assert "The NIE is a number." in stopped.write("how do i get a nie").said


@pytest.mark.parametrize(
    ("pressed", "about", "locale", "asked"),
    [
        ("review:wrong:egov.padron:", "answer", "en", "What is wrong?"),
        ("review:changed:egov.padron:", "changed", "en", "What has changed?"),
        ("review:wrong:egov.padron:es", "wording", "es", "What is wrong?"),
    ],
)
def test_the_next_text_says_why_and_goes_to_the_admins(pressed: str, about: str, locale: str, asked: str) -> None:
    asking = talk().command("review").press(pressed)
    assert asked in asking.said
    told = asking.write("how do i get a nie")  # not a question now
    assert told.effects(ReportAnswer) == [ReportAnswer("madrid", "egov.padron", locale, "how do i get a nie", about)]  # type: ignore[arg-type]
    assert told.said.startswith("Thank you. The admins have been told.")
    assert told.conversation.state == "ready"
    assert f"review:skip:{pressed.removeprefix('review:').partition(':')[2]}" not in told.offered


def test_a_text_after_something_else_was_shown_is_a_question_again() -> None:
    left = talk().press("review:wrong:egov.padron:", "entry:healthcare.card").write("how do i get a nie")
    assert left.effects(ReportAnswer) == []
    assert "The NIE is a number." in left.said
    assert left.conversation.state == "ready"
    commanded = talk().press("review:wrong:egov.padron:").command("menu").write("how do i get a nie")
    assert commanded.effects(ReportAnswer) == []


def test_a_crisis_is_heard_also_while_a_reason_is_asked_for() -> None:
    cried = talk().press("review:wrong:egov.padron:").write("my husband beats me")
    assert cried.said.startswith("# 112")
    assert cried.effects(ReportAnswer) == []


def test_a_picture_instead_of_a_reason_asks_once_more() -> None:
    shown = talk().press("review:wrong:egov.padron:").hear(MediaReceived(media="photo", at=NOW))
    assert "What is wrong?" in shown.said


def test_an_admin_of_every_city_reviews_the_one_they_are_in() -> None:
    within = context()
    everywhere = talk("admin", within=within, reviews=reviewing("admin", city=""), city="graz").command("review")
    assert "School in Graz" in everywhere.said or "Meldezettel" in everywhere.said
    nowhere = talk("admin", reviews=reviewing("admin", city=""), city=None).command("review")
    assert "Which city do you live in?" in nowhere.said
    theirs = talk(city="graz").command("review")  # a reviewer of Madrid who looks at Graz
    assert "Register your address" in theirs.said


def test_who_has_just_come_reads_in_a_language_of_theirs() -> None:
    new = Talk(conversation=Conversation("c-1", "web", reviews=reviewing("reviewer", "ar", "es"))).command("review")
    assert new.conversation.locale == "ar"
    assert new.messages[0].locale == "ar"


def test_without_languages_the_wording_of_the_chat_is_read() -> None:
    spoken = talk(within=context(confirmations=confirmed(PADRON, NIE, VIOLENCE)), reviews=Reviewing("madrid", (), "Ana", "lead")).command(
        "review"
    )
    assert spoken.offered[0].startswith("review:right:egov.padron:en:")


def test_a_reviewer_is_welcomed_with_the_command_and_no_way_into_the_desk() -> None:
    used = Talk(conversation=settled()).hear(InviteUsed(at=NOW, name="Ana", role="reviewer", city="madrid"))
    assert "Welcome, Ana. You are here as: reviewer." in used.said
    assert "/review" in used.said
    assert "desk" not in used.said


# ---------------------------------------------------------------- what follows for everybody


def test_a_confirmation_in_the_chat_is_shown_while_it_holds() -> None:
    sure = context(confirmations=confirmed(NIE))
    assert "Confirmed on 25 November 2026." in Talk(context=sure, conversation=settled()).press("entry:egov.nie").said
    assert "Confirmed on 25 November 2026." in Talk(context=sure, conversation=settled()).press("steps:egov.nie").said
    moved = replace(changed_city(replace(NIE, steps=("form",))), confirmations=confirmed(NIE))
    assert "From a page we read as a copy" in Talk(context=moved, conversation=settled()).press("entry:egov.nie").said


def test_read_words_are_not_called_a_machines_any_more() -> None:
    machine = "A machine wrote these words."
    assert machine in Talk(conversation=settled()).press("entry:egov.nie").said
    read = context(confirmations=confirmed(NIE, locales=("en",)))
    assert machine not in Talk(context=read, conversation=settled()).press("entry:egov.nie").said
    assert "كتبت هذا النص آلة" in Talk(context=read, conversation=settled("ar")).press("entry:egov.nie").said


WAYS = ("entry:egov.nie", "entry:egov.nie:es", "steps:egov.nie", "switch:en")


@pytest.mark.parametrize("way", WAYS)
def test_where_only_confirmed_answers_are_given_no_way_leads_to_another(way: str) -> None:
    strict = context(require_checked=True)
    shown = Talk(context=strict, conversation=settled(recent={"entry": "egov.nie"})).press(way)
    assert "The NIE is a number" not in shown.said
    assert "Fill in" not in shown.said
    if way != "switch:en":
        assert "Nobody of the city has confirmed" in shown.said
    assert "do:human" in shown.offered
    sure = replace(strict, confirmations=confirmed(NIE))
    assert "Nobody of the city" not in Talk(context=sure, conversation=settled(recent={"entry": "egov.nie"})).press(way).said


@pytest.mark.parametrize("asked", ["how do i get a nie", "say it again", "papers"])
def test_nor_does_a_question(asked: str) -> None:
    strict = context(require_checked=True)
    shown = Talk(context=strict, conversation=settled(recent={"entry": "egov.nie"})).write(asked)
    assert "The NIE is a number" not in shown.said
    assert "do:human" in shown.offered


def test_a_crisis_shows_its_numbers_whatever_is_confirmed() -> None:
    shown = Talk(context=context(require_checked=True), conversation=settled()).write("my husband beats me")
    assert "Help line, violence against women: 016" in shown.said
    assert "It is not your fault" not in shown.said
    assert "entry:emergency.violence" not in shown.offered
    hidden = Talk(context=context(flags={("madrid", "emergency.violence"): "hidden"}), conversation=settled()).write("my husband beats me")
    assert "016" in hidden.said
    assert "It is not your fault" not in hidden.said
    assert "It is not your fault" in Talk(conversation=settled()).write("my husband beats me").said


def test_a_wording_called_wrong_is_hidden_in_its_language_alone() -> None:
    flagged = context(flags={("madrid", "egov.nie:en"): "hidden", ("madrid", "egov.padron:es"): "warning"})
    assert "It is being looked at." in Talk(context=flagged, conversation=settled()).press("entry:egov.nie").said
    assert "El NIE es un número." in Talk(context=flagged, conversation=settled("es")).press("entry:egov.nie").said
    assert "may be wrong" not in Talk(context=flagged, conversation=settled()).press("entry:egov.padron").said
    assert "⚠" in Talk(context=flagged, conversation=settled("es")).press("entry:egov.padron").said


# ---------------------------------------------------------------- notices about the whole city

STRIKE = Alert((), date(2026, 11, 24), date(2026, 11, 26), {"en": "Strike today.", "es": "Hoy hay huelga."}, everywhere=True)


def test_a_notice_about_the_city_stands_above_every_answer_and_once_above_the_menu() -> None:
    within = changed_city(alerts=(STRIKE,))
    reader = Talk(context=within, conversation=settled()).command("menu")
    assert "⚠ Strike today." in reader.said
    assert "⚠" not in reader.command("menu").said
    for entry_id in ("egov.nie", "egov.padron", "healthcare.card"):
        assert "⚠ Strike today." in reader.press(f"entry:{entry_id}").said
    chosen = Talk(context=within, conversation=settled(city="graz")).press("city:madrid")
    assert "⚠ Strike today." in chosen.said
    assert "⚠" not in chosen.press("city:graz").said
    assert "⚠ Strike today." in chosen.press("city:madrid").said


def test_it_is_gone_by_the_calendar_of_the_city_and_not_for_who_lives_elsewhere() -> None:
    over = replace(changed_city(alerts=(STRIKE,)), now=datetime(2026, 11, 26, 23, 30, tzinfo=UTC))  # past midnight in Madrid
    assert "Strike" not in Talk(context=over, conversation=settled()).press("entry:healthcare.card").said
    last = replace(over, now=datetime(2026, 11, 26, 22, 30, tzinfo=UTC))
    assert "Strike" in Talk(context=last, conversation=settled()).press("entry:healthcare.card").said
    elsewhere = settled(city=None, data={"noticed": True, "device": "own", "country": "ES"})
    assert "Strike" not in Talk(context=changed_city(alerts=(STRIKE,)), conversation=elsewhere).press("entry:egov.nie").said


def test_the_tasks_of_every_city_have_a_name_that_leads_back_to_them() -> None:
    for city in (MADRID, GRAZ):
        home = Home(city, local=True)
        for task in due(home, city.languages, context()):
            assert task_of(task.key, home) == task
            assert hash_of(task, home)
