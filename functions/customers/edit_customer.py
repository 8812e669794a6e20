"""PATCH /customers/{id} -> customers: something about a customer is different now."""

from __future__ import annotations

from msgspec.structs import replace

from functions.customers.forms import read_customer
from functions.customers.rows import known
from functions.domain.clientele import CustomerRecord
from functions.domain.customer import Action
from functions.domain.customer_event import CustomerEvent
from functions.domain.form import Sent
from runtime import Response, Table, function


@function(http="PATCH /customers/{id}", publishes={"customers": CustomerEvent})
def edit_customer(id: str, sent: Sent, customers: Table[CustomerRecord]) -> Response:
    """Change the fields that are sent, and answer the customer.

    Null or nothing for what is required is 422 `{field: [messages]}`; for an address it clears
    it. An unknown customer is 404. The same change sent again publishes nothing.
    """
    before = known(customers, "customer", id)
    form = read_customer(sent, before)
    if form.problems:
        return Response(422, form.problems)
    after = replace(before, **form.values)
    if after == before:
        return Response(200, before)
    customers.put(id, after)
    return Response(200, after, publish=after.changed(Action.EDITED))
