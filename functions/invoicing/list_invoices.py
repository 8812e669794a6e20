"""GET /v1/invoices: which invoices are there?"""

from __future__ import annotations

from msgspec import Struct

from functions.domain.invoice import Invoice
from runtime import Reject, Table, function

MOST_INVOICES = 500


class InvoicePage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Some invoices, newest first. `after` asks for the next ones; it is missing at the end."""

    invoices: list[Invoice]
    after: str | None = None


@function(http="GET /v1/invoices")
def list_invoices(
    invoices: Table[Invoice], limit: int = 50, after: str | None = None
) -> InvoicePage:
    """Answer a page of invoices, newest first. `limit` is from 1 to 500."""
    if not 1 <= limit <= MOST_INVOICES:
        message = f"limit is {limit}; expected a number from 1 to {MOST_INVOICES}."
        raise Reject(message, status=400, field="limit")
    page = invoices.page(limit, after)
    return InvoicePage([invoice for _, invoice in page.rows], page.after)
