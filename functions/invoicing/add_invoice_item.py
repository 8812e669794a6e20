"""POST /v1/invoices/{id}/items -> invoices: bill one thing more."""

from __future__ import annotations

from functions.domain.draft import read_item
from functions.domain.form import Sent
from functions.domain.invoice import Invoice, Item
from functions.invoicing.changes import keep, location
from functions.invoicing.get_invoice import known_invoice
from runtime import Reject, Response, Table, function


@function(http="POST /v1/invoices/{id}/items", publishes={"invoices": Invoice})
def add_invoice_item(id: str, sent: Sent, invoices: Table[Invoice]) -> Response:
    """Add an item, and answer it with 201 and where to find it; the invoice is published.

    `product`, `quantity` and `price` are required; whatever is wrong is answered at once, as 422
    `{field: [messages]}`. The item's id is the next number in this invoice unless the client
    gives one: then the same item sent again has the effect of one, and another item under that
    id is 409. An unknown or cancelled invoice is 404.
    """
    invoice = known_invoice(id, invoices)
    form = read_item(sent)
    if form.problems:
        return Response(422, form.problems)
    item = Item(**form.values)
    known = invoice.item(item.id) if item.id else None
    if known not in (None, item):
        raise Reject(
            f"The item {item.id!r} of invoice {id!r} exists with other content; expected a new id.",
            status=409,
            field="id",
        )
    after = invoice if known else invoice.edited(lines=(*invoice.lines, item))
    added = known or after.lines[-1]
    return keep(invoice, after, invoices, Response(201, added, location(id, added.id)))
