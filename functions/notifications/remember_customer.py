"""customers -> table customers: who is who?"""

from __future__ import annotations

from functions.domain.customer import Action, Customer, CustomerRow
from runtime import Event, Reject, Table, function


@function(
    subscribes="customers",
    fills_table=True,
    reads={"customers": lambda change: [] if change is None else [change.key]},
)
def remember_customer(change: Customer | None, event: Event, customers: Table[CustomerRow]) -> None:
    """Keep the latest value of every field of every customer.

    A field that is missing or null leaves what is known: a partial event blanks nothing. The
    action `deleted`, or a tombstone with the customer's id as its key, removes the row. The same
    change delivered twice changes nothing.
    """
    if change is None:
        if not event.key:
            raise Reject("The record is empty and has no key; expected one that says who left.")
        customers.delete(event.key)
    elif change.action is Action.DELETED:
        customers.delete(change.key)
    else:
        known = customers.get(change.key) or CustomerRow(change.key)
        customers.put(change.key, known.learn(change))
