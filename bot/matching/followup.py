"""Short questions about the answer just given ("where is it?", "how much"), and several questions in one message."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from bot.matching.lexicon import concept_id
from bot.matching.normalise import normalise
from bot.model import Aspect

MOST_WORDS: Final = 7  # of a question that asks about what was said before
_LEAST_WORDS: Final = 3  # of one question among several
_MOST_PARTS: Final = 4
_BETWEEN_QUESTIONS: Final = re.compile(r"[?？؟;\n]+")
_ASPECTS: Final[dict[int, Aspect]] = {
    concept_id("where"): "where",
    concept_id("price"): "cost",
    concept_id("free-of-charge"): "cost",
    concept_id("when"): "time",
    concept_id("waiting"): "time",
    concept_id("need-documents"): "documents",
    concept_id("phone"): "contact",
    concept_id("email"): "contact",
    concept_id("online"): "online",
    concept_id("how"): "steps",
}
# What a question begins with that goes on from the one before.
_GOING_ON: Final = frozenset(
    normalise(
        "and but what y pero et mais e ma și si iar und aber i a ali και μα і й а та и но ve ya peki dhe po و طيب اور 那 那么 还 还有 w wa"
    ).split()
)


def aspects_of(words: Sequence[str], meaning: Callable[[Sequence[str]], Sequence[int]]) -> tuple[Aspect, ...]:
    """Tell what a short question asks about the thing spoken of; nothing for a longer one. `meaning` gives the concepts of words."""
    if not 0 < len(words) <= MOST_WORDS:
        return ()
    found = dict.fromkeys(_ASPECTS[concept] for concept in meaning(words) if concept in _ASPECTS)
    return tuple(sorted(found, key=lambda aspect: aspect == "steps"))  # "how much" asks for the price, not for the way


def goes_on(words: Sequence[str]) -> bool:
    """Say whether a short question begins as one that goes on from the one before."""
    return 1 < len(words) <= MOST_WORDS and words[0] in _GOING_ON


def questions_in(text: str) -> list[list[str]]:
    """Divide a message into its questions, as normalised words; one that asks a single thing gives nothing."""
    parts = [normalise(part).split() for part in _BETWEEN_QUESTIONS.split(text)]
    parts = [words for words in parts if len(words) >= _LEAST_WORDS]
    return parts[:_MOST_PARTS] if len(parts) > 1 else []
