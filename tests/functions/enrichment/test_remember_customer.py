"""remember_customer: enrichment's own copy follows the topic as every lookup table does."""

from __future__ import annotations

from functions.domain.customer import Action, Customer, CustomerRow
from functions.enrichment.remember_customer import remember_customer
from runtime import Table
from tests.functions.making import event

ADA = Customer(id="1", first_name="Ada", last_name="Moss", level="gold")


def test_keeps_the_latest_value_of_every_field():
    customers: Table[CustomerRow] = Table({})

    for change in (ADA, Customer(id="1", last_name="Reed"), Customer(id="1", last_name="Reed")):
        remember_customer(change, event(), customers)

    assert customers.rows == {"1": CustomerRow("1", "Ada", "Reed", level="gold")}


def test_forgets_who_was_deleted():
    customers: Table[CustomerRow] = Table({})

    for change in (ADA, Customer(id="1", action=Action.DELETED)):
        remember_customer(change, event(), customers)

    assert customers.rows == {}


def test_its_table_is_filled_before_the_first_order_comes():
    assert remember_customer.spec.fills_table
    assert remember_customer.spec.ordered
