"""learn_customer: whom do others bring?"""

from __future__ import annotations

import pytest

from functions.customers.learn_customer import learn_customer
from functions.customers.seeds import CUSTOMERS
from functions.domain.clientele import CustomerRecord
from functions.domain.customer import Action, Customer
from runtime import Reject, Table
from tests.functions.customers.desk import event_from

ELSEWHERE = event_from("/capture")
OURS = event_from("/customers/edit_customer")


@pytest.fixture
def customers() -> Table[CustomerRecord]:
    return Table({})


def test_the_nine_of_the_demo_are_known_under_the_names_of_the_interface(customers):
    for seed in CUSTOMERS:
        learn_customer(seed, ELSEWHERE, customers)

    assert len(customers.rows) == 9
    assert customers.get("1") == CustomerRecord(
        id="1",
        name="Ida",
        last_name="Lindqvist",
        email="ida.lindqvist@example.com",
        address="1 Harbour Lane, Oldport",
        level="platinum",
    )


def test_a_partial_change_blanks_nothing(customers):
    learn_customer(CUSTOMERS[4], ELSEWHERE, customers)

    learn_customer(Customer(id=5, email="new@example.com"), ELSEWHERE, customers)

    learned = customers.get("5")
    assert (learned.name, learned.email, learned.level) == ("Salma", "new@example.com", "gold")


def test_delivered_twice_it_changes_nothing(customers):
    learn_customer(CUSTOMERS[0], ELSEWHERE, customers)
    once = customers.rows

    learn_customer(CUSTOMERS[0], ELSEWHERE, customers)

    assert customers.rows == once


def test_a_customer_deleted_elsewhere_is_gone_by_an_event_or_a_tombstone(customers):
    learn_customer(CUSTOMERS[0], ELSEWHERE, customers)
    learn_customer(CUSTOMERS[1], ELSEWHERE, customers)

    learn_customer(Customer(id="1", action=Action.DELETED), ELSEWHERE, customers)
    learn_customer(None, event_from("kafka:customers", key="2"), customers)

    assert customers.rows == {}


def test_a_tombstone_of_nobody_is_refused(customers):
    with pytest.raises(Reject, match="who left"):
        learn_customer(None, ELSEWHERE, customers)


def test_our_own_event_does_not_undo_a_newer_change(customers):
    customers.put("1", CustomerRecord(id="1", name="newer"))

    learn_customer(Customer(id="1", first_name="older"), OURS, customers)

    assert customers.get("1") == CustomerRecord(id="1", name="newer")


def test_our_own_event_does_not_bring_back_who_was_deleted(customers):
    learn_customer(Customer(id="1", first_name="Ada", action=Action.CREATED), OURS, customers)

    assert customers.rows == {}
