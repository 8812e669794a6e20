"""The topic `sales` at its broker, for tests of what becomes of its records."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from runtime import Retries, Table, function
from runtime.errors import PlatformDown
from runtime.metrics import LOST
from runtime.record import Record
from runtime.topics import Topic
from tests.runtime.making import NOON_MS, Sale, Shelf, record

HOUR_MS = 3_600_000
#: Of this product nothing is counted.
UNWANTED = "bags"


@function(
    subscribes="sales",
    when=lambda sale: sale.product != UNWANTED,
    retries=Retries(first_seconds=0, most_seconds=0),
)
def count(sale: Sale, shelves: Table[Shelf]) -> None:
    """Count what was sold."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces


@dataclass
class Log:
    """The topic `sales` at its broker, with one partition. Its records name no event ids."""

    id: int = 1
    low: int = 0
    kept: dict[int, Record] = field(default_factory=dict)
    high: int = 0
    asked: int = 0
    is_away: bool = False

    def append(self, *products: str, at_ms: int = NOON_MS) -> None:
        for product in products:
            self.kept[self.high] = record(
                self.high, b'{"product":"%b"}' % product.encode(), at_ms=at_ms
            )
            self.high += 1

    def mark(self) -> None:
        """Write what no reader is given: the end of a transaction."""
        self.high += 1

    def remove(self, low: int) -> None:
        """Let go of the records before this offset."""
        self.low = low
        self.kept = {at: one for at, one in self.kept.items() if at >= low}

    def make_anew(self) -> None:
        self.id, self.low, self.high, self.kept = self.id + 1, 0, 0, {}

    def read(self, start: int = 0, after: int = 1_000_000) -> list[Record]:
        return [one for at, one in sorted(self.kept.items()) if start <= at < after]

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        self._ask()
        return {"sales": Topic(str(self.id), {0: (self.low, self.high)})}

    def records(
        self, topic: str, partition: int, first: int, after: int
    ) -> Generator[Record, None, None]:
        self._ask()
        if first >= self.low:  # from below what is there Kafka's client goes to the end
            yield from self.read(first, after)

    def _ask(self) -> None:
        self.asked += 1
        if self.is_away:
            raise PlatformDown("gone")


class Ledger:
    """What the metric says since it was made."""

    def __init__(self) -> None:
        self._before = {reason: self._now(reason) for reason in ("removed", "skipped")}

    def __getitem__(self, reason: str) -> int:
        return int(self._now(reason) - self._before[reason])

    def _now(self, reason: str) -> float:
        counter = LOST.labels(count.spec.id, "sales", reason)
        return next(iter(counter.collect())).samples[0].value
