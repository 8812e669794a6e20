"""invoices -> documents: the paper follows what was done by hand."""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.invoicing.document import key_of
from functions.invoicing.documents import Documents
from functions.invoicing.printer import Printer
from runtime import Table, function


@function(
    subscribes="invoices",
    when=lambda invoice: not invoice.is_as_issued,
    reads={"invoices": lambda invoice: [invoice.id]},
    batch=100,
)
def print_invoice(
    invoice: Invoice, invoices: Table[Invoice], documents: Documents, printer: Printer
) -> None:
    """Write the document of an invoice that was made, edited or cancelled by hand.

    Not in the request itself: a document written before its transaction may show a number that
    another invoice gets, or an edit that is never kept. What is printed is the invoice as it is
    by now, so an event that comes twice or late prints nothing old. An invoice that only stands
    on the topic is none of ours.

    The row is put again, unchanged: only a topic function can list it (`GET /v1/invoices`).
    """
    known = invoices.get(invoice.id)
    if known is not None:
        documents.write(key_of(known), printer.render(known))
        invoices.put(known.id, known)
