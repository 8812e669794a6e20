"""DELETE /v1/invoices/{id}/items/{item} -> invoices: do not bill this after all."""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.invoicing.changes import keep, known_item
from runtime import Response, Table, function


@function(http="DELETE /v1/invoices/{id}/items/{item}", publishes={"invoices": Invoice})
def remove_invoice_item(id: str, item: str, invoices: Table[Invoice]) -> Response:
    """Take an item off the invoice, publish the invoice, and answer 204.

    The last one may go too: then nothing is owed. The id is not given to another item. An unknown
    item, or an unknown or cancelled invoice, is 404.
    """
    invoice, _ = known_item(id, item, invoices)
    lines = tuple(line for line in invoice.lines if line.id != item)
    return keep(invoice, invoice.edited(lines=lines), invoices, Response(204))
