"""orders -> orders-enriched: who has ordered?"""

from __future__ import annotations

from functions.domain.customer import CustomerRow
from functions.domain.enriched import OrderEnriched
from functions.domain.order import Order
from runtime import Table, function
from runtime.joins import TableJoin

CUSTOMERS = TableJoin("customer", topic="customers")


@function(
    subscribes="orders",
    publishes="orders-enriched",
    when=lambda order: order.customer_id is not None,
    reads={"customers": lambda order: [str(order.customer_id)]},
    # Or a VALIDATED could pass its CREATED that waits for its customer.
    ordered=True,
)
def enrich_order(order: Order, customers: Table[CustomerRow]) -> OrderEnriched:
    """Join every event of an order with its customer, as known just now.

    A customer nobody knows: the event waits, as with mails. It is tried again after the usual
    delays, later events of the order behind it, and is then kept as a dead letter (`Unmatched`),
    which is enriched, and routed, on replay once the customer is known. An order that names no
    customer has nobody to be joined with, and is passed over.

    Delivered twice, it publishes the same event twice, under one id.
    """
    return OrderEnriched.of(order, CUSTOMERS.row(customers, str(order.customer_id), order.id))
