"""create_invoice: an order is billed by hand, under the next number, once for each id."""

from __future__ import annotations

from decimal import Decimal

import pytest

from functions.domain.customer import Action
from functions.domain.invoice import InvoiceState, KnownOrder
from runtime import Reject
from tests.functions.invoicing.office import FREIGHT, JUMPERS, LEAST, Office
from tests.functions.making import order


def test_answers_201_with_the_invoice_and_where_it_is():
    office = Office()

    answer = office.create(LEAST | {"lines": [JUMPERS, FREIGHT]})

    assert (answer.status, answer.headers) == (201, {"Location": "/v1/invoices/000001"})
    assert (answer.body.id, answer.body.number, answer.body.total) == ("000001", "000001", 5.5)


def test_publishes_and_keeps_the_invoice():
    office = Office()

    answer = office.create(LEAST)

    assert office.invoices.rows == {"000001": answer.publish}
    assert (answer.publish.action, answer.publish.state) == (Action.CREATED, InvoiceState.ISSUED)


def test_keeps_the_dates_as_they_were_sent():
    dates = {"date": "2026-01-05T09:00:00+01:00", "deliverDate": "2026-01-06"}

    invoice = Office().made(**dates)

    assert (invoice.date, invoice.deliver_date) == tuple(dates.values())


def test_items_are_numbered():
    assert [item.id for item in Office().made(JUMPERS, FREIGHT).lines] == ["1", "2"]


def test_without_lines_nothing_is_owed_yet():
    invoice = Office().made()

    assert (invoice.lines, invoice.total) == ((), 0)


def test_amounts_are_exact():
    invoice = Office().made({"product": "P", "quantity": 3, "price": "999999999999.123456789"})

    assert invoice.total == Decimal("2999999999997.370370367")


def test_it_is_for_whom_the_order_is():
    office = Office()
    office.known_orders.put("o-1", KnownOrder(customer_id=7, organization_id="org"))

    invoice = office.made()

    assert (invoice.customer_id, invoice.organization_id) == (7, "org")


def test_it_is_for_somebody_else_when_the_client_says_so():
    invoice = Office().made(customerId="other", organizationId=9)

    assert (invoice.customer_id, invoice.organization_id) == ("other", 9)


def test_numbers_go_on_where_the_issued_ones_end():
    office = Office()
    office.issue(order(state="VALIDATED"))

    assert office.made().number == "000002"
    assert office.issue(order("o-2", state="VALIDATED")).number == "000003"


def test_an_order_that_was_billed_by_hand_is_still_billed_by_itself():
    office = Office()
    office.made()

    assert office.issue(order(state="VALIDATED")).order_id == "o-1"


def test_the_document_has_a_place_of_its_own():
    office = Office()
    issued = office.issue(order(state="VALIDATED"))

    assert len({issued.document, office.made().document, office.made().document}) == 3


def test_a_refused_request_takes_no_number_and_publishes_nothing():
    office = Office()

    answer = office.create({})

    assert (answer.status, answer.publish) == (422, ())
    assert (office.numbers.rows, office.invoices.rows, office.drafts.rows) == ({}, {}, {})


def test_an_order_that_nobody_knows_is_refused():
    answer = Office().create(LEAST | {"orderId": "o-9"})

    assert answer.body == {"orderId": ["must exist"]}


def test_without_an_id_the_same_request_makes_another_invoice():
    office = Office()

    assert [office.made().id for _ in range(2)] == ["000001", "000002"]


def test_a_client_may_give_the_id_but_not_the_number():
    office = Office()

    answer = office.create(LEAST | {"id": "march freight"})

    assert answer.headers == {"Location": "/v1/invoices/march%20freight"}
    assert (answer.body.id, answer.body.number) == ("march freight", "000001")


def test_an_id_sent_twice_has_the_effect_of_one():
    office = Office()
    first = office.create(LEAST | {"id": "i-1", "lines": [FREIGHT]})

    again = office.create(LEAST | {"id": "i-1", "lines": [FREIGHT | {"price": 1.50}]})

    assert (again.status, again.headers, again.body) == (201, first.headers, first.body)
    assert (again.publish, office.numbers.get("invoices").last) == ((), 1)


def test_an_id_sent_again_after_an_edit_does_not_undo_it():
    office = Office()
    office.made(JUMPERS, id="i-1")
    office.edit("i-1", date="2026-01-02")

    again = office.create(LEAST | {"id": "i-1", "lines": [JUMPERS]})

    assert (again.status, again.body.date, again.publish) == (201, "2026-01-02", ())


def test_an_id_sent_again_after_a_delete_does_not_undo_it():
    office = Office()
    office.made(id="i-1")
    office.delete("i-1")

    again = office.create(LEAST | {"id": "i-1"})

    assert (again.status, again.body.state, again.publish) == (201, InvoiceState.CANCELLED, ())


@pytest.mark.parametrize("other", [{"date": "2026-01-02"}, {"lines": [FREIGHT]}, {"customerId": 5}])
def test_the_same_id_with_other_content_is_409_and_changes_nothing(other):
    office = Office()
    kept = office.made(id="i-1")

    with pytest.raises(Reject, match="'i-1' exists with other content") as refused:
        office.create(LEAST | {"id": "i-1"} | other)

    assert (refused.value.status, refused.value.field) == (409, "id")
    assert office.invoices.rows == {"i-1": kept}
