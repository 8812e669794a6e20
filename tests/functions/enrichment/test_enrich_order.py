"""enrich_order: the order as it is, with its customer as known just now."""

from __future__ import annotations

import pytest

from functions.domain.customer import CustomerRow
from functions.domain.enriched import OrderEnriched
from functions.enrichment.enrich_order import enrich_order
from runtime import Table, wire
from runtime.joins import Unmatched
from tests.functions.making import order, order_of

ADA = CustomerRow("c1", "Ada", "Moss", "ada@example.com", level="gold")


def test_joins_the_order_with_its_customer():
    enriched = enrich_order(order("o-1", state="VALIDATED"), Table({"c1": ADA}))

    assert wire.decode(wire.encode(enriched)) == {
        "id": "o-1",
        "customerId": "c1",
        "state": "VALIDATED",
        "product": "JUMPERS",
        "quantity": 1,
        "price": 1.0,
        "customerLevel": "gold",
        "firstName": "Ada",
        "lastName": "Moss",
    }


def test_an_order_of_several_lines_keeps_them():
    given = order_of(("JUMPERS", 1), ("SOCKS", 2))

    enriched = enrich_order(given, Table({"c1": ADA}))

    assert enriched.lines == given.lines
    assert wire.decode(wire.encode(enriched), OrderEnriched) == enriched
    assert enriched.key == "o-1"


@pytest.mark.parametrize("customer", [5, "5"])
def test_a_customer_s_id_may_be_a_number_and_stays_as_it_was_written(customer):
    enriched = enrich_order(order(customer=customer), Table({"5": CustomerRow("5")}))

    assert (enriched.customer_id, enriched.customer_level) == (customer, "bronze")


def test_a_level_that_nobody_knows_is_passed_on():
    odd = CustomerRow("c1", level="diamond")

    assert enrich_order(order(), Table({"c1": odd})).customer_level == "diamond"


def test_publishes_the_same_when_delivered_twice():
    customers = Table({"c1": ADA})

    assert enrich_order(order(), customers) == enrich_order(order(), customers)


def test_an_order_of_a_customer_nobody_knows_waits():
    with pytest.raises(Unmatched, match="The customer 'c1' of o-1 is not known"):
        enrich_order(order(), Table({}))


def test_an_order_that_names_no_customer_is_passed_over():
    wanted = enrich_order.spec.when

    assert (wanted(order(customer=None)), wanted(order())) == (False, True)
