"""What an admin can do something about: entries taken for one another, entries nobody reaches, questions that two entries claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from bot.matching.evaluate import Figures, Judged, Share, figures
from bot.matching.index import FeatureIndex
from bot.matching.normalise import normalise
from bot.model import City, Knowledge

_EXAMPLES: Final = 3  # of one finding that are shown
_ALIKE: Final = 0.85  # likeness from which two questions ask the same
_ENOUGH: Final = 3  # test questions of an entry below which its figures say nothing
_SELDOM: Final = 0.5  # share of its questions below which an entry is hard to reach
_STEPS: Final = 10  # of the reliability diagram
NOTHING: Final = "(nothing)"


@dataclass(frozen=True, slots=True)
class Confusion:
    """An entry that came first where another was right, with questions to which that happened."""

    city: str
    right: str
    taken: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreached:
    """An entry that its own test questions in one language seldom find first."""

    city: str
    entry_id: str
    language: str
    first: Share


@dataclass(frozen=True, slots=True)
class Claim:
    """Nearly the same example question at two entries of one city."""

    city: str
    one: str
    other: str
    text: str
    other_text: str


@dataclass(frozen=True, slots=True)
class Step:
    """Questions to whose first entry the matcher gave about the same probability: how many, its mean, and how often it was right."""

    probability: float
    right: Share


@dataclass(frozen=True, slots=True)
class Change:
    """A question that one knowledge answers right and another does not."""

    city: str
    text: str
    right: str
    before: str
    after: str


def confusions(judged: Sequence[Judged]) -> list[Confusion]:
    """List which entries are taken for which, the most frequent first."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in judged:
        if one.in_scope and not one.is_first_right:
            found[one.city, one.line["id"] or "", _first(one)].append(one.line["text"])
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Confusion(*pair, len(texts), tuple(texts[:_EXAMPLES])) for pair, texts in ordered]


def _first(one: Judged) -> str:
    return one.understood.matches[0].entry_id if one.understood.matches else NOTHING


def unreached(judged: Sequence[Judged]) -> list[Unreached]:
    """List the entries that fewer than half of their questions in a language find first, the worst first."""
    asked: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for one in judged:
        if one.in_scope:
            asked[one.city, one.line["id"] or "", one.line["lang"]].append(one.is_first_right)
    seldom = [(place, hits) for place, hits in asked.items() if len(hits) >= _ENOUGH and sum(hits) < _SELDOM * len(hits)]
    seldom.sort(key=lambda item: (sum(item[1]) / len(item[1]), item[0]))
    return [Unreached(*place, Share(sum(hits), len(hits))) for place, hits in seldom]


def claimed_twice(knowledge: Knowledge) -> list[Claim]:
    """List example questions that stand, nearly the same, at two entries of a city."""
    return [claim for city in knowledge.cities.values() for claim in _claims(city)]


def _claims(city: City) -> Iterator[Claim]:
    examples = [
        (entry.id, text)
        for entry in city.entries.values()
        if entry.status == "published"
        for words in entry.words.values()
        for text in words.questions
        if normalise(text)
    ]
    if not examples:
        return
    likeness = FeatureIndex([normalise(text).split() for _, text in examples]).gram()
    seen: set[tuple[str, str]] = set()
    for row, column in np.argwhere(np.tril(likeness, -1) >= _ALIKE).tolist():
        (one, text), (other, other_text) = examples[column], examples[row]
        if one != other and (text, other_text) not in seen:
            seen.add((text, other_text))
            yield Claim(city.slug, one, other, text, other_text)


def reliability(judged: Sequence[Judged]) -> list[Step]:
    """Compare the probability given to the first entry with how often it is right; texts about something else count as not right."""
    rated = [one for one in judged if not one.is_crisis and one.outcome in ("answer", "suggest", "none") and one.understood.matches]
    steps: dict[int, list[Judged]] = defaultdict(list)
    for one in rated:
        steps[min(int(one.understood.matches[0].score * _STEPS), _STEPS - 1)].append(one)
    return [
        Step(float(np.mean([one.understood.matches[0].score for one in group])), Share(sum(map(_is_right, group)), len(group)))
        for _, group in sorted(steps.items())
    ]


def _is_right(one: Judged) -> bool:
    return one.in_scope and one.is_first_right


def changes(before: Sequence[Judged], after: Sequence[Judged]) -> tuple[list[Change], list[Change]]:
    """List the questions that have become right, and those that no longer are; both must judge the same lines."""
    better: list[Change] = []
    worse: list[Change] = []
    for old, new in zip(before, after, strict=True):
        if old.in_scope and old.is_first_right != new.is_first_right:
            change = Change(new.city, new.line["text"], new.line["id"] or "", _first(old), _first(new))
            (better if new.is_first_right else worse).append(change)
    return better, worse


def comparison(before: Mapping[str, Figures], after: Mapping[str, Figures]) -> str:
    """Lay the figures of two states of the knowledge out beside one another, groups that have changed only."""
    names = ("answered_right", "first", "offered", "wrong", "refused", "crisis", "false_alarms")
    rows = [("", *(name.replace("_", " ") for name in names))]
    for group, new in after.items():
        old = before[group]
        cells = [(str(getattr(old, name)), str(getattr(new, name))) for name in names]
        if any(was != now for was, now in cells) or group == "all":
            rows.append((group, *(now if was == now else f"{was}>{now}" for was, now in cells)))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def as_text(judged: Sequence[Judged], claims: Sequence[Claim], most: int = 12) -> str:
    """Say in lines what an admin may look at, `most` of each kind."""
    lines = ["Entries taken for one another (right > shown, how often, examples):"]
    for pair in confusions(judged)[:most]:
        lines.append(f"  {pair.city}: {pair.right} > {pair.taken}, {pair.count}")
        lines += [f"      {text}" for text in pair.examples]
    lines.append("Entries that fewer than half of their questions find first:")
    lines += [f"  {one.city}: {one.entry_id} in {one.language}, {one.first.hits} of {one.first.total}" for one in unreached(judged)[:most]]
    lines.append("Questions that two entries claim:")
    lines += [f"  {one.city}: {one.one} “{one.text}” / {one.other} “{one.other_text}”" for one in claims[:most]]
    return "\n".join(lines)


# ---------------------------------------------------------------- a page


def as_page(judged: Sequence[Judged], claims: Sequence[Claim]) -> str:
    """Write everything as one HTML page that needs nothing from elsewhere."""
    parts = [
        "<h1>How questions find their entries</h1>",
        "<h2>Figures</h2>",
        _table(("", *_HEADS), [(name, *_cells(group)) for name, group in figures(judged).items()]),
        "<h2>Probability given and how often it was right</h2>",
        _diagram(reliability(judged)),
        "<h2>Entries taken for one another</h2>",
        _table(
            ("city", "right", "shown", "times", "examples"),
            [(one.city, one.right, one.taken, str(one.count), " · ".join(one.examples)) for one in confusions(judged)],
        ),
        "<h2>Entries that fewer than half of their questions find first</h2>",
        _table(
            ("city", "entry", "language", "found"),
            [(one.city, one.entry_id, one.language, f"{one.first.hits} of {one.first.total}") for one in unreached(judged)],
        ),
        "<h2>Questions that two entries claim</h2>",
        _table(
            ("city", "entry", "question", "other entry", "its question"),
            [(one.city, one.one, one.text, one.other, one.other_text) for one in claims],
        ),
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>dragoman eval</title><style>{_STYLE}</style>{"".join(parts)}</html>\n'
    )


_HEADS: Final = ("lines", "answered right", "first", "offered", "wrong", "refused", "crisis", "false alarms")
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}table{border-collapse:collapse}"
    "td,th{padding:.2rem .6rem;border-bottom:1px solid #ccc;text-align:start;vertical-align:top}svg{max-width:28rem}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}}"
)


def _cells(group: Figures) -> tuple[str, ...]:
    shares = (group.answered_right, group.first, group.offered, group.wrong, group.refused, group.crisis, group.false_alarms)
    return (str(group.lines), *map(str, shares))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _diagram(steps: Sequence[Step]) -> str:
    """Draw one dot for each step, larger for more questions; a matcher that is honest has them on the diagonal."""
    most = max((step.right.total for step in steps), default=1)
    dots = "".join(
        f'<circle cx="{40 + 300 * step.probability:.0f}" cy="{320 - 300 * step.right.hits / step.right.total:.0f}" '
        f'r="{3 + 9 * (step.right.total / most) ** 0.5:.1f}" fill="#0a6c74"><title>{100 * step.probability:.0f} % given, '
        f"{step.right} % right, {step.right.total} questions</title></circle>"
        for step in steps
    )
    return (
        '<svg viewBox="0 0 360 350" role="img" aria-label="reliability"><path d="M40 20V320H340" fill="none" stroke="currentColor"/>'
        '<path d="M40 320L340 20" stroke="#999" stroke-dasharray="4"/>'
        f'<text x="190" y="345" text-anchor="middle" fill="currentColor" font-size="12">probability given</text>'
        '<text x="12" y="170" fill="currentColor" font-size="12" transform="rotate(-90 12 170)" text-anchor="middle">right</text>'
        f"{dots}</svg>"
    )
