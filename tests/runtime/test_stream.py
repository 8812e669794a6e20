"""One function on one topic of the embedded log: how much of it makes a unit of work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from runtime import Table, function
from runtime.record import Message, Record
from runtime.sidecars.embedded import Store
from runtime.spec import FunctionSpec
from runtime.stream import MOST_EVENTS, Stream


@function(subscribes="words")
def anything(word: str) -> None:
    """Stand for a function that says nothing of batches."""


@function(subscribes="words", batch=100)
def a_hundred(word: str) -> None:
    """Stand for a function that wants few at once."""


@function(subscribes="words", fills_table=True)
def learn(word: str, words: Table[str]) -> None:
    """Stand for a function that fills a table."""


class Counting:
    """A consumer that only counts what it is given at once."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self.batches: list[int] = []

    def position(self, topic: str, partition: int) -> int:
        return 0

    def deliver(self, records: Sequence[Record]) -> None:
        self.batches.append(len(records))


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        for _ in range(MOST_EVENTS // 50 + 1):
            opened.publish([Message("words", str(n), b'"word"') for n in range(50)])
        yield opened


@pytest.mark.parametrize(
    ("spec", "batches"),
    [
        (anything.spec, [MOST_EVENTS, 50]),
        (a_hundred.spec, [100] * (MOST_EVENTS // 100) + [50]),
        (learn.spec, [MOST_EVENTS + 50]),  # the larger the batch, the fewer pages it writes
    ],
    ids=lambda given: getattr(given, "name", None),
)
def test_a_unit_of_work_is_bounded(store, spec, batches):
    counting = Counting(spec)
    stream = Stream(store, counting, "words")
    while stream.step():
        pass

    assert counting.batches == batches
