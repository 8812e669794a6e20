"""GET /customers/{id}: who is this?"""

from __future__ import annotations

from functions.customers.rows import known
from functions.domain.clientele import CustomerRecord
from runtime import Table, function


@function(http="GET /customers/{id}")
def get_customer(id: str, customers: Table[CustomerRecord]) -> CustomerRecord:
    """Answer the customer; an unknown one is 404. One made by POST is there with its 201."""
    return known(customers, "customer", id)
