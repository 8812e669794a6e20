"""The orders of the bench: design section 10, the same for every contestant."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from runtime import event
from runtime.record import Message

CUSTOMERS = 1_000
PRODUCTS = 200
PARTITIONS = 4
#: So much of each product that no order fails.
LEVEL = 1_000_000_000

_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def products(count: int = PRODUCTS) -> list[str]:
    """The names of all products, or of so many."""
    return [f"p-{number:03}" for number in range(count)]


def posted(id: str, number: int, customer: int) -> bytes:
    """An order as a client posts it, which everybody passes: so little of so much."""
    order = {
        "id": id,
        "customerId": f"c-{customer:04}",
        "product": f"p-{number % PRODUCTS:03}",
        "quantity": 1,
        "price": 4.95,
    }
    return json.dumps(order).encode()


class Workload:
    """Orders with ids that no other run uses; each takes one piece of one product.

    One piece each, so that a reservation that is missing afterwards is one lost update. Orders
    take the products of `in_turn` one after the other, so that each has a row of its own as long
    as there are enough; without it any of the usual ones.
    """

    def __init__(self, run: str, topic: str, in_turn: Sequence[str] = ()) -> None:
        self._run, self._topic, self._in_turn = run, topic, in_turn
        self._choice = random.Random(run)  # noqa: S311 - the same orders in every run of this name
        #: How many orders were made so far.
        self.made = 0

    def orders(self, count: int) -> list[Message]:
        """Make the next orders, as `create_order` publishes them: structured CloudEvents."""
        first, self.made = self.made, self.made + count
        return [self._order(number) for number in range(first, self.made)]

    def _order(self, number: int) -> Message:
        id = f"{self._run}-{number}"
        order = {
            "id": id,
            "customerId": f"c-{self._choice.randrange(CUSTOMERS):04}",
            "product": self._product(number),
            "quantity": 1,
            "price": Decimal("4.95"),
            "state": "CREATED",
        }
        return event.write(
            self._topic, id, order, id=f"e-{id}", source="/bench", type="Order", time=_TIME
        )

    def _product(self, number: int) -> str:
        if self._in_turn:
            return self._in_turn[number % len(self._in_turn)]
        return f"p-{self._choice.randrange(PRODUCTS):03}"


def stock_levels(topic: str, names: Sequence[str] = ()) -> Sequence[Message]:
    """The records that fill the table of stock, of the usual products or of these."""
    return [Message(topic, name, str(LEVEL).encode(), {}) for name in names or products()]
