"""What the figures are to reach: design section 10, as ratios in one run wherever possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local.bench.figures import Figure, Requests

#: Of an event at an easy rate; at half of the maximum rate it may take so many times as long.
_P50_MS, _P99_MS = 10.0, 30.0
_AT_HALF = 2


@dataclass(frozen=True)
class Goal:
    """One figure beside what it should be; `at_least` tells the direction."""

    name: str
    value: float
    goal: float
    at_least: bool = True

    @property
    def reached(self) -> bool:
        """Is it good enough?"""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


@dataclass(frozen=True)
class Ratio:
    """Sluice against one peer in one run: how many times its events/s, and its CPU per event.

    CPU is that of the application and its sidecar together, and hardly depends on what else the
    machine does.
    """

    peer: str
    faster: float
    cpu: float


def ratios(found: Mapping[str, Figure]) -> list[Ratio]:
    """Compare Sluice with every other contestant."""
    sluice = found["sluice"]
    return [
        Ratio(
            peer.name,
            sluice.events_per_second / peer.events_per_second,
            _cpu(peer) / _cpu(sluice) if _cpu(sluice) else 0.0,
        )
        for peer in found.values()
        if peer is not sluice
    ]


def on_cluster(found: Mapping[str, Figure]) -> list[Goal]:
    """The goals that the contestants who took part allow to look at."""
    sluice = found["sluice"]
    times = [
        ("times as fast as the quickstart style", "quickstart", 30.0),
        ("times as fast as its best form", "quickstart-best", 15.0),
        ("times as fast as Quix Streams exactly-once", "quix-exactly-once", 1.0),
        ("part of a bare loop with Kafka transactions", "bare-transactions", 1 / 5),
    ]
    ratios = [
        Goal(words, sluice.events_per_second / found[name].events_per_second, goal)
        for words, name, goal in times
        if name in found
    ]
    return [*ratios, *_latency(sluice)]


def on_embedded(sluice: Figure, requests: Requests) -> list[Goal]:
    """The goals of the embedded engine: no peer runs in it, so they are absolute."""
    return [
        Goal("events/s, durable, effectively once", sluice.events_per_second, 20_000),
        Goal(
            "HTTP requests/s, an order until it is on the log", requests.requests_per_second, 2000
        ),
        *_latency(sluice),
    ]


def _cpu(figure: Figure) -> float:
    return figure.cpu_app + figure.cpu_sidecar


def _latency(sluice: Figure) -> list[Goal]:
    half = "at half of the maximum rate"
    return [
        Goal("ms, p50 at 100 events/s", sluice.p50_ms, _P50_MS, at_least=False),
        Goal("ms, p99 at 100 events/s", sluice.p99_ms, _P99_MS, at_least=False),
        Goal(f"ms, p50 {half}", sluice.half_p50_ms, _P50_MS * _AT_HALF, at_least=False),
        Goal(f"ms, p99 {half}", sluice.half_p99_ms, _P99_MS * _AT_HALF, at_least=False),
    ]
