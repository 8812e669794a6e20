"""customers -> table customers: who is who?"""

from __future__ import annotations

from functions.domain.customer import Customer, CustomerRow
from functions.lookups import follow, key_of
from runtime import Event, Table, function


@function(subscribes="customers", fills_table=True, reads={"customers": key_of})
def remember_customer(change: Customer | None, event: Event, customers: Table[CustomerRow]) -> None:
    """Keep the latest value of every field of every customer.

    A field that is missing or null leaves what is known: a partial event blanks nothing. The
    action `deleted`, or a tombstone with the customer's id as its key, removes the row. The same
    change delivered twice changes nothing.
    """
    follow(customers, change, event, CustomerRow)
