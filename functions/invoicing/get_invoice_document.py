"""GET /v1/invoices/{id}/document: the invoice as it was printed."""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.invoicing.document import key_of, name_of
from functions.invoicing.documents import CONTENT_TYPE, Documents
from functions.invoicing.get_invoice import known_invoice
from functions.invoicing.printer import Printer
from runtime import Reject, Response, Table, function


@function(http="GET /v1/invoices/{id}/document")
def get_invoice_document(
    id: str, invoices: Table[Invoice], documents: Documents, printer: Printer
) -> Response:
    """Answer the document as a PDF, or 404: for an unknown id, or a document somebody has removed.

    One that was made or edited by hand is printed for this answer, so that a client sees its own
    change at once; the document that the mail links to follows with the invoice's event.
    """
    invoice = known_invoice(id, invoices)
    body = documents.read(key_of(invoice)) if invoice.is_as_issued else printer.render(invoice)
    if body is None:
        raise Reject(f"The document of invoice {id!r} is gone.", status=404)
    shown = {"Content-Disposition": f'inline; filename="{name_of(invoice)}"'}
    return Response(200, body, shown, content_type=CONTENT_TYPE)
