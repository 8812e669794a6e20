"""How far behind is each function, in records?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.states import Store
from runtime.handled import next_offset
from runtime.registry import Registry
from runtime.spec import FunctionSpec, Topic

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from local.brokers.kafka import KafkaBroker

#: (function, topic) -> the next offset it handles, by partition; a missing one was never handled.
Positions = Callable[[FunctionSpec, str], dict[int, int]]


@dataclass(frozen=True)
class Lag:
    """One function on one partition. `end` is the offset that will be written next."""

    function: str
    topic: str
    partition: int
    position: int
    end: int

    @property
    def lag(self) -> int:
        """Records that are written and not handled."""
        return self.end - self.position


def lags(registry: Registry, broker: Broker, positions: Positions) -> Iterator[Lag]:
    """Yield the lag of every function on its topic and on its retry topic."""
    known = broker.topics()
    for spec in registry.functions():
        if not isinstance(spec.trigger, Topic):
            continue
        for topic in (spec.trigger.name, spec.retry_topic):
            if topic in known:
                yield from _lags(spec, topic, broker, positions)


def progress_rows(store: Store) -> Positions:
    """Read positions from the progress rows (embedded engine).

    What functions are not called for stands there some two seconds later.
    """

    def positions(spec: FunctionSpec, topic: str) -> dict[int, int]:
        prefix = f"{spec.service}||progress/{spec.name}/{topic}/"
        rows = store.scan(prefix)
        return {int(key.removeprefix(prefix)): next_offset(value) for key, value in rows}

    return positions


def consumer_groups(broker: KafkaBroker) -> Positions:
    """Read positions from the services' consumer groups; see components/*.yaml for their names."""

    def positions(spec: FunctionSpec, topic: str) -> dict[int, int]:
        if topic == spec.retry_topic:
            group = f"{spec.service}-retries"
        else:
            group = f"{spec.service}-tables" if spec.fills_table else spec.service
        return broker.committed(group, topic)

    return positions


def _lags(spec: FunctionSpec, topic: str, broker: Broker, positions: Positions) -> Iterator[Lag]:
    reached = positions(spec, topic)
    for partition, (low, high) in broker.watermarks(topic).items():
        # Records that were cleared away before they were handled are no longer waiting.
        position = max(low, reached.get(partition, 0))
        yield Lag(spec.id, topic, partition, min(position, high), high)
