"""aggregate_validations: an order is decided by the answers, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from functions.domain.state import OrderState
from functions.domain.tally import Tally
from functions.validations.aggregate_validations import aggregate_validations
from runtime import Outgoing, Table
from tests.functions.making import NOON, event, order

PASS, FAIL, ERROR = ValidationResult
CHECKS = list(CheckType)


def opened() -> Table[Tally]:
    return Table({"o-1": Tally(order(), NOON)})


def answer(tallies, check, result=PASS, minutes=0.0, reason=None):
    validation = OrderValidation("o-1", check, result, reason)
    return aggregate_validations(validation, event(minutes), tallies)


def test_publishes_the_order_validated_at_the_third_pass():
    tallies = opened()

    decisions = [answer(tallies, check) for check in CHECKS]

    assert decisions == [None, None, Outgoing(order(state="VALIDATED"), time=NOON)]


def test_publishes_the_order_failed_at_the_first_fail_with_the_reason():
    decision = answer(opened(), CheckType.INVENTORY_CHECK, FAIL, reason="none left")

    assert decision.data == order().becoming(OrderState.FAILED, "none left")


def test_publishes_nothing_more_once_decided():
    tallies = opened()
    answer(tallies, CheckType.INVENTORY_CHECK, FAIL)

    later = [answer(tallies, check, result) for check in CHECKS for result in (PASS, FAIL)]

    assert later == [None] * 6


def test_an_answer_delivered_twice_counts_once():
    tallies = opened()

    decisions = [answer(tallies, check) for check in (CHECKS[0], CHECKS[0], CHECKS[1], CHECKS[1])]

    assert decisions == [None] * 4


def test_the_decision_has_the_latest_event_time_of_order_and_answers():
    tallies = opened()
    answer(tallies, CHECKS[0], minutes=-2)
    answer(tallies, CHECKS[1], minutes=3)

    assert answer(tallies, CHECKS[2], minutes=1).time == NOON + timedelta(minutes=3)


@pytest.mark.parametrize("minutes", [5, -5])
def test_an_answer_on_the_edge_of_five_minutes_counts(minutes):
    assert answer(opened(), CheckType.FRAUD_CHECK, FAIL, minutes)


@pytest.mark.parametrize("minutes", [5.001, -5.001])
def test_an_answer_beyond_five_minutes_does_not(minutes):
    assert answer(opened(), CheckType.FRAUD_CHECK, FAIL, minutes) is None


def test_an_answer_before_its_order_is_kept_for_it():
    tallies = Table({})

    assert answer(tallies, CheckType.FRAUD_CHECK, FAIL) is None
    assert len(tallies.get("o-1").answers) == 1


def test_an_error_is_not_looked_at():
    error = OrderValidation("o-1", CheckType.FRAUD_CHECK, ERROR)

    assert aggregate_validations.spec.when(error) is False
