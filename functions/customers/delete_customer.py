"""DELETE /customers/{id} -> customers: somebody is our customer no more."""

from __future__ import annotations

from functions.customers.rows import known
from functions.domain.clientele import CustomerRecord
from functions.domain.customer import Action
from functions.domain.customer_event import CustomerEvent
from runtime import Response, Table, function


@function(http="DELETE /customers/{id}", publishes={"customers": CustomerEvent})
def delete_customer(id: str, customers: Table[CustomerRecord]) -> Response:
    """Forget the customer, and answer 204; from then on it is 404, for a second DELETE too.

    The event has the customer as it was. Its orders and invoices stay.
    """
    customer = known(customers, "customer", id)
    customers.delete(id)
    return Response(204, publish=customer.changed(Action.DELETED))
