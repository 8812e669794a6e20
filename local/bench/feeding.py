"""Orders for a service that another process serves on an embedded log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from local.bench.contestants import sluice
from local.bench.silence import wait_for
from local.bench.workload import PARTITIONS, Workload, stock_levels
from runtime.record import Message
from runtime.sidecars.embedded import Store

#: Orders in one append: what an import or another function hands over at once.
APPEND = 1000


def stock_up(data: Path) -> None:
    """Make the data directory with the topics of the trial and its stock. Before it is served."""
    function, filler = sluice.specs()
    with Store.open(data) as store:
        for topic in (str(function.trigger), function.publishes[0]):
            store.topics.create(topic, PARTITIONS)
        store.publish(stock_levels(str(filler.trigger)))


def feed(data: Path, run: str, events: int, alive: Callable[[], None]) -> None:
    """Append orders and wait until each has its result.

    `alive` is called while waiting. Raises Failure when no result comes for a minute.
    """
    function, _ = sluice.specs()
    results = function.publishes[0]
    with Store.open(data, exclusive=False) as store:
        wanted = count(store, results) + events
        append(store, Workload(run, str(function.trigger)).orders(events))
        wait_for(lambda: count(store, results), wanted, results, alive)


def append(store: Store, orders: Sequence[Message]) -> None:
    """Append the orders, many at once."""
    for start in range(0, len(orders), APPEND):
        store.publish(orders[start : start + APPEND])


def count(store: Store, topic: str) -> int:
    """How many records the topic has had."""
    return sum(high for _, high in store.log.watermarks(topic).values())
