"""How soon is each of very many waiting clients answered, and what does their waiting cost?"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.bench import resident, waiting_clients
from local.bench.arena import Arena
from local.bench.contestants import sluice
from local.bench.figures import percentile
from local.bench.goals import Goal
from local.bench.kafka_ends import KafkaEnds
from local.bench.latency import RATE
from local.bench.measures.base import Extent, Measure, Measured
from local.bench.resident import Resident
from local.bench.served import serving
from local.bench.workload import PARTITIONS, Workload
from local.cluster.identity import ProcessId
from local.cluster.progress import Progress
from local.errors import Failure
from local.launch import launch
from local.loading import load_functions
from local.topics import topics_of
from runtime.record import Message
from runtime.registry import Registry
from runtime.sidecars.embedded import Store

#: The service that the clients ask, and the topic of the events that they wait for.
_SERVICE, _TOPIC = "orders", "orders"
#: Milliseconds after its event.
_GOAL_MS = 200.0
#: Open files of a process beside its clients' connections.
_OTHER_FILES = 200

#: Appends to the topic of orders, all together.
Send = Callable[[Sequence[Message]], None]
#: Sends orders in its own time; returns the moment of each, by its id.
Publish = Callable[[Sequence[Message], Send], Mapping[str, float]]


def on_embedded(extent: Extent, tell: Progress) -> Measured:
    """Wait on a service process; the events are appended by this one."""
    _allow_connections(extent.clients)
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        data = Path(folder) / "serve"
        with Store.open(data) as store:
            store.topics.create(_TOPIC, PARTITIONS)
        with serving(data, _SERVICE) as served, Store.open(data, exclusive=False) as store:

            def send(orders: Sequence[Message]) -> None:
                store.publish(orders)

            return _measure(served.port, served.process, send, "embedded", extent, tell)


def on_cluster(arena: Arena, extent: Extent, tell: Progress) -> Measured:
    """Wait on the service beside its daprd; the events come through Kafka."""
    _allow_connections(extent.clients)
    run = f"waiting-{arena.token}"
    registry = load_functions([sluice.PACKAGE])
    arena.make_topics(list(topics_of(Registry({_SERVICE: registry.services[_SERVICE]}), {})))
    with launch(
        _SERVICE, sluice.PACKAGE, arena.cluster, app_id=run, directory=arena.directory
    ) as launched:
        assert launched.app is not None
        ends = KafkaEnds(arena.cluster.kafka, _TOPIC)
        try:
            return _measure(launched.ports["app"], launched.app, ends.send, run, extent, tell)
        finally:
            ends.close()


def _measure(
    port: int, process: ProcessId, send: Send, run: str, extent: Extent, tell: Progress
) -> Measured:
    workload, count = Workload(run, _TOPIC), extent.clients
    looks: list[Resident] = []

    def wait_for(ids: Sequence[str], publish: Callable[[], Mapping[str, float]]) -> list[float]:
        return waiting_clients.measure(
            port, ids, publish, lambda: looks.append(resident.look(process))
        )

    def for_one_each(number: int, publish: Publish) -> list[float]:
        orders = workload.orders(number)
        return wait_for([order.key or "" for order in orders], lambda: publish(orders, send))

    def all_for_one() -> list[float]:
        [order] = workload.orders(1)
        return wait_for([order.key or ""] * count, lambda: _at_once([order], send))

    for_one_each(1, _at_once)  # opens and fills what the first one needs
    before = resident.look(process)
    looks.clear()
    tell("waiting", f"{count:,} clients, {RATE} events a second")
    steady = for_one_each(count, _evenly)
    tell("waiting", f"{count:,} clients, all events at once")
    burst = for_one_each(count, _at_once)
    tell("waiting", f"{count:,} clients, one event")
    shared = all_for_one()
    clients = f"{count:,} waiting clients"
    return Measured(
        "long-polls",
        [
            _goal(f"ms, slowest answer to {clients} at {RATE} events/s", steady),
            _goal(f"ms, slowest answer to {clients}, all events at once", burst),
            _goal(f"ms, slowest answer to {clients}, one event for all", shared),
        ],
        {
            "ms, p50 of these at the even rate": percentile(steady, 50),
            "ms, p99 of these at the even rate": percentile(steady, 99),
            "ms, p50 of these at once": percentile(burst, 50),
            "ms, p50 of these with one event": percentile(shared, 50),
            f"MB more with {clients}": max(look.mb for look in looks) - before.mb,
            f"threads with {clients}": max(look.threads for look in looks),
            "threads before": before.threads,
        },
    )


def _goal(name: str, taken_ms: Sequence[float]) -> Goal:
    return Goal(name, max(taken_ms), _GOAL_MS, at_least=False)


def _evenly(orders: Sequence[Message], send: Send) -> dict[str, float]:
    sent, start = {}, time.perf_counter()
    for number, order in enumerate(orders):
        time.sleep(max(0.0, start + number / RATE - time.perf_counter()))
        sent[order.key or ""] = time.perf_counter()
        send([order])
    return sent


def _at_once(orders: Sequence[Message], send: Send) -> dict[str, float]:
    moment = time.perf_counter()
    send(orders)
    return dict.fromkeys((order.key or "" for order in orders), moment)


def _allow_connections(clients: int) -> None:
    """Let this process, and the service that inherits its limits, have so many files open."""
    wanted = clients + _OTHER_FILES
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed >= wanted or allowed == resource.RLIM_INFINITY:
        return
    if most != resource.RLIM_INFINITY and most < wanted:
        raise Failure(
            f"{clients:,} clients need {wanted:,} open files; this system allows {most:,}. "
            "Raise it with ulimit -n."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


LONG_POLLS = Measure("long-polls", on_embedded, on_cluster)
