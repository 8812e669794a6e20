"""remember_customer: the latest value of every field."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action, Customer, CustomerRow
from functions.notifications.remember_customer import remember_customer
from runtime import Reject, Table
from tests.functions.making import event

ADA = Customer(id="1", first_name="Ada", last_name="Moss", email="ada@example.com", level="gold")


def table_after(*changes: Customer | None, key: str | None = "1") -> Table[CustomerRow]:
    customers: Table[CustomerRow] = Table({})
    for change in changes:
        remember_customer(change, event(key=key), customers)
    return customers


def test_a_customer_is_remembered():
    assert table_after(ADA).rows == {
        "1": CustomerRow("1", "Ada", "Moss", "ada@example.com", level="gold")
    }


def test_a_partial_event_blanks_nothing():
    row = table_after(ADA, Customer(id="1", last_name="Reed")).get("1")

    assert (row.first_name, row.last_name, row.level) == ("Ada", "Reed", "gold")


def test_an_id_may_be_a_number():
    assert table_after(ADA, Customer(id=1, last_name="Reed")).get("1").last_name == "Reed"


def test_a_deleted_customer_is_forgotten():
    assert table_after(ADA, Customer(id="1", action=Action.DELETED)).rows == {}


def test_a_tombstone_forgets_the_customer_in_the_key():
    assert table_after(ADA, None).rows == {}


def test_a_tombstone_without_a_key_is_rejected():
    with pytest.raises(Reject, match="has no key"):
        table_after(None, key=None)


@pytest.mark.parametrize("change", [ADA, Customer(id="1", action=Action.DELETED), None])
def test_changes_nothing_more_when_delivered_twice(change):
    assert table_after(ADA, change, change).rows == table_after(ADA, change).rows


def test_a_customer_who_comes_back_starts_anew():
    again = table_after(ADA, None, Customer(id="1", first_name="Ada")).get("1")

    assert again == CustomerRow("1", first_name="Ada")
