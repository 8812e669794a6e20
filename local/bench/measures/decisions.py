"""How soon after its POST is an order decided, three functions further?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from local.bench import deciding
from local.bench.arena import Arena
from local.bench.contestants import sluice
from local.bench.feeding import stock_up
from local.bench.figures import percentile
from local.bench.goals import Goal
from local.bench.measures.base import Extent, Measure, Measured
from local.bench.workload import stock_levels
from local.child import serving
from local.cluster.progress import Progress
from local.launch import launch_all
from local.loading import load_functions
from local.topics import topics_of
from runtime.registry import Registry

#: Who has a part in a decision; the first one is asked.
_SERVICES = ("orders", "inventory", "fraud", "details", "validations")
#: Orders a second.
_RATE = 20.0
#: The first orders open connections and fill caches.
_WARM_UP = 20
_GOAL_P50_MS, _GOAL_P99_MS = 50.0, 250.0


def on_embedded(extent: Extent, tell: Progress) -> Measured:
    """Order at a `sluice up` with all services."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        data = Path(folder) / "up"
        stock_up(data)
        with serving(data, [sluice.PACKAGE]) as running:
            return _measure(running.port, "embedded", extent, tell)


def on_cluster(arena: Arena, extent: Extent, tell: Progress) -> Measured:
    """Order at the first of the services, each beside its daprd."""
    tell("decisions", f"starting {', '.join(_SERVICES)}")
    registry = load_functions([sluice.PACKAGE])
    involved = Registry({name: registry.services[name] for name in _SERVICES})
    _, filler = sluice.specs()
    arena.make_topics(list(topics_of(involved, {})))
    arena.publish(stock_levels(str(filler.trigger)))
    with launch_all(
        _SERVICES,
        sluice.PACKAGE,
        arena.cluster,
        directory=arena.directory,
        suffix=f"-{arena.token}-decisions",
    ) as [orders, *_]:
        return _measure(orders.ports["app"], arena.token, extent, tell)


def _measure(port: int, run: str, extent: Extent, tell: Progress) -> Measured:
    deciding.measure(port, f"{run}-warm-up", _WARM_UP, _RATE)
    tell("decisions", f"{extent.decisions:,} orders, {_RATE:g} a second")
    taken_ms = deciding.measure(port, f"{run}-decided", extent.decisions, _RATE)
    p50, p99 = percentile(taken_ms, 50), percentile(taken_ms, 99)
    what = f"from POST to decision, {_RATE:g} orders/s"
    return Measured(
        "decisions",
        [
            Goal(f"ms, p50 {what}", p50, _GOAL_P50_MS, at_least=False),
            Goal(f"ms, p99 {what}", p99, _GOAL_P99_MS, at_least=False),
        ],
    )


DECISIONS = Measure("decisions", on_embedded, on_cluster)
