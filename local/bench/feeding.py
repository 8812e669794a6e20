"""Orders for a service that another process serves on an embedded log."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from local.bench.contestants import sluice
from local.bench.workload import PARTITIONS, Workload, stock_levels
from local.errors import Failure
from runtime.sidecars.embedded import Store

#: Orders in one append: what an import or another function hands over at once.
APPEND = 1000
_LOOK_SECONDS = 0.05
#: Nothing new for so long, and it has failed.
_SILENCE_SECONDS = 60.0


def stock_up(data: Path) -> None:
    """Make the data directory with the topics of the trial and its stock. Before it is served."""
    function, filler = sluice.specs()
    with Store.open(data) as store:
        for topic in (str(function.trigger), function.publishes[0]):
            store.topics.create(topic, PARTITIONS)
        store.publish(stock_levels(str(filler.trigger)))


def feed(data: Path, run: str, count: int, alive: Callable[[], None]) -> None:
    """Append orders and wait until each has its result.

    `alive` is called while waiting. Raises Failure when no result comes for a minute.
    """
    function, _ = sluice.specs()
    results = function.publishes[0]
    with Store.open(data, exclusive=False) as store:
        wanted = _count(store, results) + count
        append(store, Workload(run, str(function.trigger)), count)
        _wait_for(store, results, wanted, alive)


def append(store: Store, workload: Workload, count: int) -> None:
    """Append so many of the workload's next orders."""
    orders = workload.orders(count)
    for start in range(0, count, APPEND):
        store.publish(orders[start : start + APPEND])


def _wait_for(store: Store, topic: str, wanted: int, alive: Callable[[], None]) -> None:
    seen, silent_since = 0, time.monotonic()
    while (found := _count(store, topic)) < wanted:
        alive()
        if found > seen:
            seen, silent_since = found, time.monotonic()
        if time.monotonic() > silent_since + _SILENCE_SECONDS:
            raise Failure(f"{found:,} of {wanted:,} results came to {topic!r}, no more.")
        time.sleep(_LOOK_SECONDS)


def _count(store: Store, topic: str) -> int:
    return sum(high for _, high in store.log.watermarks(topic).values())
