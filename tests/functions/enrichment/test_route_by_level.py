"""route_by_level: a topic for each level, and none for any other."""

from __future__ import annotations

import pytest

from functions.domain.customer import CustomerRow
from functions.domain.enriched import OrderEnriched
from functions.enrichment.route_by_level import route_by_level
from runtime import Outgoing, Reject
from tests.functions.making import order


def enriched(level: str, state: str = "CREATED") -> OrderEnriched:
    return OrderEnriched.of(order(state=state), CustomerRow("c1", level=level))


@pytest.mark.parametrize("level", ["platinum", "gold", "silver", "bronze"])
@pytest.mark.parametrize("state", ["CREATED", "VALIDATED", "FAILED", "SHIPPED"])
def test_every_order_event_goes_to_the_topic_of_its_customer_s_level(level, state):
    routed = enriched(level, state)

    assert route_by_level(routed) == Outgoing(routed, topic=level)


def test_publishes_the_same_when_delivered_twice():
    assert route_by_level(enriched("gold")) == route_by_level(enriched("gold"))


@pytest.mark.parametrize("level", ["diamond", "Gold", "", "orders"])
def test_an_unknown_level_is_rejected_and_no_topic_is_made_up(level):
    with pytest.raises(Reject, match="expected platinum, gold, silver, bronze"):
        route_by_level(enriched(level))


def test_publishes_to_the_four_topics_only():
    assert route_by_level.spec.publishes == ("platinum", "gold", "silver", "bronze")
