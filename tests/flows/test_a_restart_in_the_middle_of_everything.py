"""Orders keep coming while everything is killed with -9 and started again, twice.

At the end every order has been decided, billed, mailed, enriched, routed and indexed as if nothing
had happened, and once. RESTART_STORY_SECONDS says how long orders come, twenty a second.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from functions.domain.words import file_name
from local import dead_letters
from local.populating import CUSTOMERS, PRODUCTS
from tests.flows.shop import REGISTRY, Shop
from tests.functions.invoicing.paper import text as printed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

RATE = 20
ORDERS = RATE * int(os.environ.get("RESTART_STORY_SECONDS", "6"))
#: Everything is killed when so many of the orders have been paid.
KILLS = (ORDERS // 3, 2 * ORDERS // 3)
#: A third of the orders ask for each product. There is less of the last one than that.
SCARCE, FREE = PRODUCTS[-1], ORDERS // 6
LEVELS = ("platinum", "gold", "silver", "bronze")
CHECKS = ("INVENTORY_CHECK", "FRAUD_CHECK", "ORDER_DETAILS_CHECK")
#: A machine that builds besides carries a few orders a second only.
PATIENCE_SECONDS = 400


def test_every_order_is_carried_through_once(shop: Shop) -> None:
    reserved = stocked(shop)
    level_of = introduced(shop)
    paid = shop.follow("payments")
    paid()

    orders = coming(shop, paid)

    assert len(orders) == ORDERS
    ledger = Ledger(shop, orders)
    shop.until(lambda: ledger.decided() == ORDERS, PATIENCE_SECONDS)
    states = ledger.states()
    validated = {id for id in orders if states[id] == "VALIDATED"}
    shop.until(lambda: set(ledger.invoices()) == validated, PATIENCE_SECONDS)
    shop.until(lambda: ledger.routed() == len(ledger.events), PATIENCE_SECONDS)
    shop.until(lambda: ledger.unsent() == set(), PATIENCE_SECONDS)

    # Decided: one CREATED and one decision each, by one answer of each validator.
    assert set(ledger.events.values()) == {1}
    assert set(ledger.events) == {(id, "CREATED") for id in orders} | set(states.items())
    assert ledger.answers() == Counter((id, check) for id in orders for check in CHECKS)
    wanted = Counter(orders[id]["product"] for id in validated)
    asked = Counter(order["product"] for order in orders.values())
    assert wanted == {**asked, SCARCE: FREE}
    for product in PRODUCTS:
        assert shop.row("stock", product)["reserved"] == reserved[product] + wanted[product]

    # Billed: once, with the right total, under a number of its own.
    invoices = ledger.invoices()
    assert {total for _, total in invoices.values()} == {1}
    numbers = sorted(each["number"] for each in shop.rows("invoices").values())
    assert numbers == [f"{number:06}" for number in range(1, len(numbers) + 1)]
    for id, _ in invoices.values():
        status, document = shop.get(f"/v1/invoices/{id}/document", service="invoicing")
        assert (status, "Total 1.00" in printed(document)) == (200, True)

    # Mailed: once. SES takes no idempotency key, so the mail under way at a kill may go out twice.
    wanted_mails = {f"invoice-{file_name(id)}" for id, _ in invoices.values()}
    wanted_mails |= {f"paid-{file_name(id)}" for id in orders}
    sent = sent_mails(shop)
    assert wanted_mails <= sent.keys()
    doubled = {id: count for id, count in sent.items() if id in wanted_mails and count > 1}
    assert len(doubled) <= len(KILLS)
    assert set(doubled.values()) <= {2}

    # Enriched and routed: every event of an order, once, to the level of its customer.
    assert ledger.on("orders-enriched") == ledger.events
    for level in LEVELS:
        here = {id for id in orders if level_of[orders[id]["customerId"]] == level}
        assert ledger.on(level) == {e: n for e, n in ledger.events.items() if e[0] in here}

    # In the index: in its last state.
    shop.until(lambda: indexed(shop, orders) == states, PATIENCE_SECONDS)

    letters = dead_letters.entries(shop.broker)
    assert [entry for entry in letters if entry.record.key in orders] == []


def coming(shop: Shop, paid: Any) -> Mapping[str, Any]:
    """Have the orders come, killing everything on the way; return them by their ids."""
    everything = tuple(REGISTRY.services)
    found: set[str] = set()

    def reached(count: int) -> bool:
        found.update(payment["orderId"] for payment in paid())
        return len(found) >= count

    with populating(shop) as process:
        for count in KILLS:
            shop.until(lambda count=count: reached(count), PATIENCE_SECONDS)
            shop.kill(*everything)
            shop.restart(*everything)
        said, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, told
    assert json.loads(said) == {"accepted": ORDERS, "refused": 0, "paid": ORDERS}
    shop.until(lambda: reached(ORDERS))
    created = (data for data in shop.data("orders") if data["state"] == "CREATED")
    return {order["id"]: order for order in created if order["id"] in found}


@contextmanager
def populating(shop: Shop) -> Iterator[subprocess.Popen[bytes]]:
    """`sluice populate`, as a user runs it."""
    place = ["--data", shop.place["--data"]] if "--data" in shop.place else []
    if "--kafka" in shop.place:
        place = ["--kafka", shop.place["--kafka"], "--url", shop.urls["orders"]]
    words = ["populate", "--rate", str(RATE), "--count", str(ORDERS), "--json", *place]
    command = [sys.executable, "-m", "local", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()


@dataclass
class Ledger:
    """What the topics and tables say of these orders."""

    shop: Shop
    orders: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.events: Counter[tuple[str, str]] = Counter()
        self._news = self.shop.follow("orders")

    def decided(self) -> int:
        news = ((each["id"], each["state"]) for each in self._news())
        self.events.update(event for event in news if event[0] in self.orders)
        return len(self.states())

    def states(self) -> dict[str, str]:
        return {id: state for id, state in self.events if state != "CREATED"}

    def answers(self) -> Counter[tuple[str, str]]:
        answers = self.shop.data("order-validations")
        found = ((each["orderId"], each["checkType"]) for each in answers)
        return Counter(each for each in found if each[0] in self.orders)

    def invoices(self) -> dict[str, tuple[str, Any]]:
        """The id and the total of each order's invoice. Raises when an order has two of them."""
        found: dict[str, tuple[str, Any]] = {}
        for invoice in self.shop.data("invoices"):
            if (order := invoice["orderId"]) in self.orders:
                assert order not in found, f"{order} is billed twice"
                found[order] = (invoice["id"], invoice["total"])
        return found

    def on(self, topic: str) -> Counter[tuple[str, str]]:
        found = ((each["id"], each["state"]) for each in self.shop.data(topic))
        return Counter(event for event in found if event[0] in self.orders)

    def routed(self) -> int:
        return sum(len(self.on(level)) for level in LEVELS)

    def unsent(self) -> set[str]:
        """The mails of these orders that the log does not call sent, or does not know."""
        log = self.shop.rows("mails")
        wanted = {f"invoice-{file_name(id)}" for id, _ in self.invoices().values()}
        wanted |= {f"paid-{file_name(id)}" for id in self.orders}
        return {id for id in wanted if log.get(id, {}).get("status") != "sent"}


def sent_mails(shop: Shop) -> Counter[str]:
    """How often each mail went out, by the id that both copies of one have."""
    return Counter(str(mail["X-Sluice-Mail"]) for mail in shop.mails_to("@populated.example.com"))


def indexed(shop: Shop, orders: Mapping[str, Any]) -> dict[str, str]:
    """The states that the search index has of these orders."""
    found: dict[str, str] = {}
    after = ""
    while True:
        status, page = shop.get(f"/v1/search/orders?limit=500{after}", service="search")
        assert status == 200, page
        found |= {each["id"]: each["state"] for each in page["orders"] if each["id"] in orders}
        if "after" not in page:
            return found
        after = f"&after={quote(page['after'])}"


def stocked(shop: Shop) -> dict[str, int]:
    """Stock enough of every product but the scarce one; return what is reserved already."""
    reserved = {product: shop.row("stock", product).get("reserved", 0) for product in PRODUCTS}
    for product in PRODUCTS:
        shop.stock(product, reserved[product] + (FREE if product == SCARCE else ORDERS))
    return reserved


def introduced(shop: Shop) -> dict[str, str]:
    """Introduce the customers; return their levels."""
    levels = {id: LEVELS[number % len(LEVELS)] for number, id in enumerate(CUSTOMERS)}
    for id, level in levels.items():
        customer = {"id": id, "firstName": "Ada", "lastName": f"No. {id}", "level": level}
        customer["email"] = f"{id}@populated.example.com"
        shop.publish("customers", id, json.dumps(customer).encode())
    for id, level in levels.items():
        shop.until(lambda id=id: shop.row("notifications.customers", id) != {})
        shop.until(
            lambda id=id, level=level: shop.row("enrichment.customers", id).get("level") == level
        )
    return levels
