"""orders -> order-validations: does this customer suddenly order very much?"""

from __future__ import annotations

from functions.domain.checks import CheckType, OrderValidation
from functions.domain.order import Order
from functions.domain.session import Session, Sessions
from functions.domain.state import OrderState
from functions.domain.words import written
from functions.fraud.limits import FraudLimits
from runtime import Event, Table, function


@function(
    subscribes="orders",
    publishes="order-validations",
    when=lambda order: order.state is OrderState.CREATED,
    reads={"sessions": lambda order: [] if order.customer_id is None else [str(order.customer_id)]},
)
def validate_fraud(
    order: Order, event: Event, sessions: Table[Sessions], limits: FraudLimits
) -> OrderValidation | None:
    """Add the order to its customer's session, and FAIL it when the total reaches the limit.

    A session ends with a pause of more than an hour between event times. Its total is quantity
    times price of all its CREATED orders, this one and failed ones included, in the order in
    which they arrive. An order that comes late joins the session it falls into, and may join two
    to one; orders answered before keep their answers. Later than 24 pauses after the session's
    end it is judged by its own amount alone, as is an order without a customer.

    Delivered twice, an order is answered once: the first answer stands. That holds for the latest
    50 orders of a session.
    """
    session = Session(event.time, event.time, order.amount, [order.id])
    if order.customer_id is not None:
        with sessions.edit(str(order.customer_id), default=Sessions) as customer:
            if customer.counted(order.id):
                return None
            session = limits.windows.add(customer.open, session)
    reason = None
    if session.total >= limits.limit:
        reason = f"{written(session.total)} ordered in one session; the limit is {limits.limit}"
    return OrderValidation.of(order.id, CheckType.FRAUD_CHECK, reason)
