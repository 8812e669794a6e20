"""Does an event cost more, and does starting take longer, when the log and the tables are large?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import msgspec

from local.bench import history_service
from local.bench.arena import Arena
from local.bench.contestants import sluice
from local.bench.goals import Goal
from local.bench.history_program import Delivered, Opened
from local.bench.measures.base import Extent, Measure, Measured
from local.bench.served import run_program
from local.cluster.progress import Progress
from runtime.sidecars.embedded.store import FILE

_PROGRAM = "local.bench.history_program"
#: Whose functions are measured: the one of the trial, and the one that owns the large table.
_SERVICES = ("inventory", "orders")
_FUNCTIONS = (sluice.FUNCTION, "orders.remember_order")
_GOAL_SECONDS = 2.0
#: Of the rate on an empty log.
_GOAL_RATE = 0.8
#: Times that the log is opened.
_OPENINGS = 3


def on_embedded(extent: Extent, tell: Progress) -> Measured:
    """Fill a log, then measure on it and on empty ones, taking turns."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        large, empty = Path(folder) / "large", Path(folder) / "empty"
        tell("history", f"writing {extent.history:,} events and {extent.rows:,} orders")
        run_program(_PROGRAM, "fill", large, extent.history, extent.rows)
        run_program(_PROGRAM, "fill", empty, 0, 0)
        size = sum(path.stat().st_size for path in large.glob(f"{FILE}*"))
        tell("history", "opening it")
        opened = [_open(large) for _ in range(_OPENINGS)]
        opened_empty = _open(empty)
        found = [
            _compare(Path(folder), service, number, extent.events, tell)
            for service in _SERVICES
            for number in range(1, extent.rounds + 1)
        ]
    goals = [
        Goal(
            f"s, opening a log of {extent.history:,} events",
            median(each.seconds for each in opened),
            _GOAL_SECONDS,
            at_least=False,
        )
    ]
    figures = {
        "s, opening an empty log": opened_empty.seconds,
        "MB more in memory with the large log open": opened[-1].mb - opened_empty.mb,
        "MB of the large log and its tables on disk": size / 1e6,
        "bytes on disk for each event, tables included": size / max(1, extent.history),
    }
    for service, name in zip(_SERVICES, _FUNCTIONS, strict=True):
        pairs = [pair for owner, pair in found if owner == service]
        rates = [large.rate / empty.rate for large, empty in pairs]
        goals.append(Goal(f"of the rate on an empty log, {name}", median(rates), _GOAL_RATE))
        figures[f"events/s on the large log, {name}"] = median(large.rate for large, _ in pairs)
        figures[f"events/s on an empty log, {name}"] = median(empty.rate for _, empty in pairs)
        growth = median(large.peak_mb - empty.peak_mb for large, empty in pairs)
        figures[f"MB more in memory at most, {name}"] = growth
    return Measured("history", goals, figures)


def on_cluster(arena: Arena, extent: Extent, tell: Progress) -> Measured:
    """Measure each service before and after as many events as large tables have rows.

    They are handled one by one, as they come: a tenth of the events of the embedded log, because
    that takes a daprd minutes.
    """
    goals, figures = [], {}
    for service, name in zip(_SERVICES, _FUNCTIONS, strict=True):
        tell("history", f"{service}: {extent.events:,} events, {extent.rows:,}, as at first")
        found = history_service.compare(arena, service, extent.rows, extent.events)
        tell("history", f"{service}: {found.after:,.0f} events/s, {found.before:,.0f} before")
        past = f"{extent.rows:,} events, {name}"
        goals.append(Goal(f"of the rate before {past}", found.after / found.before, _GOAL_RATE))
        figures[f"events/s after {past}"] = found.after
        figures[f"events/s before {past}"] = found.before
        figures[f"MB more in memory after {past}"] = found.memory_mb
        figures[f"MB more in PostgreSQL after {past}"] = found.store_mb
    return Measured("history", goals, figures)


def _compare(
    folder: Path, service: str, number: int, events: int, tell: Progress
) -> tuple[str, tuple[Delivered, Delivered]]:
    """Deliver on a log that is empty, and on the large one."""
    run = f"{service}-{number}"
    fresh = folder / run
    run_program(_PROGRAM, "fill", fresh, 0, 0)
    empty = _deliver(fresh, service, run, events)
    large = _deliver(folder / "large", service, run, events)
    tell("history", f"{service}: {large.rate:,.0f} events/s, {empty.rate:,.0f} on an empty log")
    return service, (large, empty)


def _open(data: Path) -> Opened:
    return msgspec.json.decode(run_program(_PROGRAM, "open", data), type=Opened)


def _deliver(data: Path, service: str, run: str, events: int) -> Delivered:
    printed = run_program(_PROGRAM, "deliver", data, service, run, events)
    return msgspec.json.decode(printed, type=Delivered)


HISTORY = Measure("history", on_embedded, on_cluster)
