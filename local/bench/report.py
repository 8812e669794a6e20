"""What a run found, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from local.bench.contestants.base import Named
from local.bench.figures import Figure, Requests
from local.bench.goals import Goal, Ratio
from local.bench.measures.base import Measured

COLUMNS = (
    "CONTESTANT",
    "GUARANTEE",
    "EVENTS/S",
    "CPU APP",
    "SIDECAR",
    "PLATFORM",
    "P50 MS",
    "P99 MS",
    "RESULTS",
    "LOST",
)
#: Explains the columns that do not explain themselves.
LEGEND = (
    "CPU in seconds per 1,000 events; PLATFORM is Kafka and PostgreSQL together. "
    "P50 and P99 at 100 events a second, from the order's topic to the result's. "
    "RESULTS were all read and checked; LOST are reservations that the stock does not show."
)


@dataclass(frozen=True)
class Report:
    """All figures of one run: medians of its rounds."""

    rounds: int
    machine: Mapping[str, str]
    contestants: Sequence[Named]
    figures: Mapping[str, Figure]
    goals: Sequence[Goal]
    requests: Requests | None = None
    ratios: Sequence[Ratio] = ()
    measured: Sequence[Measured] = ()
    #: Who was left out, and why.
    warnings: Sequence[str] = ()

    @property
    def right(self) -> bool:
        """Sluice lost and doubled nothing. What peers lose is theirs, and shown."""
        own = [self.figures[each.name] for each in self.contestants if each.ours]
        return all(figure.right for figure in own) and not (self.requests and self.requests.lost)

    def as_json(self) -> dict[str, Any]:
        """The same, for programs."""
        return {
            "rounds": self.rounds,
            "machine": dict(self.machine),
            "contestants": [
                {
                    "title": each.title,
                    "guarantee": each.guarantee,
                    **asdict(self.figures[each.name]),
                }
                for each in self.contestants
            ],
            "requests": asdict(self.requests) if self.requests else None,
            "ratios": [asdict(ratio) for ratio in self.ratios],
            "goals": _as_json(self.goals),
            "measured": [
                {
                    "name": each.name,
                    "goals": _as_json(each.goals),
                    "figures": dict(each.figures),
                }
                for each in self.measured
            ],
            "warnings": list(self.warnings),
            "right": self.right,
        }

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The table's rows, for `COLUMNS`."""
        for each in self.contestants:
            found = self.figures[each.name]
            yield (
                each.title,
                each.guarantee,
                f"{found.events_per_second:,.0f}",
                f"{found.cpu_app:.3f}",
                f"{found.cpu_sidecar:.3f}",
                f"{found.cpu_platform:.3f}",
                f"{found.p50_ms:.1f}",
                f"{found.p99_ms:.1f}",
                _results(found),
                "-" if found.lost_updates is None else f"{found.lost_updates:,}",
            )

    def lines(self) -> Iterator[str]:
        """What is said below the table."""
        if self.requests:
            yield (
                f"{self.requests.requests_per_second:,.0f} HTTP requests/s "
                f"({self.requests.cpu:.3f} CPU seconds per 1,000), each an order on the log; "
                f"{self.requests.lost:,} lost"
            )
        for ratio in self.ratios:
            yield (
                f"{_number(ratio.faster)} times the events/s of {ratio.peer}, "
                f"with 1/{_number(ratio.cpu)} of its processor time for each"
            )
        yield from map(_beside, self.goals)
        for each in self.measured:
            yield from map(_beside, each.goals)
            for name, value in each.figures.items():
                yield f"{_number(value)} {name}"
        yield from self.warnings
        if not self.right:
            yield "Sluice has lost, doubled or answered something wrongly: this is a defect."


def _beside(goal: Goal) -> str:
    """The figure beside its goal."""
    relation = "at least" if goal.at_least else "at most"
    verdict = "reached" if goal.reached else "not reached"
    wanted = f"{relation} {_number(goal.goal)}; {verdict}"
    return f"{_number(goal.value)} {goal.name} (goal: {wanted})"


def _as_json(goals: Iterable[Goal]) -> list[dict[str, Any]]:
    return [{**asdict(goal), "reached": goal.reached} for goal in goals]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _results(found: Figure) -> str:
    problems = {
        "missing": found.missing,
        "doubled": found.doubled,
        "wrong": found.wrong,
    }
    said = [f"{count:,} {name}" for name, count in problems.items() if count]
    return ", ".join([f"{found.results:,}", *said])
