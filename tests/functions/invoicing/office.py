"""The service with its tables and documents, for tests that call its functions."""

from __future__ import annotations

from typing import Any

import msgspec

from functions.domain.draft import Draft
from functions.domain.form import Sent
from functions.domain.invoice import Counter, Invoice, Issued, KnownOrder
from functions.domain.order import Order
from functions.invoicing.add_invoice_item import add_invoice_item
from functions.invoicing.create_invoice import create_invoice
from functions.invoicing.delete_invoice import delete_invoice
from functions.invoicing.documents import Documents
from functions.invoicing.edit_invoice import edit_invoice
from functions.invoicing.edit_invoice_item import edit_invoice_item
from functions.invoicing.issue_invoice import issue_invoice
from functions.invoicing.learn_order import learn_order
from functions.invoicing.print_invoice import print_invoice
from functions.invoicing.printer import Printer
from functions.invoicing.remove_invoice_item import remove_invoice_item
from runtime import Response, Table
from tests.functions.making import event, order

#: What has to be said about an invoice.
LEAST = {"orderId": "o-1", "date": "2026-01-01", "deliverDate": "2026-01-31"}
#: Two items, 4.00 and 1.50.
JUMPERS = {"product": "JUMPERS", "quantity": 2, "price": 2}
FREIGHT = {"product": "FREIGHT", "quantity": 1, "price": 1.5}


class Shelf(Documents):
    """Documents in memory; `full` makes it refuse the next one."""

    def __init__(self) -> None:
        super().__init__("https://docs.example.com")
        self.kept: dict[str, bytes] = {}
        self.full = False

    def write(self, key: str, body: bytes) -> None:
        if self.full:
            raise OSError("no space left")
        self.kept[key] = body

    def read(self, key: str) -> bytes | None:
        return self.kept.get(key)


class Office:
    """The tables and documents of the service; it knows the order o-1."""

    def __init__(self) -> None:
        self.issued: Table[Issued] = Table({})
        self.numbers: Table[Counter] = Table({})
        self.invoices: Table[Invoice] = Table({})
        self.drafts: Table[Draft] = Table({})
        self.known_orders: Table[KnownOrder] = Table({})
        self.shelf = Shelf()
        self.printer = Printer()
        self.learn(order())

    def issue(self, sold: Order) -> Invoice | None:
        return issue_invoice(
            sold, event(), self.issued, self.numbers, self.invoices, self.shelf, self.printer
        )

    def learn(self, sold: Order) -> None:
        learn_order(sold, self.known_orders)

    def create(self, body: dict[str, Any]) -> Response:
        return create_invoice(
            sent(body), self.known_orders, self.drafts, self.numbers, self.invoices, self.shelf
        )

    def made(self, *lines: dict[str, Any], **more: Any) -> Invoice:
        """Make an invoice of these lines."""
        answer = self.create({**LEAST, "lines": list(lines), **more})
        assert answer.status == 201, answer.body
        invoice: Invoice = answer.body
        return invoice

    def edit(self, id: str, /, **changes: Any) -> Response:
        return edit_invoice(id, sent(changes), self.invoices)

    def delete(self, id: str) -> Response:
        return delete_invoice(id, self.invoices)

    def add_item(self, id: str, item: dict[str, Any]) -> Response:
        return add_invoice_item(id, sent(item), self.invoices)

    def edit_item(self, id: str, item: str, /, **changes: Any) -> Response:
        return edit_invoice_item(id, item, sent(changes), self.invoices)

    def remove_item(self, id: str, item: str) -> Response:
        return remove_invoice_item(id, item, self.invoices)

    def print(self, invoice: Invoice) -> None:
        print_invoice(invoice, self.invoices, self.shelf, self.printer)


def sent(body: dict[str, Any]) -> Sent:
    """Read a body as the runtime does."""
    found: Sent = msgspec.json.decode(msgspec.json.encode(body), type=Sent)
    return found
