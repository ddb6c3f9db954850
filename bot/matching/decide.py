"""Choose what to do with ranked entries: answer, offer some, or say that nothing fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.model import Match, Outcome

# Chosen on the questions of six cities: the lowest at which at most 7 of 100 questions get a wrong answer, and the one
# under which two thirds of the questions about something else lie (`python -m tests.bench.matching`).
ANSWER_FROM: Final = 0.32
SUGGEST_FROM: Final = 0.15
SURELY_ALSO: Final = 0.5  # a further question of the same message
SURELY_UNCOVERED: Final = 0.2  # a topic that the city has nothing on is named; below, it is only not answered
SURELY_ELSEWHERE: Final = 0.5  # small talk about other matters is answered as such; below, nothing fits
MOST_OFFERED: Final = 3


def decide(matches: Sequence[Match]) -> Outcome:
    """Say whether the first match is an answer, one of some to offer, or nothing."""
    best = matches[0].score if matches else 0.0
    if best >= ANSWER_FROM:
        return "answer"
    return "suggest" if best >= SUGGEST_FROM else "none"
