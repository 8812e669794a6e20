"""add_invoice_item: one thing more is billed, once for each id."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action
from runtime import Reject
from tests.functions.invoicing.office import FREIGHT, JUMPERS, Office


def test_answers_201_with_the_item_and_where_it_is():
    office = Office()
    office.made(JUMPERS)

    answer = office.add_item("000001", FREIGHT)

    assert (answer.status, answer.headers) == (201, {"Location": "/v1/invoices/000001/items/2"})
    assert (answer.body.id, answer.body.product, answer.body.price) == ("2", "FREIGHT", 1.5)


def test_publishes_and_keeps_the_invoice_with_its_new_total():
    office = Office()
    office.made(JUMPERS)

    answer = office.add_item("000001", FREIGHT)

    assert (answer.publish.total, answer.publish.action) == (5.5, Action.EDITED)
    assert office.invoices.rows == {"000001": answer.publish}


def test_the_id_of_an_item_that_was_removed_is_not_given_again():
    office = Office()
    office.made(JUMPERS, FREIGHT)
    office.remove_item("000001", "2")

    assert office.add_item("000001", FREIGHT).body.id == "3"


def test_a_number_that_a_client_has_taken_is_left_out():
    office = Office()
    office.made(JUMPERS)
    office.add_item("000001", FREIGHT | {"id": "2"})

    assert office.add_item("000001", FREIGHT).body.id == "3"


def test_an_id_sent_twice_has_the_effect_of_one():
    office = Office()
    office.made()
    first = office.add_item("000001", FREIGHT | {"id": "a b?"})

    again = office.add_item("000001", FREIGHT | {"id": "a b?"})

    assert (again.status, again.headers, again.body) == (201, first.headers, first.body)
    assert (again.publish, len(office.invoices.get("000001").lines)) == ((), 1)


def test_the_same_id_with_other_content_is_409_and_changes_nothing():
    office = Office()
    before = office.made(JUMPERS)

    with pytest.raises(Reject, match="'1' of invoice '000001' exists with other") as refused:
        office.add_item("000001", FREIGHT | {"id": "1"})

    assert (refused.value.status, refused.value.field) == (409, "id")
    assert office.invoices.rows == {"000001": before}


def test_everything_that_is_wrong_is_told_at_once():
    office = Office()
    before = office.made()

    answer = office.add_item("000001", {"quantity": 1.5, "price": "dear", "colour": "red"})

    assert (answer.status, answer.publish) == (422, ())
    assert answer.body == {
        "product": ["can't be blank"],
        "quantity": ["must be an integer"],
        "price": ["is not a number"],
        "colour": ["is unknown"],
    }
    assert office.invoices.rows == {"000001": before}


def test_an_unknown_invoice_is_404():
    with pytest.raises(Reject, match="no invoice '000009'") as refused:
        Office().add_item("000009", {})

    assert refused.value.status == 404
