"""One function's thread: what it does when it cannot work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest

from runtime import function
from runtime.errors import PlatformDown
from runtime.record import Message, Record
from runtime.runner import MOST_REST_SECONDS, Runner
from runtime.sidecars.embedded import Store
from tests.waiting import wait_until


@function(subscribes="words", batch=2)
def anything(word: str) -> None:
    """Stand for any function: the consumer below does the work."""


class Kept:
    """A consumer that keeps what it is given, and fails first as often as it is told to."""

    def __init__(self) -> None:
        self.spec = anything.spec
        self.positions: dict[tuple[str, int], int] = {}
        self.values: list[bytes] = []
        self.batches: list[int] = []
        self.failures: list[Exception] = []
        self.failures_after: list[Exception] = []

    def position(self, topic: str, partition: int) -> int:
        return self.positions.get((topic, partition), 0)

    def deliver(self, records: Sequence[Record]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(len(records))
        for record in records:
            self.values.append(record.value)
            self.positions[record.topic, record.partition] = record.offset + 1
        if self.failures_after:
            raise self.failures_after.pop(0)


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def consumer() -> Kept:
    return Kept()


@pytest.fixture
def run(store, consumer) -> Iterator[Callable[..., Runner]]:
    started: list[Runner] = []

    def run(tables_filled: Callable[[], None] = lambda: None) -> Runner:
        runner = Runner(store, consumer, tables_filled=tables_filled, rested=lambda: None)
        runner.start()
        started.append(runner)
        return runner

    yield run
    for runner in started:
        runner.stop()
        assert runner.join(10)


@pytest.fixture
def lines(monkeypatch) -> list[str]:
    """The names of the lines in the log."""
    said: list[str] = []
    log = SimpleNamespace(warning=lambda name, **_: said.append(name))
    log.info = log.warning
    monkeypatch.setattr("runtime.runner.log", log)
    return said


def publish(store: Store, *values: bytes) -> None:
    store.publish([Message("words", "k", value) for value in values])


@pytest.mark.parametrize("error", [PlatformDown("The disk is full."), RuntimeError("a defect")])
def test_delivers_again_what_could_not_be_delivered(store, consumer, run, error):
    consumer.failures = [error] * 3
    run()
    publish(store, b"1", b"2", b"3")

    wait_until(lambda: consumer.values == [b"1", b"2", b"3"])


def test_asks_for_its_position_when_only_the_answer_was_lost(store, consumer, run):
    consumer.failures_after = [PlatformDown("The answer was lost.")]
    run()
    publish(store, b"1", b"2", b"3")

    wait_until(lambda: len(consumer.values) >= 3)
    assert consumer.values == [b"1", b"2", b"3"]


def test_says_what_it_waits_for_until_it_works_again(store, consumer, run):
    consumer.failures = [PlatformDown("The disk is full.")] * 4
    runner = run()
    publish(store, b"1")

    wait_until(lambda: runner.waits_for == "The disk is full.")
    wait_until(lambda: runner.waits_for is None)
    assert consumer.values == [b"1"]


def test_says_once_that_it_waits_and_once_that_it_goes_on(store, consumer, run, lines):
    consumer.failures = [PlatformDown("The disk is full.")] * 4
    run()
    publish(store, b"1")

    wait_until(lambda: lines == ["engine.waiting", "engine.resumed"])


def test_leaves_to_the_platform_what_the_platform_has_said(store, consumer, run, lines):
    consumer.failures = [PlatformDown("The disk is full.", awaited="the disk")] * 4
    runner = run()
    publish(store, b"1")

    wait_until(lambda: runner.waits_for == "The disk is full.")
    wait_until(lambda: runner.waits_for is None)
    assert lines == []


def test_stops_in_the_middle_of_an_outage(store, consumer, run):
    consumer.failures = [PlatformDown("The disk is full.")] * 1000
    runner = run()
    publish(store, b"1")
    wait_until(lambda: len(consumer.failures) < 997)
    runner.stop()

    assert runner.join(5)


def test_takes_batches_as_large_as_the_function_wants(store, consumer, run):
    publish(store, b"1", b"2", b"3", b"4", b"5")
    run()

    wait_until(lambda: len(consumer.values) == 5)
    assert consumer.batches == [2, 2, 1]


def test_begins_when_its_tables_are_filled(store, consumer, run):
    filled = threading.Event()

    def tables_filled() -> None:
        if not filled.is_set():
            raise PlatformDown("Waiting for the lookup tables.")

    runner = run(tables_filled)
    publish(store, b"1")
    wait_until(lambda: runner.waits_for is not None)
    before = list(consumer.values)
    filled.set()

    wait_until(lambda: consumer.values == [b"1"])
    assert before == []


def test_is_caught_up_when_everything_was_delivered(store, consumer, run):
    publish(store, b"1", b"2", b"3")
    runner = run()

    wait_until(lambda: runner.caught_up(store.log.ends()))
    assert consumer.values == [b"1", b"2", b"3"]


def test_it_rests_after_a_few_so_that_the_next_ones_come_together(store, consumer, monkeypatch):
    runner = Runner(store, consumer, tables_filled=lambda: None, rested=lambda: None)
    rests = []

    def note(seconds: float) -> bool:
        rests.append((len(consumer.values), seconds))
        return False

    monkeypatch.setattr(runner._stopping, "wait", note)
    monkeypatch.setattr("runtime.runner.FEW", 2)
    publish(store, b"1", b"2", b"3", b"4", b"5")
    runner.start()
    wait_until(lambda: len(rests) == 1)
    publish(store, b"6")
    wait_until(lambda: len(rests) == 2)
    runner.stop()
    assert runner.join(10)

    assert consumer.batches == [2, 2, 1, 1]
    assert [done for done, _ in rests] == [5, 6]
    assert all(0 < seconds <= MOST_REST_SECONDS for _, seconds in rests)
