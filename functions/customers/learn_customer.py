"""customers -> table customers: whom do others bring?"""

from __future__ import annotations

from functions.customers.rows import enlist, is_ours
from functions.domain.clientele import CustomerRecord
from functions.domain.customer import Action, Customer
from functions.lookups import key_of
from runtime import Event, Reject, Table, function


@function(subscribes="customers", fills_table=True, reads={"customers": key_of})
def learn_customer(change: Customer | None, event: Event, customers: Table[CustomerRecord]) -> None:
    """Take over customers that come from elsewhere: change capture, the demo's nine.

    So GET /customers/{id} knows everybody who is on the topic; the latest word counts, whoever
    said it. A field that is missing or null leaves what is known. The action `deleted`, or a
    tombstone with the customer's id as its key, removes the row. It publishes nothing, so nothing
    goes round in circles.

    The service's own events change no row: that was written before they were published, and may
    say something newer by now. They only bring it onto the pages of the list. The same event
    delivered twice changes nothing.
    """
    if change is None:
        if not event.key:
            raise Reject("The record is empty and has no key; expected one that says who left.")
        customers.delete(event.key)
    elif is_ours(event):
        enlist(customers, change.key)
    elif change.action is Action.DELETED:
        customers.delete(change.key)
    else:
        known = customers.get(change.key) or CustomerRecord(id=change.key)
        customers.put(change.key, known.learn(change))
