"""edit_customer: something about a customer is different now."""

from __future__ import annotations

import msgspec
import pytest

from functions.domain.customer import Customer, CustomerRow
from runtime import Reject
from tests.functions.customers.desk import Desk, told


def test_only_what_is_sent_changes_and_the_event_has_the_whole_row():
    desk = Desk()
    made = desk.customer(address="1 Mill Road")

    answer = desk.edit(made.id, last_name="Fern")

    assert (answer.status, answer.body) == (200, msgspec.structs.replace(made, last_name="Fern"))
    assert desk.customers.get(made.id) == answer.body
    event = told(answer)
    assert (event["action"], event["entity"]) == ("edited", "Customer")
    assert (event["name"], event["lastName"], event["address"]) == ("Ada", "Fern", "1 Mill Road")


def test_the_same_change_sent_again_publishes_nothing():
    desk = Desk()
    made = desk.customer()
    desk.edit(made.id, name="Eve")

    again = desk.edit(made.id, name="Eve")

    assert (again.status, again.body.name) == (200, "Eve")
    assert not again.publish


def test_an_address_that_is_cleared_is_cleared_for_readers_too():
    desk = Desk()
    made = desk.customer(address="1 Mill Road", level="gold")

    event = told(desk.edit(made.id, address=None, level=None))

    known = CustomerRow("1", address="1 Mill Road", level="gold")
    after = known.learn(msgspec.convert(event, Customer))
    assert (after.address, after.level) == ("", "bronze")


def test_a_refused_change_changes_nothing():
    desk = Desk()
    made = desk.customer()

    answer = desk.edit(made.id, name=None, email="nowhere", id="2")

    assert answer.status == 422
    assert answer.body == {
        "name": ["can't be blank"],
        "email": ["is invalid"],
        "id": ["is read-only"],
    }
    assert desk.customers.get(made.id) == made
    assert not answer.publish


def test_a_client_may_send_back_what_it_was_given():
    desk = Desk()
    made = desk.customer()

    assert desk.edit(made.id, **msgspec.to_builtins(made)).status == 200


def test_an_unknown_customer_is_404():
    with pytest.raises(Reject, match="no customer '7'") as refused:
        Desk().edit("7", name="Eve")

    assert refused.value.status == 404
