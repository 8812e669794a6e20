"""How is a change by hand kept, told and answered?"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from msgspec.structs import replace

from functions.domain.invoice import Invoice, Item
from functions.invoicing.get_invoice import known_invoice
from runtime import Reject, Response, Table


def keep(before: Invoice, after: Invoice, invoices: Table[Invoice], answer: Response) -> Response:
    """Keep the invoice and publish it with this answer, unless nothing has changed."""
    if after == before:
        return answer
    invoices.put(after.id, after)
    return replace(answer, publish=after)


def known_item(id: str, item: str, invoices: Table[Invoice]) -> tuple[Invoice, Item]:
    """Return an invoice and its item; rejects an unknown one of both with 404."""
    invoice = known_invoice(id, invoices)
    found = invoice.item(item)
    if found is None:
        raise Reject(f"The invoice {id!r} has no item {item!r}.", status=404, field="item")
    return invoice, found


def location(id: str, item: str | None = None) -> Mapping[str, str]:
    """Return the header that says where the invoice is, or an item of it."""
    path = f"/v1/invoices/{quote(id, safe='')}"
    if item is not None:
        path += f"/items/{quote(item, safe='')}"
    return {"Location": path}
