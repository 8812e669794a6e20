"""The orders of the bench: design section 10, the same for every contestant."""

from __future__ import annotations

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


def products() -> list[str]:
    """The names of all products."""
    return [f"p-{number:03}" for number in range(PRODUCTS)]


class Workload:
    """Orders with ids that no other run uses; each takes one piece of one product.

    One piece each, so that a reservation that is missing afterwards is one lost update.
    """

    def __init__(self, run: str, topic: str) -> None:
        self._run, self._topic = run, topic
        self._choice = random.Random(run)  # noqa: S311 - the same orders in every run of this name
        #: How many orders were made so far.
        self.made = 0

    def orders(self, count: int) -> list[Message]:
        """Make the next orders, as `create_order` publishes them: structured CloudEvents."""
        first, self.made = self.made, self.made + count
        return [self._order(f"{self._run}-{number}") for number in range(first, self.made)]

    def _order(self, id: str) -> Message:
        order = {
            "id": id,
            "customerId": f"c-{self._choice.randrange(CUSTOMERS):04}",
            "product": f"p-{self._choice.randrange(PRODUCTS):03}",
            "quantity": 1,
            "price": Decimal("4.95"),
            "state": "CREATED",
        }
        return event.write(
            self._topic, id, order, id=f"e-{id}", source="/bench", type="Order", time=_TIME
        )


def stock_levels(topic: str) -> Sequence[Message]:
    """The records that fill the table of stock."""
    return [Message(topic, product, str(LEVEL).encode(), {}) for product in products()]
