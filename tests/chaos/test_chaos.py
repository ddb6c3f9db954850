"""Nothing is lost, applied twice or out of order over kill -9 of the living process; and the harness can fail."""

import os

import pytest

from tests.chaos import relay
from tests.chaos.harness import run

SEED = int(os.environ.get("CHAOS_SEED", "20261128"))


@pytest.mark.chaos
def test_nothing_is_lost_over_fifteen_kills() -> None:
    outcome = run(seed=SEED, kills=15)
    print(outcome)
    assert outcome.is_clean, outcome
    assert sum(outcome.faults.values()) > 0, outcome


@pytest.mark.chaos
def test_acknowledging_before_the_commit_is_caught() -> None:
    outcome = run(seed=SEED, kills=5, each=12, module="tests.chaos.broken")
    print(outcome)
    assert outcome.lost > 0, outcome


@pytest.mark.chaos
def test_contact_and_advisor_lose_nothing_of_each_other_over_kills() -> None:
    outcome = relay.run(seed=SEED, kills=6)
    print(outcome)
    assert outcome.is_clean, outcome
    assert sum(outcome.faults.values()) > 0, outcome
