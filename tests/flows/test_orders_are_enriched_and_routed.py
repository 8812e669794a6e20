"""Every order event is joined with its customer and sent to the topic of the customer's level."""

import json
from collections import Counter
from typing import Any

from local import dead_letters
from local.loading import load_functions
from local.retries import waiting
from tests.flows.shop import Shop

ENRICH = "enrichment.enrich_order"
ROUTE = "enrichment.route_by_level"
LEVELS = ("platinum", "gold", "silver", "bronze")


def test_every_event_of_an_order_is_enriched_once_and_routed_once(shop: Shop) -> None:
    introduce(shop, "gilda", "gold", "Gilda")
    shop.stock("GILDED", 10)
    shop.order("gilded", "GILDED", 2, price=2.5, customerId="gilda")
    assert shop.decision("gilded") == "VALIDATED"

    shop.until(lambda: len(events(shop, "gold", "gilded")) == 2)

    created, validated = sorted(events(shop, "gold", "gilded"), key=lambda each: each["state"])
    assert (created["state"], validated["state"]) == ("CREATED", "VALIDATED")
    assert created == {
        "id": "gilded",
        "customerId": "gilda",
        "customerLevel": "gold",
        "firstName": "Gilda",
        "lastName": "Tester",
        "product": "GILDED",
        "quantity": 2,
        "price": 2.5,
        "state": "CREATED",
    }
    assert events(shop, "orders-enriched", "gilded") == events(shop, "gold", "gilded")
    assert routes(shop, "gilded") == {"gold": 2}


def test_an_order_goes_where_its_customer_s_level_is_at_that_moment(shop: Shop) -> None:
    introduce(shop, "riser", "silver")
    shop.order("as silver", "NOTHING OF IT", 1, customerId="riser")
    shop.until(lambda: routes(shop, "as silver") == {"silver": 2})

    introduce(shop, "riser", "platinum")
    shop.order("as platinum", "NOTHING OF IT", 1, customerId="riser")

    shop.until(lambda: routes(shop, "as platinum") == {"platinum": 2})
    assert routes(shop, "as silver") == {"silver": 2}


def test_an_unknown_level_is_a_dead_letter_and_makes_no_topic(shop: Shop) -> None:
    introduce(shop, "odd", "diamond")
    shop.order("oddly routed", "NOTHING OF IT", 1, customerId="odd")

    shop.until(lambda: len(letters(shop, ROUTE, "oddly routed")) == 2)

    assert {entry.letter.attempts for entry in letters(shop, ROUTE, "oddly routed")} == {1}
    assert (
        "'diamond'; expected platinum, gold"
        in letters(shop, ROUTE, "oddly routed")[0].letter.message
    )
    assert routes(shop, "oddly routed") == {}
    assert "diamond" not in shop.broker.topics()


def test_an_order_waits_for_its_customer_and_keeps_its_order(shop: Shop) -> None:
    shop.order("hasty", "NOTHING OF IT", 1, customerId="tardy")
    shop.until(lambda: waits(shop, "hasty"))
    assert shop.decision("hasty") == "FAILED"
    introduce(shop, "tardy", "bronze")

    shop.until(lambda: len(events(shop, "bronze", "hasty")) == 2)

    states = [event["state"] for event in events(shop, "bronze", "hasty")]
    assert states == ["CREATED", "FAILED"]
    assert letters(shop, ENRICH, "hasty") == []


def test_a_customer_nobody_ever_knows_is_a_dead_letter_that_goes_out_on_replay(shop: Shop) -> None:
    shop.order("ghostly", "NOTHING OF IT", 1, customerId="ghost")
    shop.until(lambda: len(letters(shop, ENRICH, "ghostly")) == 2, 60)
    assert {entry.letter.error for entry in letters(shop, ENRICH, "ghostly")} == {"Unmatched"}
    introduce(shop, "ghost", "silver")

    dead_letters.replay(shop.broker, letters(shop, ENRICH, "ghostly"), by="test")

    shop.until(lambda: routes(shop, "ghostly") == {"silver": 2})


def test_services_killed_amid_orders_enrich_and_route_each_once(shop: Shop) -> None:
    introduce(shop, "steady", "gold")
    ids = [f"steady-{number}" for number in range(60)]
    for number, id in enumerate(ids):
        shop.order(id, "NOTHING OF IT", 1, customerId="steady")
        if number in (20, 40):
            shop.kill("enrichment")
            shop.restart("enrichment")

    def found(topic: str) -> Counter[Any]:
        return Counter((e["id"], e["state"]) for e in shop.data(topic) if e["id"] in set(ids))

    wanted = {(id, state) for id in ids for state in ("CREATED", "FAILED")}
    shop.until(lambda: set(found("gold")) == wanted, 60)
    assert found("gold") == found("orders-enriched") == Counter(wanted)


def introduce(shop: Shop, id: str, level: str, name: str = "Ada") -> None:
    """Publish a customer and wait until enrichment knows them."""
    customer = {"id": id, "firstName": name, "lastName": "Tester", "level": level}
    shop.publish("customers", id, json.dumps(customer).encode())
    shop.until(lambda: shop.row("enrichment.customers", id).get("level") == level)


def events(shop: Shop, topic: str, order: str) -> list[Any]:
    return [event for event in shop.data(topic) if event["id"] == order]


def routes(shop: Shop, order: str) -> dict[str, int]:
    """How many events of the order went to which level."""
    found = {level: len(events(shop, level, order)) for level in LEVELS}
    return {level: count for level, count in found.items() if count}


def letters(shop: Shop, function: str, order: str) -> list[dead_letters.Entry]:
    return [entry for entry in shop.dead_letters(function) if entry.record.key == order]


def waits(shop: Shop, order: str) -> bool:
    found = waiting(load_functions(["functions"]), shop.store, ENRICH)
    return order in {entry.key for entry in found}
