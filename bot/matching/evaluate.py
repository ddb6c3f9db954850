"""Count how well a matcher does on questions with known answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict

from bot.model import Understanding

EMERGENCY_TOPIC = "emergency"


class _Needed(TypedDict):
    text: str
    lang: str
    kind: str
    id: str | None


class Line(_Needed, total=False):
    """One line of a questions.jsonl. `id` null: out of scope; kind "oos" with an id: a crisis. Ids in `also` are right too."""

    city: str
    also: list[str]


class Understands(Protocol):
    """What is evaluated."""

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        """Tell what a text means."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A line beside what the matcher made of it."""

    line: Line
    city: str
    understood: Understanding

    @property
    def is_crisis(self) -> bool:
        """Say whether the line is a crisis."""
        return self.line["kind"] == "oos" and self.line["id"] is not None

    @property
    def in_scope(self) -> bool:
        """Say whether an entry answers the line."""
        return self.line["kind"] != "oos" and self.line["id"] is not None

    @property
    def is_helpless(self) -> bool:
        """Say whether nothing of the city answers the line."""
        return self.line["id"] is None

    @property
    def right_ids(self) -> frozenset[str]:
        """List the entries that are right."""
        return frozenset(filter(None, (self.line["id"], *self.line.get("also", ()))))

    @property
    def outcome(self) -> str:
        """Name the outcome."""
        return self.understood.outcome

    @property
    def is_first_right(self) -> bool:
        """Say whether the first entry is right, whatever the outcome."""
        return bool(self.understood.matches) and self.understood.matches[0].entry_id in self.right_ids

    @property
    def is_offered(self) -> bool:
        """Say whether one of the first three entries is right."""
        return any(match.entry_id in self.right_ids for match in self.understood.matches[:3])

    @property
    def is_false_alarm(self) -> bool:
        """Say whether help was shown for no crisis; a question whose right entry is an emergency entry is none."""
        about_emergency = any(entry.startswith(f"{EMERGENCY_TOPIC}.") for entry in self.right_ids)
        return self.outcome == "emergency" and not self.is_crisis and not about_emergency


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    hits: int
    total: int

    def __str__(self) -> str:
        return f"{100 * self.hits / self.total:.1f}" if self.total else "-"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one group of lines: `answered_right` to `wrong` over those in scope, `refused` to `answered` over those
    out of scope, `crisis` over the crises, `false_alarms` over all that are none."""

    lines: int
    answered_right: Share
    first: Share
    offered: Share
    wrong: Share
    refused: Share
    suggested: Share
    answered: Share
    crisis: Share
    false_alarms: Share


def judge(lines: Iterable[Line], matcher: Understands, city: str | None = None) -> list[Judged]:
    """Let a matcher read all lines; a line without a city is read in the one given."""
    judged = []
    for line in lines:
        place = line.get("city", city)
        judged.append(Judged(line, place or "", matcher.understand(line["text"], place, line["lang"])))
    return judged


def _share(lines: Sequence[Judged], holds: Callable[[Judged], bool]) -> Share:
    return Share(sum(map(holds, lines)), len(lines))


def count(judged: Sequence[Judged]) -> Figures:
    """Count the figures of a group of lines."""
    asked = [one for one in judged if one.in_scope]
    helpless = [one for one in judged if one.is_helpless]
    crises = [one for one in judged if one.is_crisis]
    calm = [one for one in judged if not one.is_crisis]
    return Figures(
        lines=len(judged),
        answered_right=_share(asked, lambda one: one.outcome == "answer" and one.is_first_right),
        first=_share(asked, lambda one: one.outcome in ("answer", "suggest") and one.is_first_right),
        offered=_share(asked, lambda one: one.is_offered),
        wrong=_share(asked, lambda one: one.outcome in ("answer", "emergency") and not one.is_first_right),
        refused=_share(helpless, lambda one: one.outcome in ("none", "smalltalk")),
        suggested=_share(helpless, lambda one: one.outcome == "suggest"),
        answered=_share(helpless, lambda one: one.outcome == "answer"),
        crisis=_share(crises, lambda one: one.outcome == "emergency"),
        false_alarms=_share(calm, lambda one: one.is_false_alarm),
    )


def figures(judged: Sequence[Judged]) -> dict[str, Figures]:
    """Count overall ("all") and by city, language and kind ("city madrid", "lang ar", "kind typo")."""
    groups: dict[str, list[Judged]] = {"all": list(judged)}
    for name, of in _GROUPINGS.items():
        for one in sorted(judged, key=of):
            groups.setdefault(f"{name} {of(one)}", []).append(one)
    return {name: count(group) for name, group in groups.items()}


_GROUPINGS: Mapping[str, Callable[[Judged], str]] = {
    "city": lambda one: one.city,
    "lang": lambda one: one.line["lang"],
    "kind": lambda one: one.line["kind"],
}
_COLUMNS = ("lines", "answered_right", "first", "offered", "wrong", "refused", "suggested", "answered", "crisis", "false_alarms")
_HEADS = ("lines", "answered right", "first", "offered", "wrong", "refused", "suggested", "answered", "crisis", "false alarms")


def table(groups: Mapping[str, Figures]) -> str:
    """Lay figures out as a plain table; all but the numbers of lines in per cent.

    The first five columns are of questions, then three of texts about something else, then crises."""
    rows = [("", *_HEADS), *((name, *(str(getattr(one, column)) for column in _COLUMNS)) for name, one in groups.items())]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = (
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)
