"""An index anew from its topic: the function that fills it is called for every event there is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import structlog

from local.brokers.base import Broker
from local.errors import Misuse
from runtime.arguments import Resources
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.delivery import Consumer
from runtime.record import Record
from runtime.registry import Registry
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from runtime.spec import FunctionSpec, Topic

#: Records of one unit of work.
_BATCH = 2000


@dataclass(frozen=True)
class Rebuilt:
    """How many records were read, and how many of them the index has not taken."""

    function: str
    topic: str
    records: int
    refused: int


def rebuild(
    spec: FunctionSpec,
    broker: Broker,
    environ: Mapping[str, str],
    advance: Callable[[int], object] = lambda records: None,
    avro: AvroTopics = NO_AVRO,
) -> Rebuilt:
    """Fill a new index from the topic's first record on, and put it in the place of the old one.

    The function at work is not disturbed: what it writes into the old index meanwhile is read and
    written once more at the end. Records that cannot be read or are refused are left out; they are
    dead letters of the function already. `avro` says whether the topic is Avro. Raises PlatformDown
    when the index, the topic or the registry of its schemas is out of reach: then the old index
    stays.
    """
    work = _Work(spec, broker, environ, advance, avro)
    index = work.index
    with _quietly():
        with index.rebuilding() as work.index:
            work.go_on()
        work.index = index
        work.go_on()
    return Rebuilt(spec.id, str(spec.trigger), work.records, work.refused)


def find_indexer(registry: Registry, id: str) -> FunctionSpec:
    """Return the function of this id. Raises Misuse when it is none that fills an index."""
    spec = registry.get(id)
    if spec is None or not isinstance(spec.trigger, Topic) or not _indexes(spec):
        able = [each.id for each in registry.functions() if _indexes(each)]
        listed = ", ".join(able) or "none of these functions"
        raise Misuse(
            f"The function {id!r} fills no index that can be made anew; expected {listed}."
        )
    return spec


@contextmanager
def _quietly() -> Iterator[None]:
    """Log errors only: of dead letters the functions at work have told."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before)


def _indexes(spec: FunctionSpec) -> list[Any]:
    """What of the function's resources can be made anew beside the old one."""
    return [
        parameter.type
        for parameter in spec.parameters
        if parameter.source == "resource"
        and isinstance(spec.trigger, Topic)
        and hasattr(parameter.type, "rebuilding")
    ]


class _Work(Resources):
    """The function at work on a platform in memory, with the index that it is lent."""

    def __init__(
        self,
        spec: FunctionSpec,
        broker: Broker,
        environ: Mapping[str, str],
        advance: Callable[[int], object],
        avro: AvroTopics,
    ) -> None:
        super().__init__(environ)
        [self._lent] = _indexes(spec)
        self.index = super().get(self._lent)
        self.records = 0
        self._broker = broker
        self._advance = advance
        self._topic = str(spec.trigger)
        self._next: dict[int, int] = {}
        self._sidecar = RecordingSidecar()
        settings = Settings(retry_seconds="none")
        self._consumer = Consumer(spec, self._sidecar, resources=self, settings=settings, avro=avro)

    def get(self, wanted: Any) -> Any:
        """Return the index for its type, and everything else as always."""
        return self.index if wanted is self._lent else super().get(wanted)

    @property
    def refused(self) -> int:
        """Records that became dead letters: here they are only counted."""
        return len(self._sidecar.messages)

    def go_on(self) -> None:
        """Deliver what has come since the last time."""
        if self._topic not in self._broker.topics():
            return
        records = self._broker.read(self._topic, from_offsets=dict(self._next))
        for batch in _batches(records):
            self._consumer.deliver(batch)
            self._next |= {record.partition: record.offset + 1 for record in batch}
            self.records += len(batch)
            self._advance(self.records)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, _BATCH)):
        yield batch
