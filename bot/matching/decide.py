"""Choose what to do with ranked entries: answer, offer some, or say that nothing fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.model import Match, Outcome

# What a wrong answer costs, counted in suggestions made where the first entry was right after all: a suggestion asks for one more tap,
# a wrong answer about papers or health sends somebody to the wrong office, or nowhere. An answer is given where that is the smaller
# harm to be expected. What these costs come to on the questions of six cities: `make bench`.
COST: Final = 3.8
COSTS: Final[Mapping[str, float]] = {"egov": 5.0, "healthcare": 5.0, "support": 5.0, "emergency": 5.0}
SUGGEST_FROM: Final = 0.36  # below, somebody has to read three titles in vain too often
SURELY_ALSO: Final = 0.85  # a further question of the same message
SURELY_UNCOVERED: Final = 0.5  # a topic that the city has nothing on is named; below, it is only not answered
SURELY_ELSEWHERE: Final = 0.6  # small talk about other matters is answered as such; below, nothing fits
MOST_OFFERED: Final = 3


def answer_from(topic: str) -> float:
    """Give the chance of being right from which an entry of a topic is shown as the answer."""
    return 1 - 1 / COSTS.get(topic, COST)


def decide(matches: Sequence[Match]) -> Outcome:
    """Say whether the first match is an answer, one of some to offer, or nothing."""
    if not matches or matches[0].score < SUGGEST_FROM:
        return "none"
    topic = matches[0].entry_id.partition(".")[0]
    return "answer" if matches[0].score >= answer_from(topic) else "suggest"
