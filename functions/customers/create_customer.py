"""POST /customers -> customers: somebody becomes our customer."""

from __future__ import annotations

from functions.customers.forms import read_customer
from functions.customers.rows import location, new_id
from functions.domain.clientele import CustomerRecord
from functions.domain.customer import Action
from functions.domain.customer_event import CustomerEvent
from functions.domain.form import Sent
from runtime import Response, Table, function


@function(http="POST /customers", publishes={"customers": CustomerEvent})
def create_customer(sent: Sent, customers: Table[CustomerRecord]) -> Response:
    """Keep `{"customer": {"name", "last_name", "email"}}`, and answer 201 with where to find it.

    `address` and `level` (bronze) may be said. Whatever is wrong is answered at once, as 422
    `{field: [messages]}`, and nothing is published. The id is ours. Two customers may have one
    e-mail address: sent twice, the request makes two.
    """
    form = read_customer(sent)
    if form.problems:
        return Response(422, form.problems)
    customer = CustomerRecord(id=new_id(), **form.values)
    customers.put(customer.id, customer)
    created = customer.changed(Action.CREATED)
    return Response(201, customer, location("customers", customer.id), publish=created)
