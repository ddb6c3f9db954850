"""What every test of this folder asks: nothing that anybody sends is an error of ours."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator

import pytest

SEED = int(os.environ.get("HOSTILE_SEED", "20261128"))


@pytest.fixture
def chance() -> random.Random:
    print(f"HOSTILE_SEED={SEED}")
    return random.Random(SEED)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No hostile input is an error of ours, and none is written out."""
    yield
    loud = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR or record.exc_info]
    assert loud == []
