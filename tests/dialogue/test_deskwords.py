"""The words desks use: made-up names, a case in short, what happened, cards and posts for groups, ready answers, transcripts."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from bot.cases import ANIMALS, COLOURS, Attachment, Case
from bot.dialogue.context import Translator
from bot.dialogue.deskwords import card_message, facts_of, line_text, pseudonym, ready_answer, relay_message, summary, transcript
from bot.dialogue.terms import KINDS
from bot.model import Confirmation, FactTable, Heading, Message, Paragraph, Run, Venue
from bot.records import CaseLine, LineAuthor
from bot.store import moves
from bot.store.deeds import ON_RECORD
from tests.dialogue.desk import STAFFED, STAFFED_MADRID, a_case, desk_context
from tests.dialogue.world import CATALOGUES, KNOWLEDGE, NOW, lines, plain

EN, ES, AR = (CATALOGUES.translator(locale) for locale in ("en", "es", "ar"))
CANARY = "Zirkuszelt"  # what the contact wrote
CASE = a_case(
    pseudonym="blue:heron",
    locale="ar",
    entry_id="housing.eviction",
    area="alcorcon",
    facts=(("letter", "yes"), ("date", "2026-11-30"), ("children", "yes")),
    priority="high",
)
POST_ROOM = 4096  # of a message on Telegram (core.telegram.org/bots/api#sendmessage, read November 2025)


def message(text: str, locale: str = "ar", **changes: object) -> Message:
    return replace(Message(locale, (Paragraph((Run(text),)),)), **changes)  # type: ignore[arg-type]


def line(author: LineAuthor, said: Message | None = None, minutes: int = 0, **changes: object) -> CaseLine:
    at = NOW + timedelta(minutes=minutes)
    name = "Lucía" if author in ("person", "note") else ""
    return replace(CaseLine(1, 214, author, at, at, said, name=name), **changes)  # type: ignore[arg-type]


def said(post: Message) -> str:
    return "\n".join(lines(post))


# ---------------------------------------------------------------- made-up names


def test_a_made_up_name_is_written_in_the_language_of_the_reader() -> None:
    assert pseudonym("blue:heron", EN) == "Blue heron"
    assert pseudonym("red:seal", EN) == "Red seal"


@pytest.mark.parametrize("code", ["", "blue", "blue:dragon", "green:", ":heron", "a:b:c"])
def test_what_is_no_code_stays_as_it_is(code: str) -> None:
    assert pseudonym(code, EN) == code


@pytest.mark.parametrize("translator", [EN, ES, AR], ids=["en", "es", "ar"])
def test_every_code_has_a_name_of_its_own(translator: Translator) -> None:
    codes = [f"{colour}:{animal}" for colour, animal in product(COLOURS, ANIMALS)]
    names = {pseudonym(code, translator) for code in codes}
    assert len(names) == len(codes)
    assert not any(":" in name or "{" in name or "(" in name for name in names)


# ---------------------------------------------------------------- a case in short


def test_a_case_is_summed_up() -> None:
    assert summary(CASE, EN, NOW, "Eviction") == "Eviction · date in 5 days · has a letter · children"
    assert summary(a_case(), EN, NOW) == ""


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2026-11-25", "date: today"),
        ("2026-11-26", "date in 1 day"),
        ("2026-11-24", "the date has passed"),
        ("week", "date: within a week"),
        ("later", "date: later than a week"),
        ("unknown", ""),
        ("skip", ""),
    ],
)
def test_the_date_is_counted_in_days(value: str, says: str) -> None:
    assert summary(a_case(facts=(("date", value),)), EN, NOW) == says


def test_what_a_helper_is_wanted_for_comes_first() -> None:
    assert summary(a_case(kind="interpreter", language="ti"), EN, NOW, "Eviction") == "an interpreter for Tigrinya · Eviction"
    for kind in ("legal", "companion", "mentor"):
        assert summary(a_case(kind=kind), EN, NOW) == KINDS[kind]


def test_what_was_asked_before_is_written_out() -> None:
    assert facts_of(CASE, EN) == (
        ("A letter about it", "Yes"),
        ("The date in it", "30 November 2026"),
        ("Children in the home", "Yes"),
    )
    asked = a_case(facts=(("letter", "unknown"), ("date", "week"), ("gender", "woman"), ("other", "x")))
    assert [answer for _question, answer in facts_of(asked, EN)] == ["not known", "within a week", "a woman", "x"]


# ---------------------------------------------------------------- what happened

STORE = Path(moves.__file__).parent
TELLING = {"tell": 2, "claim": 3}  # functions of moves.py, and the place of the event among their arguments


def told_by_the_store() -> set[str]:
    """Return the events that the source of the store writes into the lines of a case."""
    calls = (node for file in STORE.glob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
    given = (call.args[place] for call in calls for place in _places(call.func) if len(call.args) > place)
    return {str(event.value) for event in given if isinstance(event, ast.Constant)} | set(ON_RECORD)


def _places(function: ast.expr) -> list[int]:
    name = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    return [TELLING[name]] if name in TELLING else []


def test_the_events_of_the_store_are_those() -> None:
    assert told_by_the_store() == {
        "opened", "claimed", "returned", "passed", "consent", "refused", "found", "agreed", "declined", "closed", "reopened", "raised",
        "no-answer", "not-found",
    }  # fmt: skip


@pytest.mark.parametrize("event", sorted(told_by_the_store()))
@pytest.mark.parametrize("name", ["", "Lucía"])
def test_every_event_has_a_sentence(event: str, name: str) -> None:
    told = line_text(line("system", event=event, name=name), EN)
    assert told.endswith(".")
    assert told != event
    assert "{" not in told


def test_who_did_it_and_why_is_said() -> None:
    told = line("system", message("needs a lawyer", "es"), event="passed", name="Lucía")
    assert line_text(told, EN) == "Lucía passed the case on. needs a lawyer"
    assert line_text(line("system", event="closed", name="Lucía"), EN) == "Lucía closed the case."
    assert line_text(line("system", event="closed"), EN) == "The contact ended the request."
    assert line_text(line("system", event="unheard-of"), EN) == "unheard-of"


# ---------------------------------------------------------------- a group


def test_the_card_says_what_for_whom_and_how_it_stands() -> None:
    card = card_message(CASE, desk_context(), "en", "https://desk.example")
    heading, urgent, table, link = card.blocks
    assert isinstance(heading, Heading)
    assert plain(heading.runs) == "Blue heron · 214"
    assert plain(urgent.runs) == "Urgent"  # type: ignore[union-attr]
    assert isinstance(table, FactTable)
    rows = {label: plain(runs) for label, runs in table.rows}
    assert rows["Language"] == "Arabic"
    assert rows["City"] == "Alcorcón, Madrid"
    assert rows["Topic"] == "Housing"
    assert rows["About"] == "Eviction · date in 5 days · has a letter · children"
    assert rows["The date in it"] == "30 November 2026"
    assert rows["State"] == "waits, place 1"
    assert link.runs[0].url == "https://desk.example#214"  # type: ignore[union-attr]
    assert card.options == (), "they are the relay's"


def test_the_card_of_another_state() -> None:
    def state(case: Case) -> str:
        card = card_message(case, desk_context(), "en", "")
        table = next(block for block in card.blocks if isinstance(block, FactTable))
        return {label: plain(runs) for label, runs in table.rows}["State"]

    assert state(replace(CASE, state="claimed", advisor_name="Lucía")) == "with Lucía"
    assert state(replace(CASE, state="claimed", kind="interpreter", advisor="s-1")) == "somebody has it"
    assert state(replace(CASE, state="closed")) == "closed"
    assert "Urgent" not in said(card_message(replace(CASE, state="closed"), desk_context(), "en", ""))


def test_the_card_of_an_appointment_has_the_clock_of_the_city() -> None:
    sought = a_case(kind="interpreter", language="ti", when=datetime(2026, 12, 1, 9, 30, tzinfo=UTC))
    assert "When: Tuesday 1 December, 10:30" in said(card_message(sought, desk_context(), "en", ""))


def test_a_case_of_a_city_or_topic_that_is_gone_still_has_a_card() -> None:
    card = said(card_message(replace(CASE, city="atlantis", topic="sea", entry_id="sea.x"), desk_context(), "en", ""))
    assert "atlantis" in card
    assert "sea" in card


def test_each_line_of_a_post_begins_with_who_says_it() -> None:
    post = relay_message(
        CASE,
        [
            line("contact", message(CANARY)),
            line("bot", message("Here is an answer.")),
            line("person", message("Good morning", "es")),
            line("note", message("call the court", "es")),
            line("system", event="claimed", name="Lucía"),
        ],
        desk_context(),
        "en",
    )
    assert said(post).splitlines() == [
        f"Blue heron: {CANARY}",
        "bot: Here is an answer.",
        "Lucía: Good morning",
        "Note by Lucía: call the court",
        "~ Lucía took the case.",
    ]
    first = post.blocks[0]
    assert isinstance(first, Paragraph)
    assert (first.runs[0].bold, first.runs[0].isolate, first.runs[1].isolate) == (True, True, True)


def test_a_translation_is_marked_and_stands_beside_the_original() -> None:
    contact = line("contact", message("good morning", "en", original="صباح الخير", original_locale="ar"))
    assert said(relay_message(CASE, [contact], desk_context(), "en")).splitlines() == [
        "Blue heron: good morning (machine translation)",
        "~ Original: صباح الخير",
    ]
    advisor = line("person", message("صباح الخير", original="buenos días", original_locale="es"))
    assert said(relay_message(CASE, [advisor], desk_context(), "en")).splitlines() == [
        "Lucía: buenos días",
        "~ Machine translation: صباح الخير",
    ]


def test_what_was_taken_back_is_not_shown() -> None:
    for back in (line("contact", None), line("contact", message(CANARY), is_withdrawn=True)):
        assert said(relay_message(CASE, [back], desk_context(), "en")) == "Blue heron: (taken back)"
        assert CANARY not in transcript(CASE, [back], EN)


def test_what_was_edited_is_marked() -> None:
    assert said(relay_message(CASE, [line("contact", message("hi"), is_edited=True)], desk_context(), "en")) == "Blue heron: hi (edited)"


def test_a_file_goes_along_alone_and_is_named_among_others() -> None:
    photo = Attachment("photo", "telegram:x", "letter.jpg")
    with_photo = line("contact", message("my letter", attachment=photo))
    alone = relay_message(CASE, [with_photo], desk_context(), "en")
    assert alone.attachment == photo
    both = relay_message(CASE, [with_photo, line("contact", message("there"))], desk_context(), "en")
    assert both.attachment is None
    assert "📎 letter.jpg" in said(both)
    place = line("contact", Message("ar", venues=(Venue("", "", 40.4, -3.7),)))
    assert relay_message(CASE, [place], desk_context(), "en").venues
    assert "📍 40.4, -3.7" in said(relay_message(CASE, [place], desk_context(), "en"))


def test_a_ready_answer_is_named_by_its_title() -> None:
    sent = line("person", message("housing.eviction"), event="entry:housing.eviction")
    assert said(relay_message(CASE, [sent], desk_context(), "es")) == "Lucía: 📄 Desahucio"
    gone = line("person", message("housing.gone"), event="entry:housing.gone")
    assert "housing.gone" in said(relay_message(CASE, [gone], desk_context(), "es"))


@pytest.mark.parametrize("texts", [["wort " * 2000], ["x" * 3999], ["a" * 1500] * 5, ["short", "y " * 3000, "never seen"]])
def test_a_post_that_is_too_long_is_cut_and_says_so(texts: list[str]) -> None:
    post = relay_message(CASE, [line("contact", message(text)) for text in texts], desk_context(), "en")
    assert len(said(post)) < POST_ROOM
    assert said(post).endswith("The rest is on the web desk.")
    assert "never seen" not in said(post)
    assert "…" in said(post)
    assert texts[0][:100].strip() in said(post), "what has room is shown"


def test_what_was_left_out_before_is_counted() -> None:
    assert said(relay_message(CASE, [line("contact", message("hi"))], desk_context(), "en", 3)).startswith(
        "~ 3 earlier messages are on the web desk."
    )
    assert "1 earlier message is" in said(relay_message(CASE, [line("contact", message("hi"))], desk_context(), "en", 1))


# ---------------------------------------------------------------- nothing of the contact where it does not belong


def test_names_sums_and_cards_hold_nothing_the_contact_wrote() -> None:
    case = replace(CASE, contact_id=CANARY, passing_why=CANARY)
    for text in (summary(case, EN, NOW, "Eviction"), said(card_message(case, desk_context(), "en", ""))):
        assert CANARY not in text


# ---------------------------------------------------------------- ready answers


def test_a_ready_answer_has_all_of_the_answer() -> None:
    shown = ready_answer(desk_context(), "madrid", "egov.nie", "es")
    assert shown is not None
    assert shown.locale == "es"
    text = said(shown)
    entry = STAFFED_MADRID.entries["egov.nie"]
    assert text.startswith(f"# {entry.words['es'].title}")
    assert "⚠ Hoy no hay citas." in text, "the notice of the day"
    assert entry.words["es"].documents
    assert any(block.kind == "facts" for block in shown.blocks)
    assert shown.blocks[-1].kind == "note"
    assert shown.options == ()


@pytest.mark.parametrize(
    ("city", "entry_id", "locale"),
    [("madrid", "egov.nie", "fr"), ("madrid", "egov.gone", "es"), ("nowhere", "egov.nie", "es"), ("madrid", "", "es")],
)
def test_there_is_no_answer_where_there_are_no_words(city: str, entry_id: str, locale: str) -> None:
    assert ready_answer(desk_context(), city, entry_id, locale) is None


def test_drafts_and_what_nobody_confirmed_are_not_sent() -> None:
    drafts = [entry.id for entry in STAFFED_MADRID.entries.values() if entry.status != "published"]
    assert drafts
    for entry_id in drafts:
        assert ready_answer(desk_context(), "madrid", entry_id, "es") is None
    strict = desk_context(require_checked=True)
    assert ready_answer(strict, "madrid", "housing.eviction", "es") is None
    checked = replace(STAFFED_MADRID.entries["housing.eviction"], checked=Confirmation(date(2026, 11, 1), "Ana"))
    city = replace(STAFFED_MADRID, entries={**STAFFED_MADRID.entries, checked.id: checked})
    sure = replace(strict, knowledge=replace(STAFFED, cities={**KNOWLEDGE.cities, "madrid": city}))
    assert ready_answer(sure, "madrid", "housing.eviction", "es") is not None


def test_an_answer_somebody_called_wrong_carries_the_warning() -> None:
    flagged = desk_context(flags={("madrid", "egov.nie"): "warning"})
    shown = ready_answer(flagged, "madrid", "egov.nie", "en")
    assert shown is not None
    assert "An advisor says that this answer may be wrong." in said(shown)


# ---------------------------------------------------------------- a transcript


def test_a_transcript_is_plain_text_from_top_to_bottom() -> None:
    photo = Attachment("photo", "telegram:x", "letter.jpg")
    told = transcript(
        CASE,
        [
            line("system", event="opened"),
            line("contact", message("good morning", "en", original="صباح الخير", original_locale="ar"), 1),
            line("person", message("buenos días", "es"), 2, is_edited=True),
            line("contact", message("here", attachment=photo), 3),
        ],
        EN,
    )
    assert told.splitlines() == [
        "Blue heron · 214 · a question to an advisor · Arabic",
        "A letter about it: Yes",
        "The date in it: 30 November 2026",
        "Children in the home: Yes",
        "All times are UTC.",
        "",
        "[2026-11-25 09:30] The request was opened.",
        "[2026-11-25 09:31] Blue heron: good morning",
        "    Original: صباح الخير",
        "[2026-11-25 09:32] Lucía: buenos días (edited)",
        "[2026-11-25 09:33] Blue heron: here",
        "📎 letter.jpg",
    ]
    assert told.endswith("\n")
