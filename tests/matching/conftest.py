"""The knowledge that ships, read once, and a matcher over it."""

import json
from pathlib import Path

import pytest

from bot.knowledge.load import load_knowledge
from bot.matching import Matcher
from bot.matching.evaluate import Line
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


def questions(city: str) -> list[Line]:
    """Read the questions of a city with the entries that answer them."""
    texts = (FOLDER / city / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(text) for text in texts if text.strip()]


@pytest.fixture(scope="session")
def lines() -> list[Line]:
    """The questions of Madrid in the languages it began with."""
    return [line for line in questions("madrid") if line["lang"] in ("es", "en", "ar")]
