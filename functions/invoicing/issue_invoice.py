"""orders -> invoices: what does the customer owe for this order?"""

from __future__ import annotations

from functions.domain.invoice import Counter, Invoice, Issued
from functions.domain.order import Order
from functions.domain.state import OrderState
from functions.invoicing.document import document_key
from functions.invoicing.documents import Documents
from functions.invoicing.numbering import SEQUENCE, next_number
from functions.invoicing.printer import Printer
from runtime import Event, Table, function


@function(
    subscribes="orders",
    publishes="invoices",
    when=lambda order: order.state is OrderState.VALIDATED,
    reads={"issued": lambda order: [order.id], "numbers": lambda order: [SEQUENCE]},
    # The documents of a batch are written before its transaction: the fewer, the fewer again.
    batch=100,
)
def issue_invoice(
    order: Order,
    event: Event,
    issued: Table[Issued],
    numbers: Table[Counter],
    invoices: Table[Invoice],
    documents: Documents,
    printer: Printer,
) -> Invoice | None:
    """Bill a VALIDATED order: number the invoice, write its document, and publish it.

    Numbers have no gaps and no repeats: the next one is taken in the same transaction that keeps
    the invoice. The document's key comes from the order, not from the number: two orders that
    try for one number at once must not overwrite each other's document. The invoice's date is the
    event time of the validation.

    Delivered twice, an order is billed once, also when its invoice has been cancelled since.
    Invoices that somebody made for it by hand do not count. After a crash before the transaction
    the document is written again under the same key, perhaps with another number in it.
    """
    if order.id in issued:
        return None
    key = document_key(order.id)
    number = next_number(numbers)
    invoice = Invoice.for_order(order, number, event.time, documents.url(key))
    documents.write(key, printer.render(invoice))
    issued.put(order.id, Issued(invoice.id))
    invoices.put(invoice.id, invoice)
    return invoice
