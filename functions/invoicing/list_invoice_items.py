"""GET /v1/invoices/{id}/items: what is billed on this invoice?"""

from __future__ import annotations

from functions.domain.invoice import Invoice, Item
from functions.invoicing.get_invoice import known_invoice
from runtime import Table, function


@function(http="GET /v1/invoices/{id}/items")
def list_invoice_items(id: str, invoices: Table[Invoice]) -> dict[str, tuple[Item, ...]]:
    """Answer all items, in the order of the invoice, as `{"items": [...]}`, or 404."""
    return {"items": known_invoice(id, invoices).lines}
