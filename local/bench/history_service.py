"""Services beside their daprd that handle events, then very many, and then as many as at first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from local.bench import resident, store
from local.bench.arena import Arena
from local.bench.contestants import sluice
from local.bench.results import Results
from local.bench.workload import Workload
from local.cluster.identity import ProcessId
from local.launch import launch
from local.loading import load_functions
from local.topics import topics_of
from runtime.registry import Registry

#: The service that keeps a row for each order, the topic it reads and its table.
ORDERS, _TOPIC, _ROW = "orders", "orders", "orders/{}"
_WARM_UP = 200
#: Orders that are sent together while the past is made.
_SENT = 50_000

#: Sends so many of the next orders; returns when all are handled.
Deliver = Callable[[int], None]


@dataclass(frozen=True)
class Compared:
    """Events per second before and after the past; millions of bytes more in memory and store."""

    before: float
    after: float
    memory_mb: float
    store_mb: float


def compare(arena: Arena, service: str, past: int, events: int) -> Compared:
    """Measure a service before and after so many events, of which nobody else knows."""
    enter = _orders if service == ORDERS else _inventory
    with enter(arena, f"{service}-{arena.token}-past") as (deliver, process):
        deliver(_WARM_UP)
        before = _rate(deliver, events)
        held, kept = resident.look(process).mb, _kept(arena)
        for start in range(0, past, _SENT):
            deliver(min(_SENT, past - start))
        grown = _kept(arena) - kept
        after = _rate(deliver, events)
        return Compared(before, after, resident.look(process).mb - held, grown)


def _rate(deliver: Deliver, events: int) -> float:
    began = time.perf_counter()
    deliver(events)
    return events / (time.perf_counter() - began)


@contextmanager
def _inventory(arena: Arena, run: str) -> Iterator[tuple[Deliver, ProcessId]]:
    """The service of the trial, whose rows are few and hot: it has handled what has a result."""
    with sluice.enter(arena, run) as entry, Results(arena, entry.results) as results:
        workload = Workload(run, entry.orders)

        def deliver(count: int) -> None:
            arena.publish(workload.orders(count))
            results.wait_for(workload.made, entry.alive)

        assert entry.app is not None
        yield deliver, entry.app


@contextmanager
def _orders(arena: Arena, run: str) -> Iterator[tuple[Deliver, ProcessId]]:
    """The service that keeps all orders: it has handled what has a row."""
    services = load_functions([sluice.PACKAGE]).services
    arena.make_topics(list(topics_of(Registry({ORDERS: services[ORDERS]}), {})))
    workload = Workload(run, _TOPIC)
    with launch(
        ORDERS, sluice.PACKAGE, arena.cluster, app_id=run, directory=arena.directory
    ) as launched:

        def deliver(count: int) -> None:
            orders = workload.orders(count)
            arena.publish(orders)
            rows = [_ROW.format(order.key) for order in orders]
            store.wait_for_rows(launched.dapr_url, rows, _TOPIC, launched.check_alive)

        assert launched.app is not None
        yield deliver, launched.app


def _kept(arena: Arena) -> float:
    """What the state takes on disk, in millions of bytes."""
    with psycopg.connect(arena.cluster.postgres) as session:
        row = session.execute("select pg_database_size(current_database())").fetchone()
    assert row is not None
    return float(row[0]) / 1e6
