"""DELETE /v1/invoices/{id} -> invoices: nothing is owed on this invoice after all."""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.invoicing.get_invoice import known_invoice
from runtime import Response, Table, function


@function(http="DELETE /v1/invoices/{id}", publishes={"invoices": Invoice})
def delete_invoice(id: str, invoices: Table[Invoice]) -> Response:
    """Cancel an invoice, and answer 204.

    Its number is not given again and leaves no gap: the invoice stays as CANCELLED, and the
    document that the mail linked to says so. From then on it is 404, for a second DELETE too;
    `GET /v1/invoices?state=CANCELLED` lists it. The event has the invoice as it was, with the
    action `deleted`.
    """
    cancelled = known_invoice(id, invoices).cancelled()
    invoices.put(id, cancelled)
    return Response(204, publish=cancelled)
