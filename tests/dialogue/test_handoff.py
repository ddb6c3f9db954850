"""The contact's side of hand-off: asking, the questions before, waiting, talking, a cry for help, the end and after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cases import Attachment
from bot.dialogue.handoff import badge_words, unbadge
from bot.model import (
    AddToCase,
    ConsentToPass,
    Count,
    EndCase,
    LocationShared,
    MediaReceived,
    OpenCase,
    RaiseCase,
    RateCase,
    ReopenCase,
    TextReceived,
    WithdrawFromCase,
)
from tests.dialogue.desk import NIGHT, DeskTalk, a_case, desk_context, desk_talk, staffed
from tests.dialogue.world import NOW, Talk, context, settled

PHOTO = Attachment("photo", "telegram:f1", "", "image/jpeg", 1000)
CLAIMED = a_case(state="claimed", advisor="s-1", advisor_name="Lucía", place=0, answered_at=NOW)
CLOSED = a_case(state="closed", place=0, closed_at=NOW - timedelta(hours=2), answered_at=NOW - timedelta(hours=3), outcome="solved")


def opening(talk: DeskTalk) -> OpenCase:
    made = [effect for effect in talk.done if isinstance(effect, OpenCase)]
    assert len(made) == 1
    return made[0]


# ---------------------------------------------------------------- asking


def test_one_tap_shows_who_reads_what_and_for_how_long() -> None:
    talk = desk_talk(retention_days=30).write("they throw me out").press("do:human")
    assert talk.said.startswith("# I will pass this on to a person")
    assert "The advisors of Provivienda read it." in talk.said
    assert "30 days after the request is closed" in talk.said
    assert "do not get your name" in talk.said
    assert talk.offered == [
        "pass:all:advice", "pass:last:advice", "pool:interpreter", "pool:companion", "pool:mentor", "ask:legal", "do:cancel",
    ]  # fmt: skip
    assert talk.done == (), "nothing is opened before the contact says so"


def test_the_number_of_days_is_that_of_the_settings() -> None:
    assert "1 day after the request" in desk_talk(retention_days=1).command("human").said


@pytest.mark.parametrize("how", ["press", "command", "own words"])
def test_every_way_of_asking_leads_there(how: str) -> None:
    talk = desk_talk()
    {"press": lambda: talk.press("do:human"), "command": lambda: talk.command("human"), "own words": lambda: talk.write("i want a person")}[
        how
    ]()
    assert "pass:all:advice" in talk.offered


def test_a_city_without_people_shows_its_offices_for_every_kind() -> None:
    alone = Talk(context=desk_context(), conversation=settled())
    assert "Ayuntamiento" in alone.command("human").said
    assert "pool:interpreter" in alone.offered, "the card is there without anybody at the desk"
    for option_id in ("ask:legal", "ask:advice", "pass:all:advice", "pass:last:legal"):
        assert "No person can answer in this chat yet." in alone.press(option_id).said
        assert not alone.effects(OpenCase)


def test_elsewhere_in_the_country_there_is_no_desk() -> None:
    known = settled(city=None, staffed=True, data={"noticed": True, "device": "own", "country": "ES"})
    talk = Talk(context=desk_context(), conversation=known).command("human")
    assert "town hall" in talk.said
    assert not talk.press("pass:all:advice").effects(OpenCase)


def test_after_two_questions_it_cannot_answer_the_bot_offers_a_person() -> None:
    talk = desk_talk().write("a secret", "another secret")
    assert talk.said.startswith("I do not know this.")
    assert "pass:all:advice" in talk.offered
    assert talk.effects(Count) == [Count("madrid", "", "en", "none")]
    assert "misses" not in talk.conversation.recent


def test_a_closed_desk_says_when_it_opens_before_anything_is_sent() -> None:
    talk = desk_talk(now=NIGHT).press("topic:housing").command("human")
    assert "The desk is closed now. It opens on Monday 30 November at 09:00." in talk.said


@pytest.mark.parametrize(
    ("steps", "topic", "desk", "organisation", "entry"),
    [
        ([], "support", "papers", None, ""),
        (["topic:egov"], "egov", "papers", None, ""),
        (["entry:egov.nie"], "egov", "papers", None, "egov.nie"),
        (["entry:egov.nie", "topic:healthcare"], "healthcare", "", None, ""),
        (["topic:healthcare", "entry:egov.nie"], "egov", "papers", None, "egov.nie"),
    ],
)
def test_the_topic_is_what_was_looked_at_last(steps: list[str], topic: str, desk: str, organisation: str | None, entry: str) -> None:
    opened = opening(desk_talk().press(*steps, "do:human", "pass:last:advice"))
    assert (opened.kind, opened.topic, opened.desk, opened.organisation) == ("advice", topic, desk, organisation)
    assert (opened.entry_id, opened.share, opened.priority, opened.facts) == (entry, "last", "ordinary", ())


def test_a_suggestion_tells_the_topic() -> None:
    assert opening(desk_talk().write("papers").press("do:human", "pass:all:advice")).topic == "egov"


def test_a_legal_question_goes_to_the_desk_for_it_without_advice_of_ours() -> None:
    talk = desk_talk().press("do:human", "ask:legal")
    assert "I do not give legal advice myself." in talk.said
    assert "Colegio de la Abogacía" in talk.said
    opened = opening(talk.press("pass:all:legal"))
    assert (opened.kind, opened.desk, opened.organisation) == ("legal", "law", "icam")


def test_a_second_request_of_a_kind_is_not_opened() -> None:
    talk = desk_talk(a_case()).press("pass:all:advice")
    assert talk.done == ()
    assert "Your request 214 (a question to an advisor) waits for a person." in talk.said
    assert isinstance(talk.press("ask:legal", "pass:all:legal").done[0], OpenCase)
    assert [case.kind for case in talk.conversation.cases] == ["legal", "advice"]


def test_without_language_or_device_a_person_in_a_crisis_can_still_ask() -> None:
    talk = desk_talk(shared_device=True)
    talk.conversation = replace(staffed(), locale=None, city=None, state="new", data={})
    talk.write("my husband beats me").press("crisis:violence-home:madrid", "do:human")
    assert "I mark it as urgent." in talk.said
    opened = opening(talk.press("pass:all:advice"))
    assert opened.priority == "high"
    assert talk.conversation.locale == "en"
    assert talk.write("please hurry").done[-1] == AddToCase(214, "please hurry")


# ---------------------------------------------------------------- what the desk asks first


def in_housing(locale: str = "en") -> DeskTalk:
    talk = desk_talk(locale=locale)
    return talk.press("entry:housing.eviction", "do:human", "pass:all:advice")


@pytest.mark.parametrize("locale", ["es", "en", "ar"])
def test_a_date_in_five_days_makes_a_request_urgent(locale: str) -> None:
    talk = in_housing(locale)
    assert talk.conversation.state == "ask-letter"
    talk.press("fact:letter:yes").write({"es": "en 5 días", "en": "in 5 days", "ar": "بعد ٥ أيام"}[locale]).press("fact:children:no")
    opened = opening(talk)
    assert opened.priority == "high"
    assert opened.facts == (("letter", "yes"), ("date", "2026-11-30"), ("children", "no"))
    assert (opened.topic, opened.desk, opened.organisation, opened.entry_id) == ("housing", "housing", "provivienda", "housing.eviction")
    assert talk.conversation.state == "ready"
    assert not [key for key in talk.conversation.recent if key.startswith(("fact-", "share", "for_kind"))]


@pytest.mark.parametrize(
    ("date", "value", "priority"),
    [
        ("today", "2026-11-25", "high"),
        ("tomorrow", "2026-11-26", "high"),
        ("week", "week", "high"),
        ("later", "later", "ordinary"),
        ("unknown", "unknown", "ordinary"),
        ("skip", None, "ordinary"),
    ],
)
def test_every_answer_about_the_date(date: str, value: str | None, priority: str) -> None:
    opened = opening(in_housing().press("fact:letter:no", f"fact:date:{date}", "fact:children:skip"))
    assert opened.priority == priority
    assert dict(opened.facts) == {"letter": "no"} | ({"date": value} if value else {})


@pytest.mark.parametrize(
    ("written", "value"), [("yes, from the court", "yes"), ("2", "no"), ("I do not know", "unknown"), ("Skip", "skip"), ("no", "no")]
)
def test_answers_can_be_typed(written: str, value: str) -> None:
    talk = in_housing().write(written)
    assert talk.conversation.recent["fact-letter"] == value
    assert talk.conversation.state == "ask-date"


@pytest.mark.parametrize(("written", "value"), [("2", "yes"), ("0", "no"), ("I have 3", "yes"), ("No", "no"), ("٢", "yes")])
def test_a_number_of_children_is_no_number_of_a_button(written: str, value: str) -> None:
    opened = opening(in_housing().press("fact:letter:skip", "fact:date:skip").write(written))
    assert opened.facts == (("children", value),)


def test_what_is_no_answer_is_asked_again_and_any_answer_helps_on() -> None:
    talk = in_housing().write("what a mess")
    assert "I did not understand that." in talk.said
    assert talk.conversation.state == "ask-letter"
    talk.press("fact:letter:unknown").write("I must ask my wife")
    assert talk.conversation.state == "ask-date"
    assert talk.write("no idea").conversation.recent["fact-date"] == "unknown"


def test_a_command_leaves_the_questions_and_an_old_button_shows_the_present_one() -> None:
    for command in ("menu", "help", "cancel", "human"):
        assert in_housing().command(command).conversation.state == "ready"
    talk = in_housing().press("fact:letter:no", "fact:letter:yes")
    assert talk.offered[0] == "fact:date:today"
    assert talk.conversation.recent["fact-letter"] == "no"
    assert in_housing().press("entry:egov.nie").conversation.state == "ready"
    assert "fact:letter:yes" in in_housing().hear(MediaReceived(media="voice", at=NOW)).offered


def test_a_crisis_in_the_middle_comes_first_and_nothing_more_is_asked() -> None:
    talk = in_housing().write("my husband beats me")
    assert talk.messages[0].alert
    assert talk.press("back:").offered[0] == "fact:letter:yes"
    opened = opening(talk.press("do:human", "pass:all:advice"))
    assert (opened.priority, opened.facts) == ("high", ())


def test_the_questions_survive_a_forgotten_history() -> None:
    talk = in_housing()
    talk.conversation = replace(talk.conversation, recent={}, options=())
    opened = opening(talk.press("fact:letter:yes"))
    assert (opened.share, opened.topic) == ("all", "support"), "the topic is forgotten as well, so its desk has nothing more to ask"


# ---------------------------------------------------------------- waiting


def test_in_line_texts_are_passed_on_and_acknowledged_now_and_then() -> None:
    talk = desk_talk(a_case(place=3)).write("I have two children")
    assert talk.done == (AddToCase(214, "I have two children"),)
    assert talk.said == "I have added this to request 214. 2 requests are before yours."
    assert talk.offered == ["aside:214", "end:214"]
    assert talk.write("and a dog").messages == []
    talk.context = replace(talk.context, now=NOW + timedelta(minutes=10))
    assert "I have added this" in talk.write("and a cat").said
    assert [effect.text for effect in talk.done if isinstance(effect, AddToCase)] == ["I have two children", "and a dog", "and a cat"]


def test_in_line_buttons_and_commands_work_and_asking_again_tells_how_it_stands() -> None:
    talk = desk_talk(a_case())
    assert "NIE: your number" in talk.press("entry:egov.nie").said
    assert "How I can help" in talk.command("help").said
    talk.write("i want a person")
    assert "waits for a person" in talk.said
    assert talk.done == (AddToCase(214, "i want a person"),)


def test_a_number_said_to_the_desk_is_no_button() -> None:
    talk = desk_talk(a_case()).write("how many are you", "2", "1")
    assert talk.done[1:] == (AddToCase(214, "2"), AddToCase(214, "1")), "the buttons below are for ending it and the like"
    assert "NIE: your number" in desk_talk(a_case()).press("topic:egov").write("1").said
    talk = desk_talk(a_case()).write("hello").press("topic:egov").write("we are", "2")
    assert talk.done[-1] == AddToCase(214, "2"), "something was said since the buttons were shown"
    assert desk_talk(a_case()).command("human").write("End request 214").done == (EndCase(214),)


def test_the_bot_can_be_asked_instead_and_the_request_keeps_its_place() -> None:
    talk = desk_talk(a_case()).write("how do i get a nie")
    assert talk.messages[0].options[0].label == "Take it back: ask the bot"
    talk.press("aside:214")
    assert talk.done[-1] == WithdrawFromCase(214)
    assert "NIE: your number" in talk.said
    assert "tell:214" in talk.offered
    assert "Register your address" in talk.write("where do i register").said
    assert len(talk.done) == 2
    talk.press("tell:214").write("where do i register")
    assert talk.done[-1] == AddToCase(214, "where do i register")
    asked = desk_talk(a_case()).write("how do i get a nie").press("pool:companion", "aside:214")
    assert "NIE: your number" in asked.said, "also where another question of ours is open"
    fresh = desk_talk(a_case()).press("aside:214")
    assert "keeps its place" in fresh.said
    assert fresh.claim().write("how do i get a nie").done == (AddToCase(214, "how do i get a nie"),), "a person who comes has the word"


# ---------------------------------------------------------------- talking


def test_while_a_person_has_the_word_the_bot_is_silent() -> None:
    talk = desk_talk(CLAIMED).write("how do i get a nie", "2", "hello", "Health")
    assert talk.done == tuple(AddToCase(214, text) for text in ("how do i get a nie", "2", "hello", "Health"))
    assert talk.messages == []
    assert "NIE: your number" in talk.press("entry:egov.nie").said
    assert "How I can help" in talk.command("help").said
    assert "is with Lucía" in talk.command("human").said
    assert talk.offered[0] == "end:214"


@pytest.mark.parametrize("case", [a_case(), CLAIMED], ids=["queue", "advisor"])
def test_files_places_and_edits_are_passed_on(case: object) -> None:
    talk = desk_talk(case)  # type: ignore[arg-type]
    talk.hear(MediaReceived(media="photo", at=NOW, attachment=PHOTO, caption="my letter", source_id="9"))
    talk.hear(LocationShared(latitude=40.4, longitude=-3.7, at=NOW))
    talk.hear(TextReceived(text="corrected", at=NOW, edited=True, source_id="10"))
    talk.hear(TextReceived(text="hola", at=NOW, translated="hello", translated_to="en"))
    assert talk.done == (
        AddToCase(214, "my letter", attachment=PHOTO, source_id="9"),
        AddToCase(214, place=(40.4, -3.7)),
        AddToCase(214, "corrected", edited=True, source_id="10"),
        AddToCase(214, "hola", "hello", "en"),
    )


@pytest.mark.parametrize(("channel", "limit"), [("telegram", "20 MB"), ("web", "10 MB")])
def test_a_file_that_is_too_large_is_called_so(channel: str, limit: str) -> None:
    talk = desk_talk(CLAIMED, channel=channel).hear(MediaReceived(media="video", at=NOW, too_large=True))
    assert limit in talk.said
    assert talk.done == ()


def test_what_cannot_be_passed_on_is_answered() -> None:
    talk = desk_talk(CLAIMED)
    assert "only read text" in talk.hear(MediaReceived(media="sticker", at=NOW)).said
    assert "is with Lucía" in talk.hear(LocationShared(latitude=float("nan"), longitude=0.0, at=NOW)).said
    assert talk.done == ()


def test_a_question_of_ours_asked_by_a_command_is_still_answered_by_a_text() -> None:
    talk = desk_talk(CLAIMED).command("language").write("español")
    assert (talk.conversation.locale, talk.done) == ("es", ())
    talk = desk_talk(CLAIMED).command("language").write("I cannot come on monday")
    assert talk.done == (AddToCase(214, "I cannot come on monday"),)
    talk = desk_talk(CLAIMED).command("city").write("Graz")
    assert talk.conversation.city == "graz"


def test_a_person_who_writes_ends_a_question_of_ours() -> None:
    talk = desk_talk(CLAIMED).command("language").reply("Hola").write("español")
    assert talk.done == (AddToCase(214, "español"),)
    legal = desk_talk(CLAIMED).press("entry:housing.eviction", "ask:legal", "pass:all:legal")
    assert opening(legal).desk == "law"


def test_who_answered_last_gets_what_is_written() -> None:
    older = replace(CLAIMED, number=213, kind="legal", advisor_at=NOW + timedelta(minutes=1))
    assert desk_talk(CLAIMED, older).write("to whom").done == (AddToCase(213, "to whom"),)
    assert desk_talk(a_case(215, kind="legal"), CLAIMED).write("to whom").done == (AddToCase(214, "to whom"),)


def test_the_last_word_can_be_taken_back() -> None:
    talk = desk_talk(CLAIMED).write("a mistake", "/withdraw")
    assert talk.done[-1] == WithdrawFromCase(214)
    assert "taken back your last message" in talk.said
    assert "nothing I could take back" in desk_talk().command("withdraw").said


def test_consent_is_given_by_button_or_its_words_but_not_by_a_number_or_a_later_no() -> None:
    asked = replace(CLAIMED, passing_to="provivienda")
    assert desk_talk(CLAIMED).news("consent", asked).press("consent:214:yes").done == (ConsentToPass(214, True),)
    assert desk_talk(CLAIMED).news("consent", asked).write("No").done == (ConsentToPass(214, False),)
    assert desk_talk(CLAIMED).news("consent", asked).write("2").done == (AddToCase(214, "2"),)
    talk = desk_talk(CLAIMED).news("consent", asked).reply("¿Tienes contrato?").write("No")
    assert talk.done == (AddToCase(214, "No"),)
    assert desk_talk(CLAIMED).press("consent:214:yes").done == ()


# ---------------------------------------------------------------- a cry for help


def test_a_cry_during_a_request_is_answered_passed_on_and_raises_it() -> None:
    for case in (a_case(), CLAIMED):
        talk = desk_talk(case).write("my husband beats me")
        assert talk.messages[0].alert
        assert talk.done == (AddToCase(214, "my husband beats me"), RaiseCase(214))


def test_a_cry_behind_a_command_or_under_a_photo_is_heard() -> None:
    talk = desk_talk(CLAIMED).command("help", "my husband beats me")
    assert talk.done == (AddToCase(214, "my husband beats me"), RaiseCase(214))
    photo = MediaReceived(media="photo", at=NOW, attachment=PHOTO, caption="my husband beats me")
    talk = desk_talk(CLAIMED).hear(photo)
    assert talk.messages[0].alert
    assert talk.done == (AddToCase(214, "my husband beats me", attachment=PHOTO), RaiseCase(214))
    assert Talk(context=desk_context(), conversation=settled()).hear(photo).said.startswith("# 112")


@pytest.mark.parametrize(("minutes", "priority"), [(29, "high"), (31, "ordinary")])
def test_a_request_after_a_cry_is_urgent_for_half_an_hour(minutes: int, priority: str) -> None:
    talk = desk_talk().write("my husband beats me")
    assert talk.done == ()
    talk.context = replace(talk.context, now=NOW + timedelta(minutes=minutes))
    assert opening(talk.press("do:human", "pass:all:advice")).priority == priority


def test_an_answer_of_a_person_ends_the_urgency() -> None:
    talk = desk_talk(CLAIMED).write("my husband beats me").reply("Estoy aquí").close()
    assert opening(talk.press("ask:legal", "pass:all:legal")).priority == "ordinary"


# ---------------------------------------------------------------- the end, and after it


def test_the_contact_ends_a_request_and_the_bot_is_back_at_once() -> None:
    talk = desk_talk(CLAIMED).command("end")
    assert talk.done == (EndCase(214),)
    assert "Request 214 (a question to an advisor) is ended." in talk.said
    assert talk.messages[0].files is False
    assert talk.offered == ["rate:214:yes", "rate:214:not-yet", "reopen:214", "do:menu"]
    assert "NIE: your number" in talk.write("how do i get a nie").said
    unanswered = desk_talk(a_case()).press("end:214")
    assert "Did it help?" not in unanswered.said


def test_end_names_what_is_open_and_an_old_button_ends_nothing_else() -> None:
    assert "No request of yours is open." in desk_talk().command("end").said
    talk = desk_talk(a_case(kind="interpreter", number=9)).command("end")
    assert talk.offered[0] == "end:9"
    assert talk.press("end:9").done == (EndCase(9),)
    assert desk_talk(CLAIMED).press("end:100").done == ()
    assert desk_talk(CLAIMED, a_case(215, kind="legal")).command("end").done == (EndCase(214),)


def test_leaving_and_silence_offer_to_end_it() -> None:
    assert "end:214" in desk_talk(a_case()).command("cancel").offered
    talk = desk_talk(a_case()).command("stop")
    assert "still comes here" in talk.said
    assert "end:214" in talk.offered
    assert "still comes here" not in desk_talk().command("stop").said


@pytest.mark.parametrize(("answer", "says"), [("yes", "Good to hear."), ("not-yet", "You can go on with the same request.")])
def test_the_one_question_after_the_end(answer: str, says: str) -> None:
    talk = desk_talk(CLAIMED).close().press(f"rate:214:{answer}")
    assert talk.done == (RateCase(214, answer),)  # type: ignore[arg-type]
    assert says in talk.said
    assert ("reopen:214" in talk.offered) is (answer == "not-yet")


def test_a_further_word_right_after_the_end_goes_to_the_person() -> None:
    talk = desk_talk(CLAIMED).close().write("hello")
    assert talk.done == (), "small talk is small talk"
    talk.write("but they came back")
    assert talk.done == (ReopenCase(214), AddToCase(214, "but they came back"))
    assert "Request 214 is open again." in talk.said
    photo = desk_talk(CLAIMED).close().hear(MediaReceived(media="photo", at=NOW, attachment=PHOTO))
    assert photo.done == (ReopenCase(214), AddToCase(214, attachment=PHOTO))


def test_after_the_end_the_bot_answers_the_next_question_and_offers_to_go_on_where_it_cannot() -> None:
    talk = desk_talk(CLAIMED).close().write("how do i get a nie")
    assert "NIE: your number" in talk.said
    talk.write("they came back")
    assert talk.done == (), "the question of the end is not the last thing said any more"
    assert talk.offered[0] == "reopen:214"
    talk.press("reopen:214")
    assert talk.done == (ReopenCase(214), AddToCase(214, "they came back"))
    assert "reopen:214" in desk_talk(CLOSED).command("human").offered
    unsure = desk_talk(CLOSED).write("papers")
    assert "reopen:214" in unsure.offered
    assert "reopen:214" in unsure.press("none:").offered
    assert unsure.press("reopen:214").done == (ReopenCase(214), AddToCase(214, "papers"))


def test_the_answer_to_the_question_of_the_end_closes_it() -> None:
    talk = desk_talk(CLAIMED).close().press("rate:214:yes").write("they came back")
    assert talk.done == (RateCase(214, "yes"),)
    late = desk_talk(CLAIMED).close()
    late.context = replace(late.context, now=NOW + timedelta(hours=25))
    assert late.write("they came back").done == ()
    assert late.offered[0] == "reopen:214"


def test_after_a_week_a_request_is_over() -> None:
    old = replace(CLOSED, closed_at=NOW - timedelta(days=7, minutes=1))
    assert "reopen:214" not in desk_talk(old).command("human").offered
    assert desk_talk(old).press("reopen:214").done == ()
    assert desk_talk(replace(old, closed_at=NOW - timedelta(days=6, hours=23))).press("reopen:214").done == (ReopenCase(214),)


def test_a_request_is_not_taken_up_beside_a_new_one_of_its_kind() -> None:
    talk = desk_talk(a_case(215), CLOSED).press("reopen:214")
    assert talk.done == ()
    assert "request 215" in talk.said


def test_a_cry_right_after_the_end_reaches_the_person() -> None:
    talk = desk_talk(CLAIMED).close().write("my husband beats me")
    assert talk.done == (ReopenCase(214), AddToCase(214, "my husband beats me"), RaiseCase(214))
    assert desk_talk(CLOSED).write("my husband beats me").done == ()


# ---------------------------------------------------------------- nobody poses as somebody else


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Lucía · person", "Lucía, person"),
        ("Lucía • PERSON\nGive me your key", "Lucía, PERSON\nGive me your key"),
        ("hello\r\nDragoman · bot", "hello\r\nDragoman, bot"),
        ("بوت · دراغومان", "بوت, دراغومان"),
        ("لوسيا · شخص", "لوسيا, شخص"),
        ("Lucía · persona 12:30", "Lucía, persona 12:30"),
        ("per\u200bson ｜ Lucía", "per\u200bson, Lucía"),
        ("Lucía · machine translation", "Lucía, machine translation"),
        ("bread · milk", "bread · milk"),
        ("a person told me", "a person told me"),
        ("", ""),
    ],
)
def test_imitated_marks_are_broken_up(written: str, read: str) -> None:
    assert unbadge(written, badge_words(context())) == read


def test_imitated_marks_are_broken_up_in_what_is_passed_on() -> None:
    talk = desk_talk(CLAIMED).hear(TextReceived(text="Lucía · persona", at=NOW, translated="Lucía · person", translated_to="en"))
    assert talk.done == (AddToCase(214, "Lucía, persona", "Lucía, person", "en"),)
