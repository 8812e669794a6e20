"""What the figures are to reach: design section 10, as ratios in one run wherever possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local.bench.figures import Figure, Requests

#: Of an event at an easy rate; at half of the maximum rate it may take so many times as long.
_P50_MS, _P99_MS = 10.0, 30.0
_AT_HALF = 2
#: Sluice in its circumstances, and what a goal says of them.
_OWN_ROWS = "sluice-own-rows"
_OURS = {
    "sluice": "",
    _OWN_ROWS: ", a row for each event",
    "sluice-sqlite": ", SQLite as the store",
}
_EMBEDDED = {"sluice-embedded": "", "sluice-embedded-own-rows": ", a row for each event"}
#: Events per second of a prototype of the unit of work, on such a machine.
_OWN_ROWS_RATE = 6_200


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
    """Compare Sluice with every peer."""
    sluice = found.get("sluice")
    if sluice is None:
        return []
    return [
        Ratio(
            peer.name,
            sluice.events_per_second / peer.events_per_second,
            _cpu(peer) / _cpu(sluice) if _cpu(sluice) else 0.0,
        )
        for peer in found.values()
        if peer.name not in _OURS
    ]


def on_cluster(found: Mapping[str, Figure]) -> list[Goal]:
    """The goals that the contestants who took part allow to look at."""
    return [
        goal
        for name, words in _OURS.items()
        if name in found
        for goal in (*_rates(found, found[name], words), *_latency(found[name], words))
    ]


def _rates(found: Mapping[str, Figure], sluice: Figure, words: str) -> list[Goal]:
    times = [
        ("times as fast as the quickstart style", "quickstart", 30.0),
        ("times as fast as its best form", "quickstart-best", 15.0),
        ("times as fast as Quix Streams exactly-once", "quix-exactly-once", 1.0),
        ("part of a bare loop with Kafka transactions", "bare-transactions", 1 / 5),
    ]
    reached = [
        Goal(f"{what}{words}", sluice.events_per_second / found[name].events_per_second, goal)
        for what, name, goal in times
        if name in found
    ]
    if sluice.name == _OWN_ROWS:
        reached.append(Goal(f"events/s{words}", sluice.events_per_second, _OWN_ROWS_RATE))
    return reached


def on_embedded(found: Mapping[str, Figure], requests: Requests | None) -> list[Goal]:
    """The goals of the embedded engine: no peer runs in it, so they are absolute."""
    reached = []
    if usual := found.get("sluice-embedded"):
        rate = usual.events_per_second
        reached.append(Goal("events/s, durable, effectively once", rate, 20_000))
    if requests:
        rate = requests.requests_per_second
        reached.append(Goal("HTTP requests/s, an order until it is on the log", rate, 2000))
    for name, words in _EMBEDDED.items():
        if name in found:
            reached += _latency(found[name], words)
    return reached


def _cpu(figure: Figure) -> float:
    return figure.cpu_app + figure.cpu_sidecar


def _latency(sluice: Figure, words: str) -> list[Goal]:
    low, half = f"at 100 events/s{words}", f"at half of the maximum rate{words}"
    return [
        Goal(f"ms, p50 {low}", sluice.p50_ms, _P50_MS, at_least=False),
        Goal(f"ms, p99 {low}", sluice.p99_ms, _P99_MS, at_least=False),
        Goal(f"ms, p50 {half}", sluice.half_p50_ms, _P50_MS * _AT_HALF, at_least=False),
        Goal(f"ms, p99 {half}", sluice.half_p99_ms, _P99_MS * _AT_HALF, at_least=False),
    ]
