"""print_invoice: the document is of the invoice as it is by now."""

from __future__ import annotations

from functions.invoicing.print_invoice import print_invoice
from tests.functions.invoicing.office import FREIGHT, JUMPERS, Office
from tests.functions.invoicing.paper import text
from tests.functions.making import order


def printed(office: Office) -> list[str]:
    return [text(body) for body in office.shelf.kept.values()]


def test_the_document_is_where_the_invoice_says():
    office = Office()
    invoice = office.made(FREIGHT)

    office.print(invoice)

    [key] = office.shelf.kept
    assert invoice.document == f"https://docs.example.com/{key}"
    assert "Invoice 000001" in text(office.shelf.kept[key])


def test_an_edited_invoice_replaces_its_document():
    office = Office()
    office.print(office.made(FREIGHT))

    office.print(office.add_item("000001", JUMPERS).publish)

    [page] = printed(office)
    assert "JUMPERS" in page
    assert "5.50" in page


def test_an_issued_invoice_that_is_edited_replaces_its_document():
    office = Office()
    office.issue(order(state="VALIDATED"))

    office.print(office.edit("000001", deliverDate="2026-01-31").publish)

    [page] = printed(office)
    assert "Delivery: 2026-01-31" in page


def test_the_document_of_a_cancelled_invoice_says_so():
    office = Office()
    office.print(office.made(FREIGHT))

    office.print(office.delete("000001").publish)

    [page] = printed(office)
    assert "Cancelled" in page


def test_an_event_that_comes_late_prints_nothing_old():
    office = Office()
    created = office.made(FREIGHT)
    office.delete("000001")

    office.print(created)

    assert "Cancelled" in printed(office)[0]


def test_an_invoice_that_only_stands_on_the_topic_is_not_printed():
    office, elsewhere = Office(), Office()

    office.print(elsewhere.made(FREIGHT))

    assert (printed(office), office.invoices.rows) == ([], {})


def test_looks_only_at_what_was_done_by_hand():
    office = Office()
    wanted = print_invoice.spec.when

    assert not wanted(office.issue(order(state="VALIDATED")))
    assert wanted(office.edit("000001", customerId=5).publish)
    assert wanted(office.made())
    assert wanted(office.delete("000001").publish)
