"""validate_fraud: totals of a customer's session, and the limit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from functions.domain.checks import CheckType, ValidationResult
from functions.domain.state import OrderState
from functions.fraud.limits import FraudLimits
from functions.fraud.validate_fraud import validate_fraud
from runtime import Table
from runtime.windows import SessionWindows
from tests.functions.making import event, order

PASS, FAIL = ValidationResult.PASS, ValidationResult.FAIL


class Shop:
    """Sends orders to the function one by one."""

    def __init__(self, **limits: object) -> None:
        self.sessions = Table({})
        self.limits = FraudLimits(**limits)
        self.count = 0

    def sends(self, customer, quantity, price, minutes=0.0, id=None):
        self.count += 1
        new = order(id or f"o-{self.count}", "A", quantity, str(price), customer=customer)
        answer = validate_fraud(new, event(minutes), self.sessions, self.limits)
        return answer and answer.validation_result


def test_the_example_of_three_customers():
    shop = Shop()
    sent = [("c0", 3, 5), ("c0", 1, 75), ("c1", 1, 75), ("c1", 1, 75), ("c1", 50, 75)]
    sent += [("c2", 10, 100), ("c2", 10, 100), ("c2", 1, 5)]

    answers = [shop.sends(*each) for each in sent]

    assert answers == [PASS, PASS, PASS, PASS, FAIL, PASS, FAIL, FAIL]


@pytest.mark.parametrize(("price", "result"), [("1999.99", PASS), ("2000", FAIL), ("2001", FAIL)])
def test_the_limit_itself_fails(price, result):
    assert Shop().sends("c1", 1, price) is result


def test_the_total_is_exact():
    shop = Shop()
    for _ in range(9999):
        shop.sends("c1", 1, "0.20")

    assert shop.sends("c1", 1, "0.19") is PASS
    assert shop.sends("c1", 1, "0.01") is FAIL


def test_an_order_exactly_one_gap_later_counts_with_the_earlier_ones():
    shop = Shop()
    shop.sends("c1", 1, 1500)

    assert shop.sends("c1", 1, 500, minutes=60) is FAIL


def test_an_order_after_a_longer_pause_starts_from_zero():
    shop = Shop()
    shop.sends("c1", 1, 1500)

    assert shop.sends("c1", 1, 500, minutes=60.01) is PASS


def test_failed_orders_count_too():
    shop = Shop()
    shop.sends("c1", 1, 5000)

    assert shop.sends("c1", 1, 1) is FAIL


def test_a_late_order_that_joins_two_sessions_is_judged_by_both():
    shop = Shop()
    shop.sends("c1", 1, 900, minutes=0)
    shop.sends("c1", 1, 900, minutes=100)

    assert shop.sends("c1", 1, 200, minutes=50) is FAIL


def test_an_order_too_late_for_its_session_is_judged_alone():
    shop = Shop()
    shop.sends("c1", 1, 1500, minutes=0)
    shop.sends("c1", 1, 1, minutes=60 * 48)

    assert shop.sends("c1", 1, 1500, minutes=0) is PASS


def test_old_sessions_are_dropped_from_the_row():
    shop = Shop()
    for day in range(100):
        shop.sends("c1", 1, 1, minutes=day * 24 * 60)

    assert len(shop.sessions.get("c1").open) <= 2


def test_customers_do_not_share_a_session():
    shop = Shop()
    shop.sends("c1", 1, 1999)

    assert shop.sends("c2", 1, 1999) is PASS


def test_a_number_and_its_text_are_one_customer():
    shop = Shop()
    shop.sends(7, 1, 1999)

    assert shop.sends("7", 1, 1) is FAIL


def test_an_order_without_a_customer_is_judged_alone():
    shop = Shop()

    assert [shop.sends(None, 1, 1500) for _ in range(3)] == [PASS] * 3
    assert shop.sends(None, 1, 2000) is FAIL
    assert shop.sessions.rows == {}


def test_an_order_is_answered_once_when_delivered_twice():
    shop = Shop()
    shop.sends("c1", 1, 1500, id="same")

    assert shop.sends("c1", 1, 1500, id="same") is None
    assert shop.sends("c1", 1, 499) is PASS


def test_the_reason_names_the_total_and_the_limit():
    answer = validate_fraud(order(price="2500"), event(), Table({}), FraudLimits())

    assert answer.check_type is CheckType.FRAUD_CHECK
    assert answer.reason == "2,500.00 ordered in one session; the limit is 2000"


def test_limit_and_gap_are_settings():
    limits = FraudLimits.open({"SLUICE_FRAUD_LIMIT": "10.5", "SLUICE_FRAUD_GAP_SECONDS": "60"})

    assert limits == FraudLimits(Decimal("10.5"), SessionWindows(timedelta(minutes=1)))


def test_the_settings_have_defaults():
    assert FraudLimits.open({}) == FraudLimits()


def test_a_wrong_setting_is_named():
    with pytest.raises(ValueError, match="'SLUICE_FRAUD_GAP_SECONDS' is 'soon'"):
        FraudLimits.open({"SLUICE_FRAUD_GAP_SECONDS": "soon"})


@pytest.mark.parametrize("state", OrderState)
def test_looks_at_created_orders_only(state):
    assert validate_fraud.spec.when(order(state=state)) is (state == "CREATED")
