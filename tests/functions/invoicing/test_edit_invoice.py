"""edit_invoice: what is sent is changed and told, and nothing else."""

from __future__ import annotations

import pytest
from msgspec import to_builtins

from functions.domain.customer import Action
from runtime import Reject
from tests.functions.invoicing.office import FREIGHT, JUMPERS, Office
from tests.functions.making import order


def test_changes_what_is_sent_and_leaves_the_rest():
    office = Office()
    before = office.made(JUMPERS)

    answer = office.edit("000001", date="2026-01-02", organizationId=4)

    assert (answer.status, answer.body) == (200, answer.publish)
    assert (answer.body.date, answer.body.organization_id) == ("2026-01-02", 4)
    assert (answer.body.lines, answer.body.deliver_date) == (before.lines, before.deliver_date)


def test_publishes_and_keeps_the_invoice_as_edited():
    office = Office()
    office.made()

    answer = office.edit("000001", customerId="other")

    assert answer.publish.action is Action.EDITED
    assert office.invoices.rows == {"000001": answer.publish}


def test_an_edit_sent_twice_is_published_once():
    office = Office()
    office.made()
    first = office.edit("000001", date="2026-01-02")

    again = office.edit("000001", date="2026-01-02")

    assert (again.status, again.body, again.publish) == (200, first.body, ())


def test_new_lines_replace_the_old_ones_and_the_total():
    office = Office()
    [jumpers, _] = office.made(JUMPERS, FREIGHT).lines

    invoice = office.edit("000001", lines=[JUMPERS | {"id": "1", "quantity": 3}, FREIGHT]).body

    assert [item.id for item in invoice.lines] == [jumpers.id, "3"]
    assert invoice.total == 7.5


def test_what_a_client_was_given_may_be_sent_back():
    office = Office()
    invoice = office.made(JUMPERS, id="i-1")

    answer = office.edit("i-1", **to_builtins(invoice))

    assert (answer.status, answer.publish) == (200, ())


def test_an_invoice_without_a_delivery_date_can_be_edited():
    office = Office()
    office.issue(order(state="VALIDATED"))

    assert office.edit("000001", customerId="c2").body.customer_id == "c2"


def test_an_organization_can_be_taken_off():
    office = Office()
    office.made(organizationId="org")

    assert office.edit("000001", organizationId=None).body.organization_id is None


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"date": None, "customerId": " "}, ["date", "customerId"]),
        ({"deliverDate": "2025-12-31"}, ["deliverDate"]),
        ({"date": "2026-02-01"}, ["deliverDate"]),
        ({"orderId": "o-2"}, ["orderId"]),
        ({"state": "CANCELLED", "number": "1"}, ["number", "state"]),
        ({"lines": [{"product": "P", "quantity": -1, "price": 1}]}, ["lines[0].quantity"]),
    ],
)
def test_a_wrong_change_is_422_and_changes_nothing(changes, problems):
    office = Office()
    before = office.made()

    answer = office.edit("000001", **changes)

    assert (answer.status, list(answer.body), answer.publish) == (422, problems, ())
    assert office.invoices.rows == {"000001": before}


def test_an_unknown_invoice_is_404():
    with pytest.raises(Reject, match="no invoice '000009'") as refused:
        Office().edit("000009", date=None)

    assert refused.value.status == 404
