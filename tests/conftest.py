"""What holds for all tests: where CI runs them, properties are tried on the same examples each time, so that red means the change."""

import os

from hypothesis import settings

from tests.running import CACHE

os.environ["DRAGOMAN_CACHE_DIR"] = str(CACHE)  # what was learnt from the knowledge serves all tests
os.environ["DRAGOMAN_SEMANTIC"] = "off"  # the same tests whatever is installed; tests/test_semantic.py asks for it

settings.register_profile("repeatable", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("repeatable")
