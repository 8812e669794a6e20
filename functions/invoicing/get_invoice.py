"""GET /v1/invoices/{id}: what does this invoice say?"""

from __future__ import annotations

from functions.domain.invoice import Invoice
from runtime import Reject, Table, function


@function(http="GET /v1/invoices/{id}")
def get_invoice(id: str, invoices: Table[Invoice]) -> Invoice:
    """Answer the invoice of this number, such as 000001, or 404."""
    return known_invoice(id, invoices)


def known_invoice(id: str, invoices: Table[Invoice]) -> Invoice:
    """Return the invoice; rejects an unknown number with 404."""
    invoice = invoices.get(id)
    if invoice is None:
        message = f"There is no invoice {id!r}; expected a number such as 000001."
        raise Reject(message, status=404, field="id")
    return invoice
