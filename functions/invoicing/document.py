"""What does a printed invoice look like, and under which key is it kept?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from functions.domain.billing import invoice_values, line_values
from functions.domain.invoice import Invoice, InvoiceState
from functions.domain.words import file_name
from functions.templates import Safe, Templates


def render(invoice: Invoice) -> bytes:
    """Return the invoice as an HTML page with its lines and total, ready to be printed.

    The page of a cancelled one says so: its link has been mailed.
    """
    templates = _templates()
    values = invoice_values(invoice)
    parts = {
        "lines": "".join(templates.fill("line.html", line_values(line)) for line in invoice.lines),
        "delivery": templates.fill("delivery.html", values) if invoice.deliver_date else "",
        "cancelled": (
            templates.fill("cancelled.html", values)
            if invoice.state is InvoiceState.CANCELLED
            else ""
        ),
    }
    page = values | {name: Safe(part) for name, part in parts.items()}
    return templates.fill("invoice.html", page).encode()


def document_key(order_id: str) -> str:
    """Return where the document of an order's own invoice is kept."""
    return f"invoices/{file_name(order_id)}.html"


def manual_key(invoice_id: str) -> str:
    """Return where the document of an invoice made by hand is kept."""
    return f"invoices/by-hand/{file_name(invoice_id)}.html"


def key_of(invoice: Invoice) -> str:
    """Return where the document of this invoice is kept, whatever became of the invoice since."""
    return manual_key(invoice.id) if invoice.by_hand else document_key(invoice.order_id)


@cache
def _templates() -> Templates:
    return Templates([Path(__file__).parent / "templates"])
