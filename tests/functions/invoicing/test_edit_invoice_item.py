"""edit_invoice_item: one line is put right, and the total with it."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action
from runtime import Reject
from tests.functions.invoicing.office import FREIGHT, JUMPERS, Office


def test_changes_what_is_sent_and_leaves_the_rest():
    office = Office()
    office.made(JUMPERS, FREIGHT)

    answer = office.edit_item("000001", "1", quantity=5)

    assert (answer.status, answer.body) == (200, answer.publish.lines[0])
    assert [(i.id, i.product, i.quantity, i.price) for i in answer.publish.lines] == [
        ("1", "JUMPERS", 5, 2),
        ("2", "FREIGHT", 1, 1.5),
    ]


def test_publishes_and_keeps_the_invoice_with_its_new_total():
    office = Office()
    office.made(JUMPERS)

    answer = office.edit_item("000001", "1", price="2.05")

    assert (str(answer.publish.total), answer.publish.action) == ("4.10", Action.EDITED)
    assert office.invoices.rows == {"000001": answer.publish}


def test_an_edit_sent_twice_is_published_once():
    office = Office()
    office.made(JUMPERS)
    office.edit_item("000001", "1", quantity=5)

    again = office.edit_item("000001", "1", quantity=5)

    assert (again.status, again.body.quantity, again.publish) == (200, 5, ())


def test_a_wrong_change_is_422_and_changes_nothing():
    office = Office()
    before = office.made(JUMPERS)

    answer = office.edit_item("000001", "1", quantity=-1, product="", id="2")

    assert (answer.status, answer.publish) == (422, ())
    assert answer.body == {
        "product": ["can't be blank"],
        "quantity": ["must be greater than or equal to 0"],
        "id": ["is read-only"],
    }
    assert office.invoices.rows == {"000001": before}


@pytest.mark.parametrize(("id", "item"), [("000001", "2"), ("000002", "1")])
def test_an_unknown_item_or_invoice_is_404(id, item):
    office = Office()
    office.made(JUMPERS)

    with pytest.raises(Reject, match=f"'{id}'") as refused:
        office.edit_item(id, item, quantity=1)

    assert refused.value.status == 404
