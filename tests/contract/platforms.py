"""The platforms that keep the contract, and what each of them cannot do.

A fact that needs something special names it with `@needs(...)` and then runs only on the platforms
that have it. What a platform lacks stands in LACKS with the reason, and nowhere else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from local.brokers.kafka import KafkaBroker
from runtime.clock import FakeClock
from runtime.record import Message
from runtime.sidecars.base import Sidecar, Stored, Write
from runtime.sidecars.embedded import EmbeddedSidecar, Store
from runtime.sidecars.recording import RecordingSidecar


class Feature(StrEnum):
    """What not every platform can do."""

    FAKE_CLOCK = "rows expire by a clock that the test moves"
    ATOMIC_PUBLISH = "messages are appended in the transaction that writes the rows"
    PARTITIONS = "a reader sees partitions and offsets"
    LOOKING_BACK = "publishing again leaves out what is on the topic"


@dataclass(frozen=True)
class Platform:
    """One platform, ready to use. `published` returns a topic's messages in order of arrival."""

    sidecar: Sidecar
    published: Callable[[str], list[Message]]
    clock: FakeClock
    #: (partition, offset) of every message of a topic, in order of arrival.
    places: Callable[[str], list[tuple[int, int]]] = lambda topic: []


@contextmanager
def recording(directory: Path) -> Iterator[Platform]:
    clock = FakeClock()
    sidecar = RecordingSidecar(clock)
    yield Platform(sidecar, lambda topic: [m for m in sidecar.messages if m.topic == topic], clock)


@contextmanager
def embedded(directory: Path) -> Iterator[Platform]:
    clock = FakeClock()
    with Store.open(directory, clock=clock) as store:

        def published(topic: str) -> list[Message]:
            return [Message(r.topic, r.key, r.value, r.headers) for r in read_all(store, topic)]

        def places(topic: str) -> list[tuple[int, int]]:
            return [(r.partition, r.offset) for r in read_all(store, topic)]

        yield Platform(EmbeddedSidecar(store, "shop"), published, clock, places)


def read_all(store: Store, topic: str) -> list:
    """Return every record of a topic."""
    reader = store.reader(topic)
    return list(itertools.chain.from_iterable(iter(lambda: reader.read(1000), [])))


def dapr(sidecar: Sidecar, kafka: str, prefix: str) -> Platform:
    """A real daprd that all facts share: each has rows and topics of its own, by a prefix."""

    def published(topic: str) -> list[Message]:
        with closing(KafkaBroker(kafka)) as broker:
            records = sorted(broker.read(prefix + topic), key=lambda record: record.timestamp_ms)
        return [Message(topic, r.key, r.value, r.headers) for r in records]

    def places(topic: str) -> list[tuple[int, int]]:
        with closing(KafkaBroker(kafka)) as broker:
            return [(r.partition, r.offset) for r in broker.read(prefix + topic)]

    return Platform(_Prefixed(sidecar, prefix), published, FakeClock(), places)


class _Prefixed:
    """The same sidecar under other names."""

    publishes_in_transaction = False

    def __init__(self, sidecar: Sidecar, prefix: str) -> None:
        self._sidecar = sidecar
        self._prefix = prefix
        self.outages = sidecar.outages

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        found = self._sidecar.get([self._prefix + key for key in keys])
        return {key.removeprefix(self._prefix): stored for key, stored in found.items()}

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        renamed = [msgspec.structs.replace(w, key=self._prefix + w.key) for w in writes]
        self._sidecar.transact(renamed, self._renamed(messages))

    def publish(self, messages: Sequence[Message]) -> None:
        self._sidecar.publish(self._renamed(messages))

    def publish_again(
        self, messages: Sequence[Message], since_ms: int, *, by_another: bool = False
    ) -> None:
        self._sidecar.publish_again(self._renamed(messages), since_ms, by_another=by_another)

    def close(self) -> None:
        """The facts share it."""

    def _renamed(self, messages: Sequence[Message]) -> list[Message]:
        return [msgspec.structs.replace(m, topic=self._prefix + m.topic) for m in messages]


PLATFORMS: dict[str, Callable[[Path], AbstractContextManager[Platform]] | None] = {
    "recording": recording,
    "embedded": embedded,
    "dapr": None,  # needs a running cluster: its fixture makes it
}

_NOTHING_LEFT = "state and outputs are one transaction, so nothing is left to publish"

LACKS: dict[str, dict[Feature, str]] = {
    "recording": {
        Feature.PARTITIONS: "a list of messages is all that a unit test looks at",
        Feature.LOOKING_BACK: _NOTHING_LEFT,
    },
    "embedded": {Feature.LOOKING_BACK: _NOTHING_LEFT},
    "dapr": {
        Feature.FAKE_CLOCK: "PostgreSQL goes by its own clock",
        Feature.ATOMIC_PUBLISH: "daprd publishes in no transaction; the runtime makes up for it",
    },
}
