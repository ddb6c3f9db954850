"""Broken variants of the store do not pass: each makes a test of the suite fail."""

from tests.chaos.catching import CAUGHT, catches
from tests.chaos.mutants import MUTANTS
from tests.contracts import test_store, test_store_delivery
from tests.contracts.conftest import clock, durable, engine, store
from tests.store import test_faults, test_privacy

__all__ = ["clock", "durable", "engine", "store"]

test_taking_repeats_for_news_is_caught = catches("forget_keys_of_events", test_store.test_a_repeated_event_is_dropped)
test_settling_without_a_fence_is_caught = catches(
    "settle_without_fence", test_store_delivery.test_a_lease_ends_and_its_holder_is_fenced_off
)
test_short_leases_are_caught = catches("shorten_leases", test_store_delivery.test_a_lease_ends_and_its_holder_is_fenced_off)
test_sending_side_by_side_is_caught = catches("send_side_by_side", test_store_delivery.test_a_lane_sends_in_order_one_at_a_time)
test_retrying_without_a_flag_is_caught = catches("retry_without_flag", test_store_delivery.test_doubt_is_counted_once_and_outlives_the_row)
test_resuming_without_a_flag_is_caught = catches(
    "resume_without_flag", test_store_delivery.test_what_was_being_sent_at_the_end_comes_back_uncertain, only="sqlite"
)
test_keeping_payloads_is_caught = catches("keep_payloads", test_privacy.test_the_payload_of_a_handled_event_is_gone_from_the_table)
test_forgetting_without_overwriting_is_caught = catches("forget_without_overwriting", test_privacy.test_an_erased_contact_leaves_no_byte)
test_keeping_keys_is_caught = catches("lose_no_key", test_privacy.test_an_erased_contact_leaves_no_byte)
test_keeping_half_units_is_caught = catches("keep_half_units", test_faults.test_a_unit_that_fails_after_writing_is_undone_alone)


def test_every_mutant_is_held_against_something() -> None:
    from tests.chaos import test_mutants_service  # its fixtures go by the same names as those above
    from tests.chaos.test_chaos import BROKEN

    assert test_mutants_service
    assert {*CAUGHT, *BROKEN} == set(MUTANTS)
