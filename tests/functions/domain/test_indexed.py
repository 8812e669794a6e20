"""What an index holds of an order, and which event of it counts."""

from decimal import Decimal

from functions.domain.indexed import IndexedOrder, furthest
from functions.domain.line import Line
from functions.domain.order import Order
from functions.domain.state import OrderState

FLAT = Order(id="1", customer_id=7, product="teapot", quantity=3, price=Decimal("5.00"))


def test_an_order_written_flat_has_single_values() -> None:
    found = IndexedOrder.of(FLAT)

    assert (found.product, found.quantity, found.price) == ("teapot", 3, Decimal("5.00"))
    assert (found.customer_id, found.amount) == ("7", Decimal("15.00"))


def test_lines_are_values_side_by_side() -> None:
    lines = (Line("cup", 2, Decimal("0.10")), Line(None, None, None))

    found = IndexedOrder.of(Order(id="2", lines=lines))

    assert (found.product, found.quantity) == (("cup", ""), (2, 0))
    assert (found.price, found.amount) == ((Decimal("0.10"), Decimal(0)), Decimal("0.20"))


def test_money_is_written_without_an_exponent() -> None:
    found = IndexedOrder.of(Order(id="3", product="p", quantity=1, price=Decimal("1E+2")))

    assert (str(found.price), str(found.amount)) == ("100", "100")


def test_the_furthest_state_counts_in_whichever_order_they_come() -> None:
    created, decided = FLAT, FLAT.becoming(OrderState.VALIDATED)

    for events in ([created, decided], [decided, created]):
        assert [order.state for order in furthest(events)] == [OrderState.VALIDATED]


def test_a_decision_stands() -> None:
    decided = FLAT.becoming(OrderState.VALIDATED), FLAT.becoming(OrderState.FAILED, "late")

    assert [order.state for order in furthest([*decided])] == [OrderState.VALIDATED]


def test_versions_rise_with_every_step_an_order_may_take() -> None:
    for state in OrderState:
        for later in OrderState:
            if state.may_become(later):
                assert state.stage < later.stage
