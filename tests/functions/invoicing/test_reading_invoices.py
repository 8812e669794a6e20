"""get_invoice, list_invoices and get_invoice_document: what was issued can be read."""

from __future__ import annotations

import pytest

from functions.domain.invoice import InvoiceState
from functions.domain.state import OrderState
from functions.invoicing.get_invoice import get_invoice
from functions.invoicing.get_invoice_document import get_invoice_document
from functions.invoicing.get_invoice_item import get_invoice_item
from functions.invoicing.list_invoice_items import list_invoice_items
from functions.invoicing.list_invoices import list_invoices
from runtime import Reject, Response
from tests.functions.invoicing.office import FREIGHT, JUMPERS, Office
from tests.functions.invoicing.paper import text
from tests.functions.making import order


def office_with(count: int) -> Office:
    office = Office()
    for number in range(count):
        office.issue(order(id=f"o-{number}", state=OrderState.VALIDATED))
    return office


def document(office: Office) -> Response:
    return get_invoice_document("000001", office.invoices, office.shelf, office.printer)


def test_an_invoice_is_found_by_its_number():
    office = office_with(2)

    assert get_invoice("000002", office.invoices).order_id == "o-1"


def test_an_unknown_number_is_404():
    with pytest.raises(Reject, match="no invoice '000009'") as refused:
        get_invoice("000009", office_with(1).invoices)

    assert refused.value.status == 404


def test_invoices_are_listed_newest_first_page_by_page():
    office = office_with(3)

    first = list_invoices(office.invoices, limit=2)
    rest = list_invoices(office.invoices, limit=2, after=first.after)

    assert [invoice.id for invoice in first.invoices] == ["000003", "000002"]
    assert [invoice.id for invoice in rest.invoices] == ["000001"]
    assert rest.after is None


def test_a_page_of_no_invoices_is_refused():
    with pytest.raises(Reject, match="limit is 0"):
        list_invoices(office_with(1).invoices, limit=0)


def test_the_document_is_the_one_that_was_written():
    office = office_with(1)

    answer = document(office)

    assert (answer.status, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="invoice-000001.pdf"'
    assert answer.body in office.shelf.kept.values()


def test_a_document_that_was_removed_is_404():
    office = office_with(1)
    office.shelf.kept.clear()

    with pytest.raises(Reject, match="is gone") as refused:
        document(office)

    assert refused.value.status == 404


def test_a_cancelled_invoice_is_404():
    office = office_with(1)
    office.delete("000001")

    with pytest.raises(Reject, match="'000001' was cancelled") as refused:
        get_invoice("000001", office.invoices)

    assert refused.value.status == 404


def test_cancelled_invoices_are_listed_by_themselves():
    office = office_with(3)
    office.delete("000002")

    left = list_invoices(office.invoices)
    cancelled = list_invoices(office.invoices, state=InvoiceState.CANCELLED)

    assert {invoice.id for invoice in left.invoices} == {"000001", "000003"}
    assert [invoice.id for invoice in cancelled.invoices] == ["000002"]


def test_a_change_by_hand_is_in_the_document_at_once():
    office = office_with(1)
    office.add_item("000001", FREIGHT)

    answer = document(office)

    assert "FREIGHT" in text(answer.body)


def test_items_are_listed_in_the_order_of_the_invoice():
    office = Office()
    invoice = office.made(JUMPERS, FREIGHT)

    assert list_invoice_items("000001", office.invoices) == {"items": invoice.lines}


def test_an_item_is_found_by_its_id():
    office = Office()
    office.made(JUMPERS, FREIGHT)

    assert get_invoice_item("000001", "2", office.invoices).product == "FREIGHT"


def test_an_unknown_item_is_404():
    office = Office()
    office.made(JUMPERS)

    with pytest.raises(Reject, match="has no item '2'") as refused:
        get_invoice_item("000001", "2", office.invoices)

    assert refused.value.status == 404
