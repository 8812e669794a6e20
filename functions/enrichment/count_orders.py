"""orders -> table suspects: who orders often within half a minute?"""

from __future__ import annotations

from functions.domain.order import Order
from functions.domain.state import OrderState
from functions.domain.suspicion import OrderCount, OrderCounts, Suspect, Suspects
from functions.enrichment.often import KEPT_SECONDS, Often, page_of
from runtime import Event, Table, function


@function(
    subscribes="orders",
    when=lambda order: order.state is OrderState.CREATED and order.customer_id is not None,
    reads={"windows": lambda order: [str(order.customer_id)]},
)
def count_orders(
    order: Order,
    event: Event,
    windows: Table[OrderCounts],
    suspects: Table[Suspects],
    often: Often,
) -> None:
    """Count the customer's orders in tumbling windows of 30 s, by event time, and note too many.

    Orders are counted, not events: an order counts with its CREATED event, and once, however often
    that comes (the latest 50 orders of a window are remembered). The window of an event time begins
    at a multiple of 30 s since 1970 and ends before the next. An order that comes late counts in
    the window it falls into; once an order of the same customer lies 24 windows later, not at all.

    What is counted goes with the windows: at the customer's next order, or a week after the last
    one. So does what is noted: of each customer the latest window with too many orders, of the
    latest 200 customers on each page.
    """
    customer = str(order.customer_id)
    with windows.edit(customer, OrderCounts, ttl_seconds=KEPT_SECONDS) as counted:
        window = often.windows.take(counted.open, event.time, OrderCount)
        counts = window.add(order.id) if window is not None else 0
    if window is not None and counts > often.orders:
        with suspects.edit(page_of(event.partition), Suspects, ttl_seconds=KEPT_SECONDS) as page:
            page.note(Suspect(customer, counts, window.start))
