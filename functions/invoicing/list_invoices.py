"""GET /v1/invoices: which invoices are there?"""

from __future__ import annotations

from msgspec import Struct

from functions.domain.invoice import Invoice, InvoiceState
from functions.paging import search
from runtime import Table, function


class InvoicePage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Some invoices, newest first. `after` asks for the next ones; it is missing at the end."""

    invoices: list[Invoice]
    after: str | None = None


@function(http="GET /v1/invoices")
def list_invoices(
    invoices: Table[Invoice],
    state: InvoiceState = InvoiceState.ISSUED,
    limit: int = 50,
    after: str | None = None,
) -> InvoicePage:
    """Answer a page of invoices, newest first. `limit` and `after` are as with orders.

    Cancelled ones are left out; with `state=CANCELLED` they are what is listed, so that nobody
    has to wonder where a number is.
    """
    return InvoicePage(*search(invoices, lambda invoice: invoice.state is state, limit, after))
