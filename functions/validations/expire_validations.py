"""every 10 seconds -> orders: which orders have waited too long for an answer?"""

from __future__ import annotations

from functions.domain.order import Order
from functions.domain.tally import Tally
from functions.validations.together import TIMED_OUT, published
from runtime import Clock, Outgoing, Table, Timers, function


@function(every="10s", publishes={"orders": Order})
def expire_validations(tallies: Table[Tally], deadlines: Timers, clock: Clock) -> list[Outgoing]:
    """FAIL the orders that are still open five minutes after the aggregator first saw them.

    The time counts by the clock, for the sake of the clients that wait; the decision carries the
    order's event time, so that old data replayed is no older or newer for it. Run twice, it finds
    the orders decided.
    """
    overdue = tallies.get_many(deadlines.due(clock.now()))
    return [out for order_id in overdue if (out := _expired(order_id, tallies))]


def _expired(order_id: str, tallies: Table[Tally]) -> Outgoing | None:
    with tallies.edit(order_id) as tally:
        return published(tally.expire(TIMED_OUT))
