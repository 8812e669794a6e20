"""issue_invoice: one invoice for each validated order, numbered without gaps."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action
from functions.domain.state import OrderState
from functions.invoicing.issue_invoice import issue_invoice
from runtime import Table
from runtime.rows import Rows
from tests.functions.invoicing.office import Office
from tests.functions.invoicing.paper import text
from tests.functions.making import order, order_of


def validated(id: str):
    return order(id, state="VALIDATED")


def test_an_invoice_bills_every_line_of_the_order():
    sold = order_of(("JUMPERS", 2), ("UNDERPANTS", 3), state="VALIDATED")

    invoice = Office().issue(sold)

    assert (invoice.order_id, invoice.customer_id) == ("o-1", "c1")
    assert (invoice.date, invoice.action) == ("2026-01-01T12:00:00Z", Action.CREATED)
    assert [(i.id, i.product, i.quantity, i.price) for i in invoice.lines] == [
        ("1", "JUMPERS", 2, 1),
        ("2", "UNDERPANTS", 3, 1),
    ]
    assert invoice.total == 5


def test_numbers_follow_each_other():
    office = Office()
    numbers = [office.issue(validated(f"o-{n}")).id for n in range(3)]

    assert numbers == ["000001", "000002", "000003"]


def test_an_order_delivered_twice_is_billed_once():
    office = Office()
    office.issue(validated("o-1"))

    assert office.issue(validated("o-1")) is None
    assert office.issue(validated("o-2")).id == "000002"


def test_the_document_is_where_the_invoice_says():
    office = Office()

    invoice = office.issue(validated("o-1"))

    [key] = office.shelf.kept
    assert invoice.document == f"https://docs.example.com/{key}"
    assert "Invoice 000001" in text(office.shelf.kept[key])


def test_a_document_written_again_after_a_crash_is_the_same_bytes():
    first, again = Office(), Office()
    for office in (first, again):
        office.issue(validated("o-1"))

    assert first.shelf.kept == again.shelf.kept


def test_an_order_billed_again_after_a_crash_overwrites_its_own_document():
    office = Office()
    office.issue(validated("o-1"))
    after_crash = Office()
    after_crash.shelf = office.shelf

    after_crash.issue(validated("o-2"))
    after_crash.issue(validated("o-1"))

    assert sorted("000002" in text(body) for body in office.shelf.kept.values()) == [False, True]


@pytest.mark.parametrize("ids", [("a/b", "a-b"), ("a", "A"), ("x" * 256, "x" * 255)])
def test_documents_of_similar_orders_are_kept_apart(ids):
    office = Office()
    for id in ids:
        office.issue(validated(id))

    assert len({key.lower() for key in office.shelf.kept}) == 2


def test_an_order_whose_document_cannot_be_kept_takes_no_number():
    rows = Rows()
    office = Office()
    office.issued, office.numbers, office.invoices = (
        Table.over(rows, name, dict) for name in ("issued", "numbers", "invoices")
    )
    office.shelf.full = True
    rows.begin()
    with pytest.raises(OSError, match="no space"):
        office.issue(validated("o-1"))
    rows.rollback()
    office.shelf.full = False

    assert office.issue(validated("o-2")).id == "000001"


def test_the_invoice_is_kept():
    office = Office()
    invoice = office.issue(validated("o-1"))

    assert office.invoices.rows == {"000001": invoice}


@pytest.mark.parametrize("state", OrderState)
def test_looks_at_validated_orders_only(state):
    assert issue_invoice.spec.when(order(state=state)) is (state == "VALIDATED")
