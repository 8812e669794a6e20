"""How are an invoice and its lines written for people?"""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.domain.line import Line
from functions.domain.words import ZERO, moment, written


def invoice_values(invoice: Invoice) -> dict[str, str]:
    """What a template may say about an invoice."""
    return {
        "number": invoice.number or invoice.id,
        "order": invoice.order_id,
        "customer": "" if invoice.customer_id is None else str(invoice.customer_id),
        "organization": "" if invoice.organization_id is None else str(invoice.organization_id),
        "date": f"{moment(invoice.date):%Y-%m-%d}",
        "deliver_date": invoice.deliver_date or "",
        "total": written(invoice.total),
        "document": _link(invoice.document),
    }


def _link(address: str | None) -> str:
    """A link in a mail leads to a document; no event makes it run a script."""
    kind = address.partition(":")[0].strip().lower() if address else ""
    return address or "" if kind in ("http", "https", "file") else ""


def line_values(line: Line) -> dict[str, str]:
    """What a template may say about a line of an invoice."""
    return {
        "product": line.product or "",
        "quantity": str(line.pieces),
        "price": written(line.price or ZERO),
        "amount": written(line.amount),
    }
