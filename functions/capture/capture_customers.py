"""every second -> customers: what did somebody change in the customers' database?"""

from __future__ import annotations

from functions.capture.change_log import ChangeLog
from functions.domain.captured import Position
from functions.domain.customer_event import CustomerEvent
from runtime import Outgoing, Table, function

#: Changes published in one turn.
MOST_CHANGES = 500


@function(every="1s", publishes={"customers": CustomerEvent})
def capture_customers(positions: Table[Position], log: ChangeLog) -> list[Outgoing]:
    """Publish every insert, update and delete of the table `customers`, once and in order.

    The action is created, edited or deleted, the event time that of the change, and the event's id
    follows from its place in the change log. How far the log is read is written with the events:
    a process killed anywhere goes on where it was, and leaves out and repeats nothing. A database
    that is made anew is read from its beginning.

    It does nothing where SLUICE_CUSTOMERS_DB is not set.
    """
    name = log.name()
    if name is None:
        return []
    position = positions.get(name) or Position()
    changes = log.after(position.change, MOST_CHANGES)
    if changes:
        positions.put(name, Position(changes[-1].number))
    return [
        Outgoing(change.customer, time=change.time, id=f"{name}-{change.number}")
        for change in changes
    ]
