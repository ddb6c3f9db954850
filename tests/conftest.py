"""What holds for all tests: where CI runs them, properties are tried on the same examples each time, so that red means the change."""

import os

import pytest
from hypothesis import settings

from bot.brain import Shelf, ready_brain
from tests.running import CACHE, ROOT

os.environ["DRAGOMAN_CACHE_DIR"] = str(CACHE)  # what was learnt from the knowledge serves all tests
os.environ["DRAGOMAN_SEMANTIC"] = "off"  # the same tests whatever is installed; tests/test_semantic.py asks for it


def pytest_configure(config: pytest.Config) -> None:
    """Learn from the knowledge before several processes want to at the same time."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        ready_brain(ROOT / "knowledge", Shelf(CACHE))


settings.register_profile("repeatable", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("repeatable")
