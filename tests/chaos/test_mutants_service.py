"""Broken variants of the service do not pass: each makes a test of the suite fail."""

from tests import test_service
from tests.chaos.catching import catches
from tests.test_service import post, service, store

__all__ = ["post", "service", "store"]

test_acknowledging_before_the_commit_is_caught = catches("acknowledge_first", test_service.test_too_much_waiting_is_refused)
test_settling_before_the_call_is_caught = catches("settle_first", test_service.test_a_rejected_message_dies_alone)
