"""What a measure is: figures that need a set-up of their own, beside their goals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.bench.arena import Arena
from local.bench.goals import Goal
from local.cluster.progress import Progress

#: Orders for each so many events of the history, and customers in the large table.
_EVENTS_TO_A_ROW = 10


@dataclass(frozen=True)
class Extent:
    """How much the measures do."""

    #: Processes started for the median of how long that takes.
    starts: int = 5
    #: Clients that wait at the same time.
    clients: int = 1_000
    #: Orders whose decision is waited for.
    decisions: int = 300
    #: Events on the large log; orders and customers in the large tables are a tenth of it.
    history: int = 1_000_000
    #: Events handled at once.
    events: int = 60_000
    requests: int = 10_000
    rounds: int = 3
    #: Services whose memory is looked at; None for all.
    services: int | None = None

    @property
    def rows(self) -> int:
        """Rows of a large table."""
        return max(1, self.history // _EVENTS_TO_A_ROW)


@dataclass(frozen=True)
class Measured:
    """What one measure found. The names of figures and goals say the unit first: "ms, p50 ..."."""

    name: str
    goals: list[Goal]
    #: Figures that have no goal.
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """One subject. None where it is not measured on that platform."""

    name: str
    on_embedded: Callable[[Extent, Progress], Measured] | None = None
    on_cluster: Callable[[Arena, Extent, Progress], Measured] | None = None
