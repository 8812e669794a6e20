"""expire_validations: no order stays open for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from functions.domain.state import OrderState
from functions.validations.aggregate_validations import aggregate_validations
from functions.validations.expire_validations import expire_validations
from functions.validations.open_tally import open_tally
from functions.validations.together import ValidationTimeout
from runtime import FakeClock, Outgoing, Table, Timers
from runtime.rows import Rows
from tests.functions.making import NOON, event, order


class Desk:
    """The aggregator's tables, and a clock that can be moved."""

    def __init__(self, timeout: ValidationTimeout | None = None) -> None:
        self.tallies, self.clock = Table({}), FakeClock()
        self.deadlines = Timers(Rows(clock=self.clock))
        self.timeout = timeout or ValidationTimeout()

    def open(self, *ids):
        for id in ids:
            open_tally(order(id), event(), self.tallies, self.deadlines, self.clock, self.timeout)

    def fail(self, id):
        answer = OrderValidation(id, CheckType.FRAUD_CHECK, ValidationResult.FAIL)
        return aggregate_validations(answer, event(), self.tallies)

    def expire_after(self, seconds):
        self.clock.advance(seconds)
        return expire_validations(self.tallies, self.deadlines, self.clock)


def test_an_order_still_open_after_five_minutes_is_failed_with_the_reason():
    desk = Desk()
    desk.open("o-1")

    [decision] = desk.expire_after(310)

    failed = order().becoming(OrderState.FAILED, "validation timed out")
    assert decision == Outgoing(failed, time=NOON)


def test_an_order_is_not_failed_before():
    desk = Desk()
    desk.open("o-1")

    assert desk.expire_after(299) == []


def test_an_order_is_failed_once_when_run_twice():
    desk = Desk()
    desk.open("o-1")
    desk.expire_after(310)

    assert desk.expire_after(310) == []


def test_a_decided_order_is_left_alone():
    desk = Desk()
    desk.open("o-1", "o-2")
    desk.fail("o-1")

    assert [out.data.id for out in desk.expire_after(310)] == ["o-2"]


def test_an_answer_after_the_timeout_changes_nothing():
    desk = Desk()
    desk.open("o-1")
    desk.expire_after(310)

    assert desk.fail("o-1") is None


def test_the_time_is_a_setting():
    desk = Desk(ValidationTimeout.open({"SLUICE_VALIDATION_TIMEOUT_SECONDS": "20"}))
    desk.open("o-1")

    assert len(desk.expire_after(30)) == 1


def test_a_wrong_setting_is_named():
    with pytest.raises(ValueError, match="'SLUICE_VALIDATION_TIMEOUT_SECONDS' is 'never'"):
        ValidationTimeout.open({"SLUICE_VALIDATION_TIMEOUT_SECONDS": "never"})


def test_the_default_is_five_minutes():
    assert ValidationTimeout.open({}).after == timedelta(minutes=5)
