"""delete_customer: somebody is our customer no more."""

from __future__ import annotations

import pytest

from functions.customers.delete_customer import delete_customer
from functions.customers.get_customer import get_customer
from runtime import Reject
from tests.functions.customers.desk import Desk, told


def test_the_row_goes_and_the_event_says_who_it_was():
    desk = Desk()
    made = desk.customer()

    answer = delete_customer(made.id, desk.customers)

    assert (answer.status, answer.body) == (204, None)
    event = told(answer)
    assert (event["action"], event["id"], event["email"]) == ("deleted", made.id, made.email)
    with pytest.raises(Reject) as refused:
        get_customer(made.id, desk.customers)
    assert refused.value.status == 404


def test_deleting_twice_is_404():
    desk = Desk()
    made = desk.customer()
    delete_customer(made.id, desk.customers)

    with pytest.raises(Reject) as refused:
        delete_customer(made.id, desk.customers)

    assert refused.value.status == 404
