"""validate_details: what an order cannot mean."""

from __future__ import annotations

import pytest

from functions.details.validate_details import validate_details
from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from functions.domain.state import OrderState
from tests.functions.making import order, order_of


@pytest.mark.parametrize(
    "fine",
    [
        order(),
        order(quantity=0),
        order(price="0"),
        order(price="-0"),
        order(price=None),
        order(customer=None),
        order_of(("JUMPERS", 1), ("UNDERPANTS", 0)),
    ],
)
def test_passes_an_order_that_can_be_meant(fine):
    answer = validate_details(fine)

    assert answer == OrderValidation("o-1", CheckType.ORDER_DETAILS_CHECK, ValidationResult.PASS)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (order(quantity=-1), "the quantity of 'JUMPERS' is -1; expected zero or more"),
        (order(price="-0.01"), "the price of 'JUMPERS' is -0.01; expected zero or more"),
        (order(product=None), "the product is missing"),
        (order(product=""), "the product is missing"),
        (order(product=" "), "the product is missing"),
        (order(quantity=None), "the quantity of 'JUMPERS' is missing"),
        (order_of(("JUMPERS", 1), ("JUMPERS", -1)), "the quantity of 'JUMPERS' is -1"),
        (order_of(("JUMPERS", 1), (None, 1)), "the product is missing"),
        (order_of(), "the order has no lines"),
    ],
)
def test_fails_an_order_that_cannot_be_meant(odd, reason):
    answer = validate_details(odd)

    assert answer.validation_result is ValidationResult.FAIL
    assert answer.reason.startswith(reason)


def test_answers_the_same_when_delivered_twice():
    assert validate_details(order()) == validate_details(order())


@pytest.mark.parametrize("state", OrderState)
def test_looks_at_created_orders_only(state):
    assert validate_details.spec.when(order(state=state)) is (state == "CREATED")
