"""One answer from top to bottom: parts, order, places, sources, languages, confirmation, votes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.model import Count, FactTable, Heading, Listing, Note, ReportAnswer
from tests.dialogue.desk import desk_context, desk_talk
from tests.dialogue.world import KNOWLEDGE, MADRID, NIE, Talk, context, plain, settled


def test_an_answer_reads_top_down() -> None:
    talk = Talk(conversation=settled("es")).press("entry:egov.nie")
    kinds = [block.kind for block in talk.messages[0].blocks]
    assert kinds == ["heading", "paragraph", "paragraph", "paragraph", "list", "facts", "note", "note"]
    assert "⚠ Hoy no hay citas." in talk.said
    assert "Lleva:\n- Pasaporte" in talk.said
    assert talk.effects(Count) == [Count("madrid", "egov.nie", "es", "shown")]


def test_an_alert_is_gone_when_its_days_are_over() -> None:
    later = context(now=datetime(2026, 12, 1, 0, 30, tzinfo=UTC))
    assert "⚠" not in Talk(context=later, conversation=settled("es")).press("entry:egov.nie").said
    last_hour = context(now=datetime(2026, 11, 30, 22, 30, tzinfo=UTC))  # half past eleven at night in Madrid
    assert "⚠" in Talk(context=last_hour, conversation=settled("es")).press("entry:egov.nie").said


def test_the_office_that_is_open_comes_first_with_its_closing_time_and_a_map() -> None:
    talk = Talk(conversation=settled()).press("entry:egov.padron")
    table = next(block for block in talk.messages[0].blocks if isinstance(block, FactTable))
    rows = dict(table.rows)
    assert plain(rows["Open now"]) == "Ayuntamiento · Plaza Mayor 3 · 010 · open until 19:00 · map"
    assert plain(rows["For whom"]) == "people who work · students"
    assert plain(rows["First you need"]) == "NIE: your number"
    links = [run.url for run in rows["Open now"] if run.url]
    assert links[0] == "tel:010"
    assert links[1].startswith("https://www.openstreetmap.org/?mlat=40.41")
    assert all(run.isolate for run in rows["Open now"] if run.text in ("Ayuntamiento", "Plaza Mayor 3", "010", "19:00"))


def test_closed_offices_say_when_they_open() -> None:
    night = context(now=datetime(2026, 11, 27, 20, 0, tzinfo=UTC))  # Friday evening: only the night office is open
    talk = Talk(context=night, conversation=settled()).press("places:egov.padron")
    assert "Now: open until 23:00" in talk.said
    assert "Now: closed now, opens Mon 08:30" in talk.said
    assert "Call before you go" in talk.said
    assert [venue.name for venue in talk.messages[0].venues] == ["Ayuntamiento"]


def test_places_of_the_own_area_come_before_others_that_are_as_open() -> None:
    closed = context(now=datetime(2026, 11, 29, 3, 0, tzinfo=UTC))
    talk = Talk(context=closed, conversation=settled(area="alcorcon")).press("places:egov.padron")
    names = [plain(block.runs) for block in talk.messages[0].blocks if block.kind == "paragraph"]
    assert names[0] == "Anexo sin horario"


def test_an_address_without_coordinates_is_searched_for() -> None:
    talk = Talk(conversation=settled(area="alcorcon")).press("places:egov.padron")
    tables = [block for block in talk.messages[0].blocks if isinstance(block, FactTable)]
    urls = [run.url for table in tables for _, runs in table.rows for run in runs if run.url]
    assert "https://www.openstreetmap.org/search?query=Calle%20Mayor%201" in urls


def test_sources_are_links_the_official_one_first_and_copies_name_their_year() -> None:
    talk = Talk(conversation=settled()).press("entry:egov.nie")
    source = next(block for block in talk.messages[0].blocks if isinstance(block, Note))
    assert plain(source.runs).startswith("Source: city.example · blog.example (2019). From a page we read as a copy;")
    assert [run.url for run in source.runs if run.url] == ["https://www.city.example/b", "https://blog.example/a"]


def test_only_a_confirmation_is_shown_as_a_date() -> None:
    checked = Talk(conversation=settled()).press("entry:healthcare.card").said
    assert "Confirmed on 2 November 2026." in checked
    assert "copy" not in checked
    assert "machine" not in checked
    assert "2026" not in Talk(conversation=settled()).press("entry:egov.nie").said


def test_machine_wording_is_marked() -> None:
    assert "لم يراجعه أي شخص" in Talk(conversation=settled("ar")).press("entry:egov.nie").said


def test_a_missing_language_is_named_and_the_others_are_offered() -> None:
    talk = Talk(conversation=settled("ar")).write("أين أسجل")
    assert "العربية" in talk.said
    assert "Español" in talk.said
    assert talk.offered[:2] == ["entry:egov.padron:es", "entry:egov.padron:en"]
    talk.press("entry:egov.padron:es")
    assert talk.messages[0].locale == "es"
    assert talk.messages[0].options[-1].label == "☰ كل المواضيع", "the way back stays in the contact's language"
    assert talk.conversation.locale == "ar"


def test_only_confirmed_answers_where_the_operator_wants_that() -> None:
    strict = context(require_checked=True)
    talk = Talk(context=strict, conversation=settled()).press("entry:egov.nie")
    assert "Nobody of the city has confirmed" in talk.said
    assert "Call" not in talk.said
    assert "do:human" in talk.offered
    assert "form" not in talk.press("steps:egov.nie").said
    assert "Go to the health centre." in talk.press("entry:healthcare.card").said


def test_steps_are_one_message_with_the_documents_first() -> None:
    talk = Talk(conversation=settled()).press("steps:egov.nie")
    documents, steps = (block for block in talk.messages[0].blocks if isinstance(block, Listing))
    assert not documents.ordered
    assert steps.ordered
    assert [plain(item) for item in steps.items] == ["Fill in. Fill in 010", "Go there. Go there 010"]
    assert steps.items[0][0].bold


def test_buttons_of_an_answer() -> None:
    talk = Talk(conversation=settled()).press("entry:egov.padron")
    votes = ["helped:egov.padron:yes", "helped:egov.padron:no"]
    assert talk.offered == ["places:egov.padron", "entry:egov.nie", *votes, "do:human", "do:menu"]
    assert Talk(conversation=settled()).press("entry:egov.nie").offered[0] == "guide:egov.nie"


def test_a_vote_counts_once() -> None:
    talk = Talk(conversation=settled()).press("entry:egov.nie", "helped:egov.nie:no")
    assert talk.effects(Count) == [Count("madrid", "egov.nie", "en", "not-helped")]
    assert talk.offered == ["topic:egov", "do:human", "do:menu"]
    assert talk.press("helped:egov.nie:no").effects(Count) == []
    assert talk.press("helped:egov.nie:yes").effects(Count) == [Count("madrid", "egov.nie", "en", "helped")]


def test_a_long_title_is_cut_at_a_word_on_its_button() -> None:
    long = replace(NIE, words={"en": replace(NIE.words["en"], title="A very long title " * 8)})
    entries = {**MADRID.entries, "egov.nie": long}
    knowledge = replace(KNOWLEDGE, cities={"madrid": replace(MADRID, entries=entries)})
    talk = Talk(context=context(knowledge=knowledge), conversation=settled()).press("topic:egov")
    label = talk.messages[0].options[0].label
    assert len(label) <= 64
    assert label.endswith("…")
    heading = talk.press("entry:egov.nie").messages[0].blocks[0]
    assert isinstance(heading, Heading)
    assert len(plain(heading.runs)) > 64


# ---------------------------------------------------------------- called wrong


def test_an_answer_can_be_called_wrong_once_where_somebody_looks_at_it() -> None:
    talk = desk_talk(locale="es").press("entry:egov.nie")
    assert talk.messages[0].options[-3].id == "wrong:egov.nie:es"
    assert talk.messages[0].options[-3].style == "quiet"
    talk.press("wrong:egov.nie:es")
    assert talk.effects(ReportAnswer) == [ReportAnswer("madrid", "egov.nie", "es")]
    assert talk.offered == ["do:human", "do:menu"]
    assert talk.press("wrong:egov.nie:es").effects(ReportAnswer) == []
    assert talk.press("wrong:egov.padron:es").effects(ReportAnswer) == [ReportAnswer("madrid", "egov.padron", "es")]
    for nonsense in ("wrong:egov.nie:fr", "wrong:egov.nie", "wrong:nothing:es"):
        assert talk.press(nonsense).effects(ReportAnswer) == []
    alone = Talk(conversation=settled()).press("entry:egov.nie")
    assert not [option for option in alone.offered if option.startswith("wrong")]
    assert alone.press("wrong:egov.nie:en").effects(ReportAnswer) == []


def test_an_answer_an_advisor_calls_wrong_has_a_warning_above() -> None:
    flagged = desk_context(flags={("madrid", "egov.nie"): "warning", ("graz", "egov.padron"): "hidden"})
    talk = Talk(context=flagged, conversation=settled()).press("entry:egov.nie")
    assert talk.said.startswith("# NIE: your number\n⚠ An advisor says that this answer may be wrong.")
    assert "The NIE is a number." in talk.said
    assert "⚠ An advisor says" in talk.press("steps:egov.nie").said
    assert "An advisor says" not in talk.press("entry:egov.padron").said


def test_an_answer_a_lead_calls_wrong_is_not_shown_until_it_was_looked_at() -> None:
    hidden = desk_context(flags={("madrid", "egov.nie"): "hidden"})
    talk = Talk(context=hidden, conversation=settled())
    for how in (
        talk.press("entry:egov.nie"),
        talk.press("steps:egov.nie"),
        talk.write("how do i get a nie"),
        talk.press("entry:egov.nie:es"),
    ):
        assert "It is being looked at." in how.said
        assert "010" not in how.said
        assert "do:human" in how.offered
        assert how.effects(Count) == []
