"""Three services are killed with -9 in the middle of 2,000 orders, and started again.

The tables and topics at the end equal those of the same orders without any fault.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.flows.shop import Shop

ORDERS = 2000
PRODUCTS = 20
#: Less than is ordered, so that some orders fail and it matters that none is counted twice.
LEVEL = 90


def test_killed_services_end_where_undisturbed_ones_do(shop: Shop) -> None:
    calm = run(shop, "calm")
    disturbed = run(shop, "disturbed", faults=(400, 900, 1400))

    assert calm["decided"] == ORDERS
    assert disturbed == calm


def run(shop: Shop, name: str, faults: tuple[int, ...] = ()) -> dict[str, Any]:
    """Publish the orders, with a kill after each of these numbers; return what is left of it."""
    for product in range(PRODUCTS):
        shop.stock(f"{name}-{product}", LEVEL)
    ids = [f"{name}-{number}" for number in range(ORDERS)]
    with ThreadPoolExecutor(1) as killer:
        for number, id in enumerate(ids):
            place_order(shop, name, number, id)
            if number in faults:
                killer.submit(kill_and_restart, shop).result()
    shop.until(lambda: len(decided(shop, ids)) == ORDERS, 180)
    return ledger(shop, name, ids)


def place_order(shop: Shop, name: str, number: int, id: str) -> None:
    order = {
        "id": id,
        "customerId": f"{name}-{number}",
        "product": f"{name}-{number % PRODUCTS}",
        "quantity": 1,
        "price": 5,
        "state": "CREATED",
    }
    shop.event("orders", id, order, id=id, time="2026-05-01T12:00:00Z")


def kill_and_restart(shop: Shop) -> None:
    services = ("inventory", "validations", "orders")
    shop.kill(*services)
    shop.restart(*services)


def decided(shop: Shop, ids: list[str]) -> set[str]:
    wanted = set(ids)
    return {
        order["id"]
        for order in shop.data("orders")
        if order["id"] in wanted and order["state"] != "CREATED"
    }


def ledger(shop: Shop, name: str, ids: list[str]) -> dict[str, Any]:
    """What the run left on the topics and in the tables, without its name."""
    wanted = set(ids)
    events = Counter(
        (order["id"], order["state"]) for order in shop.data("orders") if order["id"] in wanted
    )
    checks = Counter(
        (data["orderId"], data["checkType"])
        for data in shop.data("order-validations")
        if data["orderId"] in wanted
    )
    stock = [shop.row("stock", f"{name}-{product}") for product in range(PRODUCTS)]
    return {
        "decided": len(decided(shop, ids)),
        "most events of one kind for one order": max(events.values()),
        "answers": len(checks),
        "most answers of one kind for one order": max(checks.values()),
        "validated": sum(state == "VALIDATED" for _, state in events),
        "reserved": [row["reserved"] for row in stock],
        "levels": [row["level"] for row in stock],
        "listed": sum(row["order"]["id"] in wanted for row in shop.rows("orders").values()),
    }
