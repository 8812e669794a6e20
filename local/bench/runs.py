"""A whole run, from the options to the report."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local.bench import cluster, embedded, goals, machine
from local.bench.contestants.line_up import enlist
from local.bench.contestants.sluice import EMBEDDED, EMBEDDED_OWN_ROWS, OWN_ROWS, variants
from local.bench.environment import environment
from local.bench.figures import Requests, figures
from local.bench.plan import ONLY_RATES, Plan
from local.bench.report import Report
from local.bench.trial import Size
from local.cluster.progress import Progress

_QUICK = Size(events=600, latencies=30, requests=100, half_seconds=0.5)


def size(events: int | None, quick: bool) -> Size:
    """How much to measure."""
    usual = _QUICK if quick else Size()
    return replace(usual, events=events or usual.events)


def on_cluster(
    peers: Sequence[str] | None,
    rounds: int,
    size: Size,
    directory: Path | None,
    tell: Progress,
    plan: Plan = ONLY_RATES,
) -> Report:
    """Measure Sluice and the peers of these names (all, when None) on the real platform."""
    contestants, warnings = enlist(peers, tell) if plan.rates else ([], [])
    contestants += variants(plan.variants, size.events)
    with cluster.own(directory, tell) as found:
        samples = cluster.run(found, contestants, rounds, size, tell)
        arena = cluster.arena(found)
        measured = [
            measure.on_cluster(arena, plan.extent, tell)
            for measure in plan.measures
            if measure.on_cluster
        ]
        described = machine.describe(found)
    if any(each.libraries for each in contestants):
        described |= environment().versions
    result = figures(samples)
    return Report(
        rounds,
        described,
        contestants,
        result,
        goals.on_cluster(result),
        ratios=goals.ratios(result),
        measured=measured,
        warnings=warnings,
    )


def on_embedded(rounds: int, size: Size, tell: Progress, plan: Plan = ONLY_RATES) -> Report:
    """Measure the embedded engine."""
    contestants = [EMBEDDED] if plan.rates else []
    if OWN_ROWS in plan.variants:
        contestants.append(EMBEDDED_OWN_ROWS)
    samples, posted = embedded.run(contestants, rounds=rounds, size=size, tell=tell)
    result, requests = figures(samples), Requests.of(posted) if posted else None
    measured = [
        measure.on_embedded(plan.extent, tell) for measure in plan.measures if measure.on_embedded
    ]
    return Report(
        rounds,
        machine.describe(),
        contestants,
        result,
        goals.on_embedded(result, requests),
        requests,
        measured=measured,
    )


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that what was started is stopped.

    From then on both are ignored: pressed twice, Ctrl-C would leave a broker behind.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)

    def leave(number: int, frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
