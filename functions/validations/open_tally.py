"""orders -> orders: which order do the answers belong to?"""

from __future__ import annotations

from functions.domain.order import Order
from functions.domain.state import OrderState
from functions.domain.tally import Tally
from functions.validations.together import ANSWERS, ValidationTimeout, published
from runtime import Clock, Event, Outgoing, Table, Timers, function


@function(
    subscribes="orders",
    publishes={"orders": Order},
    when=lambda order: order.state is OrderState.CREATED,
    reads={"tallies": lambda order: [order.id]},
)
def open_tally(
    order: Order,
    event: Event,
    tallies: Table[Tally],
    deadlines: Timers,
    clock: Clock,
    timeout: ValidationTimeout,
) -> Outgoing | None:
    """Wait for the answers to a new order, or decide it by those that came before it.

    If they do not decide it in time, `expire_validations` does. The first CREATED event of an
    order stands: a second delivery, also one with other content, changes nothing.
    """
    with tallies.edit(order.id, default=Tally) as tally:
        if not tally.open(order, event.time):
            return None
        decision = tally.decide(ANSWERS.holds)
    if decision is None:
        deadlines.set(order.id, clock.now() + timeout.after)
    return published(decision)
