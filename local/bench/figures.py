"""Medians over the rounds: one figure for each contestant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from local.bench.sample import Posted, Sample


@dataclass(frozen=True)
class Figure:
    """One contestant. CPU in seconds per 1,000 events, latencies in milliseconds.

    `half_p50_ms` and `half_p99_ms` are those at half of the maximum rate, 0 where not measured.
    `results` and the counts of what went wrong are sums over all rounds.
    """

    name: str
    events: int
    events_per_second: float
    cpu_app: float
    cpu_sidecar: float
    cpu_platform: float
    p50_ms: float
    p99_ms: float
    half_p50_ms: float
    half_p99_ms: float
    results: int
    missing: int
    doubled: int
    wrong: int
    lost_updates: int | None
    rounds: list[float]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Figure:
        """Sum up the rounds of one contestant."""
        checked = [each.checked for each in samples]
        lost = [each.lost_updates for each in checked if each.lost_updates is not None]
        return cls(
            name=samples[0].contestant,
            events=samples[0].events,
            events_per_second=median(each.rate for each in samples),
            cpu_app=_per_thousand((each.cpu.app, each.events) for each in samples),
            cpu_sidecar=_per_thousand((each.cpu.sidecar, each.events) for each in samples),
            cpu_platform=_per_thousand((each.cpu.platform, each.events) for each in samples),
            p50_ms=median(percentile(each.latencies_ms, 50) for each in samples),
            p99_ms=median(percentile(each.latencies_ms, 99) for each in samples),
            half_p50_ms=median(percentile(each.half_ms, 50) for each in samples),
            half_p99_ms=median(percentile(each.half_ms, 99) for each in samples),
            results=sum(each.results for each in checked),
            missing=sum(each.missing for each in checked),
            doubled=sum(each.doubled for each in checked),
            wrong=sum(each.wrong for each in checked),
            lost_updates=sum(lost) if lost else None,
            rounds=[each.rate for each in samples],
        )

    @property
    def right(self) -> bool:
        """Nothing is missing, doubled, wrong or lost."""
        return not (self.missing or self.doubled or self.wrong or self.lost_updates)


@dataclass(frozen=True)
class Requests:
    """HTTP requests: `lost` were answered with 201 and are not on the log."""

    requests: int
    requests_per_second: float
    cpu: float
    lost: int
    rounds: list[float]

    @classmethod
    def of(cls, posted: Sequence[Posted]) -> Requests:
        """Sum up the rounds."""
        return cls(
            requests=posted[0].requests,
            requests_per_second=median(each.rate for each in posted),
            cpu=_per_thousand((each.cpu_seconds, each.requests) for each in posted),
            lost=sum(each.requests - each.kept for each in posted),
            rounds=[each.rate for each in posted],
        )


def figures(samples: Sequence[Sample]) -> dict[str, Figure]:
    """Sum up by contestant, in the order in which they came first."""
    names = dict.fromkeys(each.contestant for each in samples)
    return {
        name: Figure.of([each for each in samples if each.contestant == name]) for name in names
    }


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed; 0 when there is none."""
    if not values:
        return 0.0
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def _per_thousand(pairs: Iterable[tuple[float, int]]) -> float:
    return median(seconds * 1000 / count for seconds, count in pairs)
