"""The knowledge that ships, read once, and a matcher over it."""

import json
from pathlib import Path

import pytest

from bot.knowledge.load import load_knowledge
from bot.matching import Matcher
from bot.matching.evaluate import Line
from bot.model import Knowledge

FOLDER = Path(__file__).parents[2] / "knowledge"


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge(FOLDER)


@pytest.fixture(scope="session")
def matcher(knowledge: Knowledge) -> Matcher:
    return Matcher(knowledge)


@pytest.fixture(scope="session")
def lines() -> list[Line]:
    """The questions of Madrid with the entries that answer them."""
    texts = (FOLDER / "madrid" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(text) for text in texts if text.strip()]
