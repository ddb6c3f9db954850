"""What a contact is told of a request, what people write, show and take back, and the welcome of who joins the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.cases import Attachment
from bot.model import (
    CaseNews,
    Conversation,
    Count,
    FactTable,
    InviteUsed,
    PersonWithdrew,
    PersonWrote,
    UseInvite,
)
from tests.dialogue.desk import NIGHT, a_case, desk_context, desk_talk
from tests.dialogue.world import NOW, Talk, plain, settled

CLAIMED = a_case(state="claimed", advisor="s-1", advisor_name="Lucía", place=0)
HIGH = a_case(priority="high")


def opened(case: object, *, reachable: bool = True, **changes: object) -> Talk:
    talk = desk_talk(case, **changes)  # type: ignore[arg-type]
    talk.reachable = reachable
    return talk.news("opened", case)  # type: ignore[arg-type]


# ---------------------------------------------------------------- opened


@pytest.mark.parametrize(
    ("place", "line"), [(1, "You are the next in line."), (2, "1 request is before yours."), (12, "11 requests are before yours.")]
)
def test_number_and_place_in_line(place: int, line: str) -> None:
    talk = opened(a_case(place=place))
    assert talk.said.startswith("Your request has the number 214.\n" + line)
    assert "As soon as somebody is free, I will tell you here." in talk.said
    assert talk.messages[0].files is True
    assert talk.offered == ["aside:214", "end:214"]


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (NIGHT, "The desk is closed now. It opens on Monday 30 November at 09:00."),
        (datetime(2026, 11, 25, 20, 0, tzinfo=UTC), "The desk is closed now. It opens tomorrow at 09:00."),
        (datetime(2026, 11, 26, 6, 0, tzinfo=UTC), "The desk is closed now. It opens today at 09:00."),
    ],
)
def test_a_closed_desk_says_when_it_opens(now: datetime, sentence: str) -> None:
    for reachable in (True, False):
        talk = opened(a_case(), now=now, reachable=reachable)
        assert sentence in talk.said
        assert "Your request keeps its place." in talk.said
        assert "As soon as" not in talk.said


def test_the_day_is_named_in_the_language_of_the_contact_with_digits_that_keep_their_direction() -> None:
    assert "lun, 30 de noviembre" in desk_talk(a_case(), locale="es", now=NIGHT).news("opened", a_case()).said
    talk = desk_talk(a_case(), locale="ar", now=NIGHT).news("opened", a_case())
    assert "الاثنين، 30 نوفمبر" in talk.said
    runs = [run for block in talk.messages[0].blocks if block.kind == "paragraph" for run in block.runs]
    assert [run.isolate for run in runs if run.text == "09:00"] == [True]


def test_nothing_is_promised_where_nobody_knows() -> None:
    nobody = "Nobody is at the desk just now. Your request stays and is answered when somebody is back."
    assert nobody in opened(a_case(desk="papers"), reachable=False).said
    assert nobody in opened(a_case(desk="", topic="work"), reachable=False).said
    assert nobody in opened(a_case(), reachable=False).said
    assert "As soon as somebody is free" in opened(a_case(desk="papers")).said


def test_an_urgent_request_that_meets_nobody_gets_the_numbers_first() -> None:
    talk = desk_talk(now=NIGHT).write("my husband beats me").press("entry:housing.eviction", "do:human")
    talk.reachable = False
    talk.press("pass:all:advice")
    first, table = talk.messages[0].blocks[:2]
    assert plain(first.runs) == "These answer now:"  # type: ignore[union-attr]
    assert isinstance(table, FactTable)
    assert [plain(runs).partition(" ·")[0] for _label, runs in table.rows] == ["112", "016", "Oficina de noche"]
    assert talk.messages[0].alert
    assert talk.said.index("112") < talk.said.index("214") < talk.said.index("opens on Monday 30 November at 09:00")


def test_an_urgent_request_that_meets_somebody_says_so_also_at_night() -> None:
    for now in (NOW, NIGHT):
        talk = opened(HIGH, now=now)
        assert "It is marked as urgent." in talk.said
        assert "Somebody who is on duty is being told now." in talk.said
        assert "112" not in talk.said
        assert not talk.messages[0].alert


def test_the_date_that_was_understood_is_shown() -> None:
    assert "The date you gave: 30 November 2026." in opened(a_case(facts=(("date", "2026-11-30"),))).said
    assert "The date you gave" not in opened(a_case(facts=(("date", "week"),))).said


# ---------------------------------------------------------------- claimed, returned, passed, closed


def test_who_reads_it_is_named() -> None:
    talk = desk_talk(a_case()).claim()
    assert talk.said.startswith("Lucía is reading what you wrote.")
    assert talk.messages[0].files is True
    assert talk.offered == ["end:214"]


def test_a_request_that_comes_back_waits_again_with_its_place() -> None:
    talk = desk_talk(CLAIMED).news("returned", a_case(place=2))
    assert talk.said.startswith(
        "Who had request 214 cannot go on with it just now, so it waits for somebody else.\n1 request is before yours."
    )
    assert talk.write("hello").messages, "what is said next is acknowledged again"


def test_passing_on_names_the_organisation_that_has_it_now() -> None:
    assert "Request 214 is with Provivienda now." in desk_talk(a_case()).news("passed", a_case(organisation="provivienda")).said
    assert "somebody who can help better" in desk_talk(a_case()).news("passed", a_case(topic="work")).said


def test_a_request_that_is_handed_to_somebody_or_theirs_again_names_them() -> None:
    for step in ("passed", "reopened"):
        talk = desk_talk(a_case()).news(step, CLAIMED, "Lucía")  # type: ignore[arg-type]
        assert talk.said.startswith("Request 214 is with Lucía now.")
        assert talk.offered == ["end:214"]


def test_what_is_closed_for_too_long_is_called_so() -> None:
    talk = desk_talk().hear(CaseNews(step="closed", case=replace(CLAIMED, state="closed"), at=NOW, text="too-late"))
    assert "too long ago" in talk.said
    assert talk.offered == ["do:human", "do:menu"]


def test_the_end_of_a_request_of_the_pools_leaves_the_talk_alone() -> None:
    pool = a_case(9, kind="companion")
    talk = desk_talk(CLAIMED, pool).close(9)
    assert talk.messages
    assert talk.messages[0].files is None
    assert talk.write("hello").messages == []
    assert talk.press("reopen:9").messages[0].files is None
    assert "end:9" in talk.offered
    assert "aside:9" not in talk.offered


def test_consent_is_asked_with_organisation_and_reason() -> None:
    talk = desk_talk(CLAIMED).news("consent", replace(CLAIMED, passing_to="provivienda"), text="They have lawyers.")
    assert "May request 214 go to Provivienda?" in talk.said
    assert "The reason: They have lawyers." in talk.said
    assert talk.offered == ["consent:214:yes", "consent:214:no"]


def test_the_end_is_told_and_the_bot_is_back() -> None:
    talk = desk_talk(CLAIMED).close()
    assert talk.said == "Lucía has closed request 214.\nI am here again for your questions.\nDid it help?"
    assert talk.messages[0].files is False
    assert talk.offered == ["rate:214:yes", "rate:214:not-yet", "reopen:214", "do:menu"]
    other = desk_talk(CLAIMED, a_case(215, kind="legal")).close()
    assert "I am here again" not in other.said, "another request is still open"
    assert other.messages[0].files is None
    unreachable = replace(CLAIMED, state="closed", outcome="unreachable", closed_at=NOW)
    assert "nothing more came from you" in desk_talk(CLAIMED).news("closed", unreachable, "Lucía").said


def test_where_nobody_comes_the_request_stays_and_an_open_office_is_named() -> None:
    talk = desk_talk(a_case()).news("no-answer", a_case())
    assert "It stays in line." in talk.said
    assert "This office is open now:\nAyuntamiento" in talk.said
    urgent = desk_talk(HIGH).news("no-answer", HIGH)
    assert urgent.said.startswith("These answer now:\nEmergency: 112")


def test_a_city_that_is_no_longer_known_and_an_unexpected_step_still_say_something() -> None:
    for step in ("opened", "claimed", "returned", "passed", "consent", "closed", "reopened", "no-answer", "found", "soon"):
        talk = desk_talk(a_case()).news(step, a_case(city="atlantis"))  # type: ignore[arg-type]
        assert talk.said
        assert "214" in f"{talk.said} {talk.offered}"


def test_news_change_no_first_question_and_need_no_language() -> None:
    new = Talk(context=desk_context(), conversation=Conversation("c-1", "telegram"))
    talk = new.hear(CaseNews(step="opened", case=a_case(), at=NOW, locale_hint="es"))
    assert talk.messages
    assert talk.conversation.state == "new"


# ---------------------------------------------------------------- what people write


def test_a_persons_words_carry_their_name_and_nothing_of_ours() -> None:
    talk = desk_talk(CLAIMED).reply("Hola.\n\nSoy Lucía.")
    (message,) = talk.messages
    assert [plain(block.runs) for block in message.blocks] == ["Hola.", "Soy Lucía."]  # type: ignore[union-attr]
    assert (message.author, message.author_name, message.locale, message.line) == ("person", "Lucía", "es", 7)
    assert (message.options, message.files, message.original) == ((), True, "")


def test_a_translation_says_so_and_brings_the_original() -> None:
    (message,) = desk_talk(CLAIMED).reply("Hola", translated="Hello").messages
    assert (message.author, message.author_name, message.locale) == ("translation", "Lucía", "en")
    assert (message.original, message.original_locale) == ("Hola", "es")
    assert plain(message.blocks[0].runs) == "Hello"  # type: ignore[union-attr]


def test_files_places_edits_and_what_is_taken_back() -> None:
    photo = Attachment("photo", "store:f")
    (message,) = desk_talk(CLAIMED).reply("", attachment=photo).messages
    assert (message.attachment, message.blocks, message.author_name) == (photo, (), "Lucía")
    (message,) = desk_talk(CLAIMED).reply("", place=(40.4, -3.7)).messages
    assert (message.venues[0].latitude, message.venues[0].longitude) == (40.4, -3.7)
    assert "mlat=40.4" in (message.blocks[0].runs[0].url or "")  # type: ignore[union-attr]
    (message,) = desk_talk(CLAIMED).reply("Better", edits=True).messages
    assert (message.edits, message.line) == (True, 7)
    (message,) = desk_talk(CLAIMED).hear(PersonWithdrew(number=214, line=7, at=NOW)).messages
    assert (message.withdraws, message.line, message.blocks) == (True, 7, ())


@pytest.mark.parametrize(("locale", "title"), [("en", "NIE: your number"), ("es", "NIE: tu número"), ("ar", "رقم NIE")])
def test_a_ready_answer_comes_in_the_language_of_the_contact_with_its_buttons(locale: str, title: str) -> None:
    talk = desk_talk(CLAIMED, locale=locale).reply("", entry_id="egov.nie")
    (message,) = talk.messages
    assert title in talk.said
    assert (message.author, message.author_name, message.line, message.locale) == ("person", "Lucía", 7, locale)
    assert "guide:egov.nie" in talk.offered
    assert talk.effects(Count) == [], "it is not the bot that answered"


def test_a_ready_answer_that_is_gone_is_called_so() -> None:
    assert "not there any more" in desk_talk(CLAIMED).reply("", entry_id="egov.gone").said


def test_who_writes_in_a_case_of_the_pools_is_answered_by_a_button() -> None:
    helped = a_case(kind="interpreter", state="claimed", agreed=True)
    talk = desk_talk(helped).reply("Hola")
    assert talk.offered == ["write:214"]
    assert talk.messages[0].files is None
    helper = Talk(context=desk_context(), conversation=settled()).hear(
        PersonWrote(number=214, line=1, name="Blue heron", at=NOW, text="hi")
    )
    assert helper.offered == ["write:214"]


@pytest.mark.parametrize(("locale", "name"), [("en", "Blue heron"), ("es", "Garza azul"), ("ar", "بلشون أزرق")])
def test_a_helper_reads_the_made_up_name_in_their_language(locale: str, name: str) -> None:
    helper = Talk(context=desk_context(), conversation=settled(locale)).hear(
        PersonWrote(number=214, line=1, name="blue:heron", at=NOW, text="hi", place=(40.4, -3.7))
    )
    (message,) = helper.messages
    assert message.author_name == name
    assert name in message.options[0].label
    assert [venue.name for venue in message.venues] == [name]


def test_a_late_word_of_a_person_after_the_end_is_still_brought() -> None:
    closed = replace(CLAIMED, state="closed", closed_at=NOW - timedelta(days=1))
    assert "Adiós" in desk_talk(closed).reply("Adiós").said


# ---------------------------------------------------------------- joining


CODE = "7Q2M-0ABC-DEFG-HJKM-NPQR-STVW-XYZ1"


@pytest.mark.parametrize("payload", [CODE, f"i_{CODE}", CODE.lower(), CODE.replace("-", "")])
def test_an_invitation_is_used_by_link_or_by_its_code(payload: str) -> None:
    talk = Talk(context=desk_context()).command("start", payload)
    (use,) = talk.effects(UseInvite)
    assert isinstance(use, UseInvite)
    assert use.code == payload.removeprefix("i_")
    assert talk.messages == []


def test_staff_ask_for_a_way_in() -> None:
    assert Talk(context=desk_context(), conversation=settled()).write("/desk").effects(UseInvite) == [UseInvite("")]


def test_who_joins_is_welcomed_with_role_and_link() -> None:
    place = desk_context(desk_url="https://example.org/desk")
    used = InviteUsed(at=NOW, name="Lucía", role="advisor", city="madrid", login_code="ABC")
    talk = Talk(context=place, conversation=settled()).hear(used)
    assert talk.said.startswith("Welcome, Lucía. You are here as: advisor. City: Madrid.")
    links = [run.url for block in talk.messages[0].blocks if block.kind == "paragraph" for run in block.runs if run.url]
    assert links == ["https://example.org/desk/join#ABC"]
    helper = Talk(context=place).hear(InviteUsed(at=NOW, name="Amal", role="interpreter"))
    assert "Welcome, Amal. You are here as: interpreter." in helper.said
    assert "join#" not in helper.said


def test_a_bad_invitation_is_called_bad() -> None:
    assert "was used, is too old" in Talk(context=desk_context()).hear(InviteUsed(at=NOW)).said
