"""Nothing is lost, applied twice or out of order over kill -9 of the living process; and the runs can fail."""

import os

import pytest

from tests.chaos import relay
from tests.chaos.deployment import DEPLOYMENTS, Deployment
from tests.chaos.harness import FAULTS, QUICK, Outcome, Plan, run

SEED = int(os.environ.get("CHAOS_SEED", "20261128"))
# What a run with kills shows of a broken bot: these must not pass it.
BROKEN = ("acknowledge_first", "settle_first", "forget_keys_of_events", "resume_without_flag")

each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)


def is_hard_enough(outcome: Outcome, *, kinds: int) -> bool:
    """Tell whether a run had the faults and repeats it was to have: 5 % and 9 % on average, so not much less in one run."""
    sends = {kind: count for kind, count in outcome.faults.items() if kind in FAULTS}
    return (
        len([count for count in outcome.faults.values() if count]) >= kinds
        and sum(sends.values()) >= 0.08 * outcome.calls
        and outcome.repeats >= 0.04 * outcome.updates
    )


@pytest.mark.chaos
@each_deployment
def test_nothing_is_lost_over_a_few_kills(deployment: Deployment) -> None:
    outcome = run(Plan(SEED, kills=3, people=30, each=8, rate=30.0, shares=QUICK), deployment)
    print(outcome)
    assert outcome.is_clean, outcome
    assert sum(outcome.faults.values()) > 0, outcome


@pytest.mark.long
@each_deployment
@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_nothing_is_lost_over_thirty_kills(deployment: Deployment, mode: str) -> None:
    outcome = run(Plan(SEED, kills=30, mode=mode), deployment)
    print(outcome)
    assert outcome.is_clean, outcome
    assert outcome.updates >= 2000
    assert is_hard_enough(outcome, kinds=10), outcome


@pytest.mark.long
@pytest.mark.parametrize("mutant", BROKEN)
def test_a_broken_bot_does_not_pass(mutant: str) -> None:
    outcome = run(Plan(SEED, kills=12, people=30, each=12, mutant=mutant))
    print(outcome)
    assert not outcome.is_clean, outcome


@pytest.mark.chaos
@each_deployment
def test_contact_and_advisor_lose_nothing_of_each_other_over_kills(deployment: Deployment) -> None:
    outcome = relay.run(seed=SEED, kills=2, each=16, deployment=deployment)
    print(outcome)
    assert outcome.is_clean, outcome


@pytest.mark.long
@each_deployment
def test_contact_and_advisor_lose_nothing_of_each_other_over_many_kills(deployment: Deployment) -> None:
    outcome = relay.run(seed=SEED, kills=10, each=60, deployment=deployment)
    print(outcome)
    assert outcome.is_clean, outcome
