"""PATCH /v1/invoices/{id}/items/{item} -> invoices: put one line of an invoice right."""

from __future__ import annotations

from msgspec.structs import replace

from functions.domain.draft import read_item_changes
from functions.domain.form import Sent
from functions.domain.invoice import Invoice
from functions.invoicing.changes import keep, known_item
from runtime import Response, Table, function


@function(http="PATCH /v1/invoices/{id}/items/{item}", publishes={"invoices": Invoice})
def edit_invoice_item(id: str, item: str, sent: Sent, invoices: Table[Invoice]) -> Response:
    """Change product, quantity or price of an item, and answer it; the invoice is published.

    Whatever is wrong is answered at once, as 422 `{field: [messages]}`; an unknown item, or an
    unknown or cancelled invoice, is 404. The same change sent again publishes nothing.
    """
    invoice, before = known_item(id, item, invoices)
    form = read_item_changes(sent, before)
    if form.problems:
        return Response(422, form.problems)
    after = replace(before, **form.values)
    lines = tuple(after if line.id == item else line for line in invoice.lines)
    return keep(invoice, invoice.edited(lines=lines), invoices, Response(200, after))
