"""GET /customers: who are our customers?"""

from __future__ import annotations

from msgspec import Struct

from functions.domain.clientele import CustomerRecord
from functions.paging import search
from runtime import Table, function


class CustomerPage(Struct, frozen=True, omit_defaults=True):
    """Some customers, newest first. `after` asks for the next ones; it is missing at the end."""

    customers: list[CustomerRecord]
    after: str | None = None


@function(http="GET /customers")
def list_customers(
    customers: Table[CustomerRecord], limit: int = 50, after: str | None = None
) -> CustomerPage:
    """Answer a page of customers, newest first. `limit` and `after` are as with orders.

    One made by POST is on it some milliseconds later, when its event has come round.
    """
    return CustomerPage(*search(customers, lambda customer: True, limit, after))
