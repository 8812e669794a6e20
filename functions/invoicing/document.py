"""What does a printed invoice look like?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from functions.domain.billing import invoice_values, line_values
from functions.domain.invoice import Invoice
from functions.templates import Safe, Templates


def render(invoice: Invoice) -> bytes:
    """Return the invoice as an HTML page with its lines and total, ready to be printed."""
    templates = _templates()
    lines = "".join(templates.fill("line.html", line_values(line)) for line in invoice.lines)
    page = templates.fill("invoice.html", {**invoice_values(invoice), "lines": Safe(lines)})
    return page.encode()


@cache
def _templates() -> Templates:
    return Templates([Path(__file__).parent / "templates"])
