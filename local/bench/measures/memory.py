"""How much memory does one service process hold, at rest and under load?"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.bench import posting, resident
from local.bench.arena import Arena
from local.bench.contestants import sluice
from local.bench.feeding import feed, stock_up
from local.bench.goals import Goal
from local.bench.measures.base import Extent, Measure, Measured
from local.bench.results import Results
from local.bench.served import serving
from local.bench.workload import Workload
from local.child import serving as serving_all
from local.cluster.identity import identify
from local.cluster.progress import Progress
from local.launch import launch
from local.loading import load_functions
from local.topics import read_topics, topics_of

#: Millions of bytes.
_GOAL_MB = 100.0
#: Without it the security service does not start.
_SECRETS = {"SLUICE_JWT_KEY": secrets.token_hex(32)}
#: Takes in requests, where the function of the trial takes in events.
_ORDERS = "orders"


def on_embedded(extent: Extent, tell: Progress) -> Measured:
    """One process for the service of the trial, one for the orders', and one with all services."""
    tell("memory", f"{extent.events:,} events, {extent.requests:,} requests")
    inventory = sluice.specs()[0].service
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        stock_up(Path(folder) / inventory)
        with serving(Path(folder) / inventory, inventory) as served:
            resting = {inventory: resident.look(served.process).mb}
            feed(served.data, "memory", extent.events, served.check_alive)
            loaded = {inventory: resident.look(served.process).peak_mb}
        with serving(Path(folder) / _ORDERS, _ORDERS) as served:
            resting[_ORDERS] = resident.look(served.process).mb
            posting.measure(served.port, "memory", extent.requests)
            loaded[_ORDERS] = resident.look(served.process).peak_mb
        everything = {"MB, sluice up with all services, at rest": _all(Path(folder) / "all")}
    return Measured("memory", _goals(resting, loaded), everything)


def on_cluster(arena: Arena, extent: Extent, tell: Progress) -> Measured:
    """Every service of the application beside its daprd, one after the other; one under load."""
    registry = load_functions([sluice.PACKAGE])
    arena.make_topics(list(topics_of(registry, read_topics())))
    resting = {}
    for service in sorted(registry.services)[: extent.services]:
        tell("memory", service)
        run = f"{service}-{arena.token}-rest"
        with launch(
            service,
            sluice.PACKAGE,
            arena.cluster,
            app_id=run,
            directory=arena.directory,
            environment=_SECRETS,
        ) as launched:
            assert launched.app is not None
            resting[service] = resident.look(launched.app).mb
    tell("memory", f"{extent.events:,} events")
    run = f"memory-{arena.token}"
    with sluice.enter(arena, run) as entry, Results(arena, entry.results) as results:
        arena.publish(Workload(run, entry.orders).orders(extent.events))
        results.wait_for(extent.events, entry.alive)
        assert entry.app is not None
        loaded = {sluice.specs()[0].service: resident.look(entry.app).peak_mb}
    return Measured("memory", _goals(resting, loaded))


def _all(data: Path) -> float:
    data.mkdir()
    with serving_all(data, [sluice.PACKAGE]) as running:
        process = identify(running.pid)
        assert process is not None
        return resident.look(process).mb


def _goals(resting: Mapping[str, float], loaded: Mapping[str, float]) -> list[Goal]:
    at_rest = [(f"MB, {name}, at rest", mb) for name, mb in resting.items()]
    under_load = [(f"MB, {name}, most under load", mb) for name, mb in loaded.items()]
    return [Goal(name, mb, _GOAL_MB, at_least=False) for name, mb in [*at_rest, *under_load]]


MEMORY = Measure("memory", on_embedded, on_cluster)
