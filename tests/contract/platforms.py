"""The platforms that keep the contract, and what each of them cannot do.

A fact that needs something special names it with `@needs(...)` and then runs only on the platforms
that have it. What a platform lacks stands in LACKS with the reason, and nowhere else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from runtime.clock import FakeClock
from runtime.record import Message
from runtime.sidecars.base import Sidecar
from runtime.sidecars.embedded import EmbeddedSidecar, Store
from runtime.sidecars.recording import RecordingSidecar


class Feature(StrEnum):
    """What not every platform can do."""

    FAKE_CLOCK = "rows expire by a clock that the test moves"
    ATOMIC_PUBLISH = "messages are appended in the transaction that writes the rows"
    PARTITIONS = "a reader sees partitions and offsets"


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


PLATFORMS: dict[str, Callable[[Path], AbstractContextManager[Platform]]] = {
    "recording": recording,
    "embedded": embedded,
}

LACKS: dict[str, dict[Feature, str]] = {
    "recording": {Feature.PARTITIONS: "a list of messages is all that a unit test looks at"},
    "embedded": {},
}
