"""PATCH /v1/invoices/{id} -> invoices: put an invoice right."""

from __future__ import annotations

from functions.domain.draft import read_changes
from functions.domain.form import Sent
from functions.domain.invoice import Invoice
from functions.invoicing.changes import keep
from functions.invoicing.get_invoice import known_invoice
from runtime import Response, Table, function


@function(http="PATCH /v1/invoices/{id}", publishes={"invoices": Invoice})
def edit_invoice(id: str, sent: Sent, invoices: Table[Invoice]) -> Response:
    """Change the fields that are sent, and answer the invoice; `read_changes` says which.

    Every invoice can be edited, also one that was issued for an order. Whatever is wrong is
    answered at once, as 422 `{field: [messages]}`; an unknown or cancelled invoice is 404. The
    document is printed anew, under its old address; no second mail is sent. The same change sent
    again publishes nothing.
    """
    invoice = known_invoice(id, invoices)
    form = read_changes(sent, invoice)
    if form.problems:
        return Response(422, form.problems)
    after = invoice.edited(**form.values)
    return keep(invoice, after, invoices, Response(200, after))
