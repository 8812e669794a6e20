"""GET /v1/invoices/{id}: what does this invoice say?"""

from __future__ import annotations

from functions.domain.invoice import Invoice, InvoiceState
from runtime import Reject, Table, function


@function(http="GET /v1/invoices/{id}")
def get_invoice(id: str, invoices: Table[Invoice]) -> Invoice:
    """Answer the invoice of this id, mostly its number, such as 000001; 404 also when cancelled."""
    return known_invoice(id, invoices)


def known_invoice(id: str, invoices: Table[Invoice]) -> Invoice:
    """Return the invoice; rejects an unknown id, and a cancelled invoice, with 404."""
    invoice = invoices.get(id)
    if invoice is None:
        message = f"There is no invoice {id!r}; expected a number such as 000001."
        raise Reject(message, status=404, field="id")
    if invoice.state is InvoiceState.CANCELLED:
        raise Reject(f"The invoice {id!r} was cancelled.", status=404, field="id")
    return invoice
