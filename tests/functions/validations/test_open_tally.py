"""open_tally: a new order waits for its answers, or is decided by those that came before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from functions.domain.state import OrderState
from functions.validations.aggregate_validations import aggregate_validations
from functions.validations.open_tally import open_tally
from functions.validations.together import ValidationTimeout
from runtime import FakeClock, Outgoing, Table, Timers
from runtime.rows import Rows
from tests.functions.making import NOON, event, order

PASS, FAIL = ValidationResult.PASS, ValidationResult.FAIL


class Desk:
    """The aggregator's tables and clock."""

    def __init__(self) -> None:
        self.tallies, self.clock = Table({}), FakeClock()
        self.deadlines = Timers(Rows(clock=self.clock))

    def open(self, new=None, minutes=0.0):
        return open_tally(
            new or order(),
            event(minutes),
            self.tallies,
            self.deadlines,
            self.clock,
            ValidationTimeout(),
        )

    def answer(self, check, result=PASS, minutes=0.0):
        validation = OrderValidation("o-1", check, result)
        return aggregate_validations(validation, event(minutes), self.tallies)


def test_an_order_waits_for_its_answers():
    desk = Desk()

    assert desk.open() is None
    assert desk.tallies.get("o-1").order == order()


def test_an_order_is_overdue_five_minutes_after_it_was_first_seen():
    desk = Desk()
    desk.open(minutes=-1000)
    now = desk.clock.now()

    assert desk.deadlines.due(now + timedelta(seconds=299)) == []
    assert desk.deadlines.due(now + timedelta(seconds=310)) == ["o-1"]


def test_answers_that_came_before_decide_the_order():
    desk = Desk()
    for number, check in enumerate(CheckType):
        desk.answer(check, minutes=number)

    decision = desk.open(minutes=1)

    assert decision == Outgoing(order(state="VALIDATED"), time=NOON + timedelta(minutes=2))


def test_a_fail_that_came_before_decides_the_order():
    desk = Desk()
    desk.answer(CheckType.FRAUD_CHECK, FAIL, minutes=-5)

    assert desk.open().data.state is OrderState.FAILED


def test_a_fail_that_came_too_long_before_does_not():
    desk = Desk()
    desk.answer(CheckType.FRAUD_CHECK, FAIL, minutes=-5.001)

    assert desk.open() is None


def test_a_decided_order_has_no_deadline():
    desk = Desk()
    desk.answer(CheckType.FRAUD_CHECK, FAIL)
    desk.open()

    assert desk.deadlines.pending() == {}


def test_an_order_delivered_twice_changes_nothing():
    desk = Desk()
    desk.open()

    assert desk.open(order(quantity=9), minutes=3) is None
    assert desk.tallies.get("o-1").order == order()


def test_an_order_delivered_again_after_its_decision_is_not_decided_again():
    desk = Desk()
    desk.open()
    desk.answer(CheckType.FRAUD_CHECK, FAIL)

    assert desk.open() is None
    assert desk.answer(CheckType.FRAUD_CHECK, FAIL) is None


@pytest.mark.parametrize("state", OrderState)
def test_looks_at_created_orders_only(state):
    assert open_tally.spec.when(order(state=state)) is (state == "CREATED")
