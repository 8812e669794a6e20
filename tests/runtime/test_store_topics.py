"""The embedded log says what it has let go of, and the engine tells what no function saw."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from runtime import FakeClock, function
from runtime.arguments import Resources
from runtime.engine import EmbeddedEngine
from runtime.metrics import LOST
from runtime.record import Message
from runtime.registry import Registry, Service
from runtime.sidecars.embedded import Store
from runtime.store_topics import StoreTopics
from tests.waiting import wait_until

DAY = 24 * 3600


class Reader:
    """A resource: a reader who can be held up, and remembers what he has read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.may_read = threading.Event()

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Reader:
        return cls()


@function(subscribes="words", batch=1)
def read_slowly(word: str, reader: Reader) -> None:
    """Read one word after the other."""
    reader.words.append(word)
    reader.may_read.wait(20)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with Store.open(tmp_path, clock=clock, partitions={"words": 1}) as store:
        store.topics.create("words", 1, DAY * 1000)
        yield store


@pytest.fixture
def resources() -> Resources:
    return Resources({})


@pytest.fixture
def reader(resources: Resources) -> Reader:
    found: Reader = resources.get(Reader)
    return found


def write(store: Store, *words: str) -> None:
    """Write each word as a record that retention can take away alone."""
    for word in words:
        store.publish([Message("words", word, msgspec.json.encode(word))])


def pass_a_day(store: Store, clock: FakeClock, *words: str) -> None:
    """Let the log forget everything, except for words that come after the night."""
    clock.advance(DAY + 1)
    write(store, *words)
    store.sweep()


def start(store: Store, clock: FakeClock, resources: Resources) -> EmbeddedEngine:
    service = Service("shop", {"read_slowly": read_slowly.spec})
    engine = EmbeddedEngine(Registry({"shop": service}), store, clock=clock, resources=resources)
    engine.start()
    return engine


def removed() -> float:
    counter = LOST.labels(read_slowly.spec.id, "words", "removed")
    return next(iter(counter.collect())).samples[0].value


def test_a_topic_says_where_it_begins_and_ends(store: Store, clock: FakeClock) -> None:
    write(store, "a", "b")
    before = StoreTopics(store).find(["words", "absent"])
    pass_a_day(store, clock, "c")

    assert {name: topic.ends for name, topic in before.items()} == {"words": {0: (0, 2)}}
    assert StoreTopics(store).find(["words"])["words"].ends == {0: (2, 3)}
    assert StoreTopics(store).find(["words"])["words"].id == before["words"].id


@pytest.mark.parametrize(
    ("gap", "offsets"),
    [((0, 4), [2, 3]), ((2, 3), [2]), ((3, 9), [3, 4]), ((5, 9), []), ((3, 3), [])],
)
def test_the_records_of_a_gap_are_those_that_are_there(
    store: Store, clock: FakeClock, gap: tuple[int, int], offsets: list[int]
) -> None:
    write(store, "a", "b")
    pass_a_day(store, clock, "c")
    write(store, "d", "e")

    found = list(StoreTopics(store).records("words", 0, *gap))
    assert [record.offset for record in found] == offsets


def test_words_that_were_let_go_of_while_nobody_read_are_told(
    store: Store, clock: FakeClock, resources: Resources, reader: Reader
) -> None:
    reader.may_read.set()
    write(store, "a")
    first = start(store, clock, resources)
    assert first.wait_idle()
    first.stop()
    write(store, "b", "c", "d")
    pass_a_day(store, clock, "e", "f")
    before = removed()
    second = start(store, clock, resources)
    assert second.wait_idle()
    second.stop()

    assert reader.words == ["a", "e", "f"]
    assert removed() - before == 3


def test_words_that_are_let_go_of_faster_than_they_are_read_are_told(
    store: Store, clock: FakeClock, resources: Resources, reader: Reader
) -> None:
    write(store, "a")
    before = removed()
    engine = start(store, clock, resources)
    wait_until(lambda: reader.words == ["a"])
    write(store, "b", "c", "d")
    pass_a_day(store, clock, "e", "f")
    reader.may_read.set()
    assert engine.wait_idle()
    engine.stop()

    assert reader.words == ["a", "e", "f"]
    assert removed() - before == 3
