"""GET /v1/invoices/{id}/document: the invoice as it was printed."""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.invoicing.documents import CONTENT_TYPE, Documents
from functions.invoicing.get_invoice import known_invoice
from functions.invoicing.issue_invoice import document_key
from runtime import Reject, Response, Table, function


@function(http="GET /v1/invoices/{id}/document")
def get_invoice_document(id: str, invoices: Table[Invoice], documents: Documents) -> Response:
    """Answer the document, or 404: for an unknown number, or a document somebody has removed."""
    invoice = known_invoice(id, invoices)
    body = documents.read(document_key(invoice.order_id))
    if body is None:
        raise Reject(f"The document of invoice {id!r} is gone.", status=404)
    return Response(200, body, content_type=CONTENT_TYPE)
