"""The knowledge that ships, read once, and a matcher over it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.knowledge.load import load_knowledge
from bot.matching import Matcher
from bot.matching.evaluate import Figures, Judged, Line, figures, table
from bot.model import Knowledge
from tests.whole import brain

FOLDER = Path(__file__).parents[2] / "knowledge"


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return brain().knowledge


@pytest.fixture(scope="session")
def files() -> Knowledge:
    """Read the files themselves: what a matcher alone needs, such as the lexicon, is not kept with the knowledge of a bot."""
    return load_knowledge(FOLDER)


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    return brain().matcher


def lines_of(path: Path) -> list[Line]:
    """Read questions with the entries that answer them."""
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines() if text.strip()]


def questions(city: str) -> list[Line]:
    """Read the questions of a city."""
    return lines_of(FOLDER / city / "questions.jsonl")


def shown(judged: Sequence[Judged], capsys: pytest.CaptureFixture[str]) -> dict[str, Figures]:
    """Count overall ("all") and by group, and print it whatever becomes of the test."""
    found = figures(judged)
    with capsys.disabled():
        print("\n" + table(found))
    return found


@pytest.fixture(scope="session")
def lines() -> list[Line]:
    """The questions of Madrid in the languages it began with."""
    return [line for line in questions("madrid") if line["lang"] in ("es", "en", "ar")]
