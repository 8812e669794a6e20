"""Whatever fails, whenever: an event that is tried again later counts once and keeps its order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import Event, Outgoing, Retries, function
from runtime.errors import PlatformDown
from tests.runtime.making import Meddled, Sale, Shop, Trouble, sale

QUICK = Retries(attempts=1, first_seconds=0, most_seconds=0)


@function(subscribes="sales", publishes="sold", batch=3, retries=QUICK)
def pass_on(sale: Sale, trouble: Trouble) -> Sale:
    """Pass a sale on."""
    trouble.call(sale.product)
    return sale


@function(subscribes="sales", publishes="sold", ordered=True, batch=3, retries=QUICK)
def pass_on_in_order(sale: Sale, event: Event, trouble: Trouble) -> Outgoing:
    """Pass a sale on, after those of its key before it."""
    trouble.call(sale.product)
    return Outgoing(sale, key=event.key)


class World:
    """Kafka and time, as one function sees them."""

    def __init__(self, function: Any, *, publishes_in_transaction: bool) -> None:
        self.sidecar = Meddled(publishes_in_transaction=publishes_in_transaction)
        self.shop = Shop(function, self.sidecar, retry_seconds="2,5")
        # The platform and the functions look at the same clock.
        self.sidecar._clock = self.shop.clock
        self.count = 0

    def deliver(self, events: list[tuple[str, int]], fault: str) -> None:
        records = []
        for key, failures in events:
            product = f"{key}{self.count}"
            self.shop.trouble.ahead[product] = [OSError("busy")] * failures
            records.append(sale(self.count, product, key=key))
            self.count += 1
        self._until_done(lambda: self.shop.deliver(*records), fault)

    def pass_time(self, seconds: int, fault: str) -> None:
        for _ in range(seconds):
            self._until_done(lambda: self.shop.pass_time(1), fault)
            fault = "nothing"

    def _until_done(self, act: Any, fault: str) -> None:
        operation, _, when = fault.partition(" ")
        if when:
            self.sidecar.fail_next(operation, PlatformDown("gone"), after=when == "after")  # type: ignore[arg-type]
        while True:
            try:
                return act()  # type: ignore[no-any-return]
            except PlatformDown:
                self.shop._retried = 0  # everything on the retry topic is delivered again
                self.shop.restart()


FAULTS = st.sampled_from(
    [
        "nothing",
        *(
            f"{what} {when}"
            for what in ("get", "transact", "publish")
            for when in ("before", "after")
        ),
    ]
)
EVENTS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0, 0, 0, 1, 2, 9])), max_size=6)
STEPS = st.lists(st.tuples(EVENTS, FAULTS, st.integers(0, 8), FAULTS), max_size=6)


@pytest.mark.parametrize("atomic", [True, False], ids=["in the transaction", "after it"])
@pytest.mark.parametrize("function", [pass_on, pass_on_in_order], ids=["unordered", "ordered"])
@settings(deadline=None, max_examples=25)
@given(steps=STEPS)
def test_every_event_ends_once_and_in_the_order_of_its_key(
    function: Any, atomic: bool, steps: list[tuple[list[tuple[str, int]], str, int, str]]
) -> None:
    world = World(function, publishes_in_transaction=atomic)
    for events, fault, seconds, later_fault in steps:
        world.deliver(events, fault)
        world.pass_time(seconds, later_fault)
    world.pass_time(30 + 20 * world.count, "nothing")

    shop = world.shop
    handled = [output["data"]["product"] for output in shop.outputs]
    given_up = [msgspec.json.decode(letter.value)["data"]["product"] for letter in shop.letters]
    assert set(Counter(handled + given_up).values()) <= {1}
    assert len(handled) + len(given_up) == world.count
    assert not [key for key in world.sidecar.rows if key.startswith(("later", "held"))]
    if shop.spec.ordered:
        for key in "ab":
            numbers = [int(product[1:]) for product in handled if product[0] == key]
            assert numbers == sorted(numbers)
