"""orders-enriched -> platinum, gold, silver or bronze: whose orders come first?"""

from __future__ import annotations

from functions.domain.customer import Level
from functions.domain.enriched import OrderEnriched
from runtime import Outgoing, Reject, function

LEVELS = {level.value: OrderEnriched for level in Level}


@function(subscribes="orders-enriched", publishes=LEVELS, ordered=True)
def route_by_level(order: OrderEnriched) -> Outgoing:
    """Send every order event of a known customer to the topic named after the customer's level.

    It reads the enriched orders: the customer is looked up, and waited for, in one place, and the
    level is the one that the order was enriched with. A level that is none of the four is
    rejected; no topic is made up for it. Delivered twice, it publishes the same event twice, under
    one id.
    """
    if order.customer_level not in LEVELS:
        raise Reject(
            f"The level of customer {order.customer_id!r} is {order.customer_level!r}; "
            f"expected {', '.join(LEVELS)}.",
            field="customerLevel",
        )
    return Outgoing(order, topic=order.customer_level)
