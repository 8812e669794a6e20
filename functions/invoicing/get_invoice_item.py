"""GET /v1/invoices/{id}/items/{item}: what does this line of the invoice say?"""

from __future__ import annotations

from functions.domain.invoice import Invoice, Item
from functions.invoicing.changes import known_item
from runtime import Table, function


@function(http="GET /v1/invoices/{id}/items/{item}")
def get_invoice_item(id: str, item: str, invoices: Table[Invoice]) -> Item:
    """Answer the item, or 404."""
    _, found = known_item(id, item, invoices)
    return found
