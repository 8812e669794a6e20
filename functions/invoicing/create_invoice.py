"""POST /v1/invoices -> invoices: bill an order by hand."""

from __future__ import annotations

from functions.domain.draft import Draft, read_draft
from functions.domain.form import Sent
from functions.domain.invoice import Counter, Invoice, KnownOrder, number_text
from functions.invoicing.changes import location
from functions.invoicing.document import manual_key
from functions.invoicing.documents import Documents
from functions.invoicing.numbering import next_number
from runtime import Reject, Response, Table, function


@function(http="POST /v1/invoices", publishes={"invoices": Invoice})
def create_invoice(
    sent: Sent,
    known_orders: Table[KnownOrder],
    drafts: Table[Draft],
    numbers: Table[Counter],
    invoices: Table[Invoice],
    documents: Documents,
) -> Response:
    """Make an invoice, publish it, and answer it with 201 and where to find it.

    `orderId`, `date` and `deliverDate` are required; `read_draft` says what else is looked at.
    Whatever is wrong is answered at once, as 422 `{field: [messages]}`. The order is known here
    shortly after its own 201: a client that is quicker is told that it must exist.

    The order may have an invoice already. A second one, say for the freight, is legitimate; nor
    does it keep the order's own from being issued. Without `lines` nothing is owed yet: the
    order's are not taken over, or it would be billed twice by omission.

    The number is the next of the one sequence, and the invoice's id unless the client gives one.
    With an `id`, the same request sent again has the effect of one and is answered 201 again,
    whatever became of the invoice since; with other content it is 409. Without one it makes
    another invoice. The customer gets a mail of the invoice as it was made.
    """
    form = read_draft(sent, known_orders.get)
    if form.problems:
        return Response(422, form.problems)
    draft, given = Draft.of(form), form.values.get("id")
    if given is not None:
        if (first := drafts.get(given)) is not None:
            return _again(given, draft == first, invoices)
        drafts.put(given, draft)
    number = next_number(numbers)
    id = given or number_text(number)
    order = known_orders.get(draft.order_id) or KnownOrder()
    invoice = draft.invoice(id, number, order, documents.url(manual_key(id)))
    invoices.put(id, invoice)
    return Response(201, invoice, location(id), publish=invoice)


def _again(id: str, is_same: bool, invoices: Table[Invoice]) -> Response:
    if not is_same:
        raise Reject(
            f"The invoice {id!r} exists with other content; expected a new id.",
            status=409,
            field="id",
        )
    return Response(201, invoices.get(id), location(id))
