"""Three orders within half a minute of event time: the customer stands in the fraud report."""

import json
from typing import Any

from tests.flows.shop import Shop

TIMES = {"a": "12:00:00", "b": "12:00:10", "c": "12:00:29.999", "d": "12:00:30"}


def test_a_customer_with_three_orders_in_one_window_is_reported(shop: Shop) -> None:
    customer = {"id": "hurried", "firstName": "Hurry", "lastName": "Upton"}
    shop.publish("customers", "hurried", json.dumps(customer).encode())
    shop.until(lambda: shop.row("enrichment.customers", "hurried") != {})
    for name, time in TIMES.items():
        place(shop, f"hurried-{name}", "hurried", time)

    shop.until(lambda: entry(shop, "hurried") is not None)

    assert entry(shop, "hurried") == {
        "customerId": "hurried",
        "lastName": "Upton",
        "firstName": "Hurry",
        "counts": 3,
    }


def test_events_of_one_order_count_once(shop: Shop) -> None:
    for name in ("a", "b"):
        for number in range(3):
            place(shop, f"single-{name}", "single", "12:00:01", event=f"{name}{number}")
        place(shop, f"single-{name}", "single", "12:05:00")  # behind them on its partition

    shop.until(lambda: sum(windows(shop, "single")) == 4)

    assert windows(shop, "single") == [2, 2]
    assert entry(shop, "single") is None


def test_a_restart_in_the_middle_of_a_window_loses_and_doubles_no_order(shop: Shop) -> None:
    place(shop, "torn-a", "torn", "12:00:01")
    place(shop, "torn-b", "torn", "12:00:02")
    shop.until(lambda: windows(shop, "torn") == [2])

    shop.kill("enrichment")
    place(shop, "torn-c", "torn", "12:00:03")
    shop.restart("enrichment")
    place(shop, "torn-d", "torn", "12:00:04")

    shop.until(lambda: windows(shop, "torn") == [4])
    assert entry(shop, "torn")["counts"] == 4


def test_a_limit_is_a_number_from_1_to_500(shop: Shop) -> None:
    assert shop.get("/v1/fraud?limit=1", service="enrichment")[0] == 200
    assert shop.get("/v1/fraud?limit=0", service="enrichment")[0] == 400
    assert shop.get("/v1/fraud?limit=many", service="enrichment")[0] == 400


def place(shop: Shop, id: str, customer: str, time: str, event: str | None = None) -> None:
    """Publish a new order with its event time on a day of its own."""
    order = {"id": id, "customerId": customer, "product": "HASTE", "quantity": 1, "price": 1}
    at = f"2026-06-01T{time}Z"
    shop.event("orders", id, {**order, "state": "CREATED"}, id=f"{id}-{event}", time=at)


def windows(shop: Shop, customer: str) -> list[int]:
    """How many orders were counted in each open window."""
    return [window["counts"] for window in shop.row("windows", customer).get("open", [])]


def entry(shop: Shop, customer: str) -> Any:
    """What the report says of a customer; None when it does not name them."""
    status, report = shop.get("/v1/fraud?limit=500", service="enrichment")
    assert status == 200
    return next((each for each in report if each["customerId"] == customer), None)
