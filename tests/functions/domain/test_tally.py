"""The tally of answers: what decides an order, when, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from functions.domain.order import Order
from functions.domain.state import OrderState
from functions.domain.tally import ANSWERS_KEPT, Tally

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ORDER = Order(id="o-1", customer_id="c1", product="JUMPERS", quantity=1)
CHECKS = list(CheckType)
PASS, FAIL, ERROR = ValidationResult


def together(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= timedelta(minutes=5)


def opened() -> Tally:
    tally = Tally()
    tally.open(ORDER, NOON)
    return tally


def answer(tally, check, result=PASS, minutes=0.0, reason=None):
    validation = OrderValidation("o-1", check, result, reason)
    tally.add(validation, NOON + timedelta(minutes=minutes), together)
    return tally.decide(together)


@pytest.mark.parametrize("checks", list(permutations(CHECKS)))
def test_the_third_pass_validates_the_order(checks):
    tally = opened()
    decisions = [answer(tally, check) for check in checks]

    assert decisions[:2] == [None, None]
    assert decisions[2].order == ORDER.becoming(OrderState.VALIDATED)


def test_two_checks_are_not_enough_however_often_they_answer():
    tally = opened()
    decisions = [answer(tally, check, minutes=n / 10) for n in range(5) for check in CHECKS[:2]]

    assert decisions == [None] * 10


def test_the_first_fail_decides_with_its_reason():
    decision = answer(opened(), CheckType.FRAUD_CHECK, FAIL, reason="too much")

    assert decision.order == ORDER.becoming(OrderState.FAILED, "too much")


def test_a_fail_without_a_reason_names_the_check():
    decision = answer(opened(), CheckType.FRAUD_CHECK, FAIL)

    assert decision.order.reason == "FRAUD_CHECK failed"


def test_the_first_answer_of_a_check_stands():
    tally = opened()
    answer(tally, CheckType.FRAUD_CHECK, PASS)

    assert answer(tally, CheckType.FRAUD_CHECK, FAIL, minutes=1) is None


def test_an_error_is_no_answer():
    tally = opened()
    answer(tally, CheckType.INVENTORY_CHECK, ERROR)
    answer(tally, CheckType.FRAUD_CHECK)

    assert answer(tally, CheckType.ORDER_DETAILS_CHECK) is None
    assert answer(tally, CheckType.INVENTORY_CHECK, PASS) is not None


@pytest.mark.parametrize("minutes", [5, -5])
def test_an_answer_on_the_edge_of_the_bound_counts(minutes):
    assert answer(opened(), CheckType.FRAUD_CHECK, FAIL, minutes) is not None


@pytest.mark.parametrize("minutes", [5.01, -5.01])
def test_an_answer_beyond_the_bound_does_not_count(minutes):
    tally = opened()

    assert answer(tally, CheckType.FRAUD_CHECK, FAIL, minutes) is None
    assert answer(tally, CheckType.FRAUD_CHECK, FAIL) is not None


def test_answers_may_come_before_their_order():
    tally = Tally()
    for check in CHECKS:
        answer(tally, check)
    tally.open(ORDER, NOON)

    assert tally.decide(together).order.state is OrderState.VALIDATED


def test_an_early_answer_beyond_the_bound_leaves_room_for_one_within():
    tally = Tally()
    answer(tally, CheckType.FRAUD_CHECK, PASS, minutes=-6)
    answer(tally, CheckType.FRAUD_CHECK, FAIL, minutes=1)
    tally.open(ORDER, NOON)

    assert tally.decide(together).order.state is OrderState.FAILED


def test_the_decision_takes_the_latest_event_time():
    tally = opened()
    answer(tally, CHECKS[0], minutes=2)
    answer(tally, CHECKS[1], minutes=1)

    assert answer(tally, CHECKS[2], minutes=-3).time == NOON + timedelta(minutes=2)


def test_an_order_is_decided_once():
    tally = opened()
    answer(tally, CheckType.FRAUD_CHECK, FAIL)

    assert [answer(tally, check) for check in CHECKS] == [None] * 3
    assert tally.expire("too late") is None
    assert tally.open(ORDER, NOON) is False


def test_a_decided_tally_keeps_only_the_decision():
    tally = opened()
    answer(tally, CheckType.FRAUD_CHECK, FAIL)

    assert tally == Tally(decided=OrderState.FAILED)


def test_the_first_event_of_an_order_stands():
    tally = opened()
    tally.open(Order(id="o-1", product="OTHER", quantity=9), NOON)

    assert tally.order == ORDER


def test_an_open_order_expires_with_the_reason_and_its_own_time():
    decision = opened().expire("too late")

    assert decision.order == ORDER.becoming(OrderState.FAILED, "too late")
    assert decision.time == NOON


def test_answers_without_an_order_do_not_expire():
    tally = Tally()
    answer(tally, CheckType.FRAUD_CHECK, FAIL)

    assert tally.expire("too late") is None


def test_answers_without_an_order_do_not_pile_up():
    tally = Tally()
    for number in range(ANSWERS_KEPT + 5):
        answer(tally, CheckType.FRAUD_CHECK, minutes=number)

    assert len(tally.answers) == ANSWERS_KEPT
