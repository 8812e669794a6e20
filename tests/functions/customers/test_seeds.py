"""The customers that are there from the start."""

from __future__ import annotations

from functions.customers.seeds import CUSTOMERS
from functions.domain.customer import Customer, CustomerRow
from functions.notifications.mail import address_of


def test_there_are_nine_with_their_levels():
    levels = {customer.id: customer.level for customer in CUSTOMERS}

    assert levels == {
        **dict.fromkeys("123", "platinum"),
        **dict.fromkeys("57", "gold"),
        **dict.fromkeys("68", "silver"),
        **dict.fromkeys("49", "bronze"),
    }


def test_each_has_a_name_and_an_address_nobody_owns():
    for customer in CUSTOMERS:
        assert isinstance(customer, Customer)
        address = address_of(CustomerRow(customer.key).learn(customer))
        assert address.domain == "example.com"
        assert address.display_name
