"""What `dragoman eval` shows an admin: confusions, entries hard to reach, claims, calibration, and what a change has done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from bot.matching import report
from bot.matching.evaluate import Judged, Line, figures, judge
from bot.model import Knowledge, Match, Understanding
from tests.dialogue.world import KNOWLEDGE, MADRID


@dataclass(frozen=True)
class Table:
    """A matcher that knows a first entry and its chance for each text."""

    firsts: dict[str, tuple[str, float]]

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        entry_id, chance = self.firsts.get(text, ("", 0.0))
        outcome = "answer" if chance >= 0.7 else "suggest" if chance >= 0.4 else "none"
        return Understanding(outcome, (Match(entry_id, chance),) if entry_id else ())  # type: ignore[arg-type]


def line(text: str, entry_id: str | None, lang: str = "en") -> Line:
    return {"text": text, "lang": lang, "kind": "plain" if entry_id else "oos", "id": entry_id, "city": "madrid"}


LINES = [
    line("lost my card", "healthcare.card"),
    line("card <b>gone</b>", "healthcare.card"),
    line("card for my son", "healthcare.card"),
    line("get a nie", "egov.nie"),
    line("weather", None),
]
BEFORE = Table(
    {
        "lost my card": ("egov.nie", 0.8),
        "card <b>gone</b>": ("egov.nie", 0.5),
        "card for my son": ("healthcare.card", 0.9),
        "get a nie": ("egov.nie", 0.95),
        "weather": ("egov.nie", 0.1),
    }
)
AFTER = Table({**BEFORE.firsts, "lost my card": ("healthcare.card", 0.9), "get a nie": ("egov.padron", 0.5)})


def judged(matcher: Table = BEFORE, lines: Sequence[Line] = LINES) -> list[Judged]:
    return judge(lines, matcher)


def test_entries_taken_for_one_another_come_with_examples() -> None:
    (pair,) = report.confusions(judged())
    assert (pair.right, pair.taken, pair.count) == ("healthcare.card", "egov.nie", 2)
    assert pair.examples == ("lost my card", "card <b>gone</b>")


def test_a_text_that_finds_nothing_is_confused_with_nothing() -> None:
    assert report.confusions(judged(Table({}), LINES[:1]))[0].taken == report.NOTHING


def test_an_entry_that_few_of_its_questions_find_is_hard_to_reach() -> None:
    (one,) = report.unreached(judged())
    assert (one.entry_id, one.language, one.first.hits, one.first.total) == ("healthcare.card", "en", 1, 3)


def test_two_questions_about_one_entry_tell_nothing() -> None:
    assert report.unreached(judged(lines=LINES[:2])) == []


def test_nearly_the_same_question_at_two_entries_is_claimed_twice() -> None:
    entries = dict(MADRID.entries)
    for entry_id, text in (("egov.nie", "how do i renew my card"), ("healthcare.card", "How do I renew my card?")):
        words = {**entries[entry_id].words, "en": replace(entries[entry_id].words["en"], questions=(text, f"something about {entry_id}"))}
        entries[entry_id] = replace(entries[entry_id], words=words)
    knowledge: Knowledge = replace(KNOWLEDGE, cities={"madrid": replace(MADRID, entries=entries)})
    (claim,) = report.claimed_twice(knowledge)
    assert {claim.one, claim.other} == {"egov.nie", "healthcare.card"}
    assert report.claimed_twice(replace(KNOWLEDGE, cities={})) == []


def test_chances_are_compared_with_how_often_they_came_true() -> None:
    steps = report.reliability(judged())
    assert [(round(step.probability, 2), step.right.hits, step.right.total) for step in steps] == [
        (0.1, 0, 1),
        (0.5, 0, 1),
        (0.8, 0, 1),
        (0.93, 2, 2),
    ]


def test_what_a_change_has_done_is_listed_both_ways() -> None:
    better, worse = report.changes(judged(), judged(AFTER))
    assert [(one.text, one.before, one.after) for one in better] == [("lost my card", "egov.nie", "healthcare.card")]
    assert [(one.text, one.before, one.after) for one in worse] == [("get a nie", "egov.nie", "egov.padron")]
    table = report.comparison(figures(judged()), figures(judged(AFTER)))
    assert "25.0>0.0" in table, "wrong answers, before and after"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_shows_texts_as_texts() -> None:
    page = report.as_page(judged(), [])
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert {"svg", "circle", "table"} <= tags.seen
    assert "b" not in tags.seen
    assert "&lt;b&gt;gone" in page
    assert "http" not in page


def test_findings_are_told_in_lines() -> None:
    text = report.as_text(judged(), [report.Claim("madrid", "egov.nie", "egov.padron", "a", "b")])
    assert "healthcare.card > egov.nie, 2" in text
    assert "healthcare.card in en, 1 of 3" in text
    assert "egov.nie “a” / egov.padron “b”" in text
