"""Customers: partial changes, and fields that somebody else added."""

from __future__ import annotations

import msgspec
import pytest

from functions.domain.customer import Customer, CustomerRow


def test_a_partial_change_leaves_the_other_fields():
    row = CustomerRow("1", first_name="Ada", email="ada@example.com", level="gold")

    assert row.learn(Customer(id="1", first_name="Adele")) == CustomerRow(
        "1", first_name="Adele", email="ada@example.com", level="gold"
    )


def test_an_empty_text_is_a_value():
    row = CustomerRow("1", address="Main Street 1")

    assert row.learn(Customer(id="1", address="")).address == ""


def test_the_default_level_is_bronze():
    assert CustomerRow("1").level == "bronze"


def test_unknown_fields_of_a_customer_are_ignored():
    raw = b'{"id":4,"firstName":"Ada","entity":"Customer","action":"created","shoeSize":38}'

    assert msgspec.json.decode(raw, type=Customer).first_name == "Ada"


def test_the_key_is_the_id_as_text():
    assert Customer(id=4).key == "4"


def test_an_address_may_have_several_lines():
    assert Customer(id=4, address="Main Street 1\nLondon").address


def test_an_address_of_mail_may_not():
    with pytest.raises(ValueError, match="`email`"):
        Customer(id=4, email="ada@example.com\nBcc: all@example.com")
