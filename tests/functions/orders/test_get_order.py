"""get_order and get_validated_order: at once, or not yet."""

from __future__ import annotations

import pytest

from functions.domain.record import OrderRecord
from functions.orders.get_order import get_order
from functions.orders.get_validated_order import get_validated_order
from runtime import Retry, Table
from tests.functions.making import order


def kept(state: str = "CREATED") -> Table[OrderRecord]:
    return Table({"o-1": OrderRecord.of(order(state=state))})


@pytest.mark.parametrize("state", ["CREATED", "VALIDATED", "FAILED", "SHIPPED"])
def test_an_order_is_answered_in_whatever_state(state):
    assert get_order("o-1", kept(state)) == order(state=state)


@pytest.mark.parametrize("ask", [get_order, get_validated_order])
def test_an_order_that_is_not_there_may_come(ask):
    with pytest.raises(Retry, match="'o-2'"):
        ask("o-2", kept())


@pytest.mark.parametrize("state", ["VALIDATED", "FAILED", "SHIPPED"])
def test_a_decided_order_is_answered(state):
    assert get_validated_order("o-1", kept(state)) == order(state=state)


def test_an_open_order_may_be_decided():
    with pytest.raises(Retry, match="not decided yet"):
        get_validated_order("o-1", kept("CREATED"))
