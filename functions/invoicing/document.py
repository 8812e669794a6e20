"""Under which key is the document of an invoice kept, and under which name handed out?"""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.domain.words import file_name


def document_key(order_id: str) -> str:
    """Return where the document of an order's own invoice is kept."""
    return f"invoices/{file_name(order_id)}.pdf"


def manual_key(invoice_id: str) -> str:
    """Return where the document of an invoice made by hand is kept."""
    return f"invoices/by-hand/{file_name(invoice_id)}.pdf"


def key_of(invoice: Invoice) -> str:
    """Return where the document of this invoice is kept, whatever became of the invoice since."""
    return manual_key(invoice.id) if invoice.by_hand else document_key(invoice.order_id)


def name_of(invoice: Invoice) -> str:
    """Return what a client that saves the document calls it. It needs no quoting anywhere."""
    return f"invoice-{invoice.number or file_name(invoice.id)}.pdf"
