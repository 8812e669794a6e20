"""Three services are killed with -9 in the middle of 2,000 orders, and started again.

The tables and topics at the end equal those of the same orders without any fault.
"""

from collections import Counter
from typing import Any

from runtime.record import Message
from tests.flows.shop import Shop, event

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
    news, undecided = shop.follow("orders"), set(ids)
    for start in range(0, ORDERS, 100):
        shop.broker.publish([order(name, start + number) for number in range(100)])
        if start in faults:
            kill_and_restart(shop)

    def all_decided() -> bool:
        undecided.difference_update(o["id"] for o in news() if o["state"] != "CREATED")
        return not undecided

    shop.until(all_decided, 120)
    return ledger(shop, name, ids)


def order(name: str, number: int) -> Message:
    fields = {
        "id": f"{name}-{number}",
        "customerId": f"{name}-{number}",
        "product": f"{name}-{number % PRODUCTS}",
        "quantity": 1,
        "price": 5,
        "state": "CREATED",
    }
    id = f"{name}-{number}"
    return event("orders", id, fields, id=id, time="2026-05-01T12:00:00Z")


def kill_and_restart(shop: Shop) -> None:
    services = ("inventory", "validations", "orders")
    shop.kill(*services)
    shop.restart(*services)


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
        "decided": sum(state != "CREATED" for _, state in events),
        "most events of one kind for one order": max(events.values()),
        "answers": len(checks),
        "most answers of one kind for one order": max(checks.values()),
        "validated": sum(state == "VALIDATED" for _, state in events),
        "reserved": [row["reserved"] for row in stock],
        "levels": [row["level"] for row in stock],
        "listed": sum(row["order"]["id"] in wanted for row in shop.rows("orders").values()),
    }
