"""customers -> table customers: who is who?"""

from __future__ import annotations

from functions.domain.customer import Customer, CustomerRow
from functions.lookups import follow, key_of
from runtime import Event, Table, function


@function(subscribes="customers", fills_table=True, reads={"customers": key_of})
def remember_customer(change: Customer | None, event: Event, customers: Table[CustomerRow]) -> None:
    """Keep the latest value of every field of every customer, for the functions of this service.

    A partial event blanks nothing, `deleted` or a tombstone removes the row, and the same change
    delivered twice changes nothing.
    """
    follow(customers, change, event, CustomerRow)
