"""Functions wait for the lookup tables of their service, but not forever."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from runtime import Retries, Table, function
from runtime.catching_up import CatchingUp
from runtime.delivery import Consumer
from runtime.errors import PlatformDown
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Shelf, record

AHEAD = {0: (0, 2), 1: (5, 5), 2: (0, 0)}


@function(subscribes="levels", fills_table=True, retries=Retries(attempts=1))
def set_level(level: int, levels: Table[Shelf]) -> None:
    """Fill a table."""
    levels.put("level", Shelf(level))


class Broker:
    """Says where the topic ends, and how often it was asked."""

    def __init__(self, *answers: Mapping[int, tuple[int, int]] | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def ends(self, topic: str) -> Mapping[int, tuple[int, int]]:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def filler() -> Consumer:
    return Consumer(set_level.spec, RecordingSidecar())


def fill(filler: Consumer, offset: int, value: bytes = b"1") -> None:
    filler.deliver([record(offset, value, topic="levels")])


def test_a_service_without_tables_waits_for_nothing() -> None:
    CatchingUp([], Broker().ends, 60).check()


def test_waits_until_the_tables_hold_what_was_there_at_first(filler: Consumer) -> None:
    tables = CatchingUp([filler], Broker(AHEAD).ends, 60)
    fill(filler, 0)
    with pytest.raises(PlatformDown, match=r"lookup tables that runtime.set_level fills"):
        tables.check()
    fill(filler, 1)

    tables.check()


def test_what_comes_later_is_not_waited_for(filler: Consumer) -> None:
    broker = Broker(AHEAD, {0: (0, 1000)})
    tables = CatchingUp([filler], broker.ends, 60)
    with pytest.raises(PlatformDown):
        tables.check()
    fill(filler, 1)
    tables.check()
    tables.check()

    assert broker.asked == 1


def test_a_record_that_cannot_be_read_counts_as_read(filler: Consumer) -> None:
    tables = CatchingUp([filler], Broker({0: (0, 1)}).ends, 60)
    fill(filler, 0, b"{")

    tables.check()


def test_a_topic_that_is_empty_or_not_there_is_not_waited_for(filler: Consumer) -> None:
    CatchingUp([filler], Broker({}).ends, 60).check()


def test_after_its_time_functions_run_with_what_is_there(filler: Consumer) -> None:
    CatchingUp([filler], Broker(AHEAD).ends, -1).check()


def test_the_time_runs_from_when_the_broker_has_answered(filler: Consumer) -> None:
    tables = CatchingUp([filler], Broker(PlatformDown("gone"), AHEAD).ends, -1)
    with pytest.raises(PlatformDown, match="gone"):
        tables.check()

    tables.check()


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_large_table_is_waited_for_as_long_as_it_grows(filler: Consumer) -> None:
    clock = Clock()
    tables = CatchingUp([filler], Broker({0: (0, 3)}).ends, 60, clock)
    for offset in (0, 1):
        with pytest.raises(PlatformDown):
            tables.check()
        clock.now += 50
        fill(filler, offset)

    with pytest.raises(PlatformDown):
        tables.check()
    clock.now += 61
    tables.check()


class Unreachable:
    """A broker's ends, and a store that is gone for a while."""

    def __init__(self, filler: Consumer) -> None:
        self.spec = filler.spec
        self.gone = False

    def position(self, topic: str, partition: int) -> int:
        if self.gone:
            raise PlatformDown("gone")
        return 0


def test_an_outage_is_not_time_that_was_waited(filler: Consumer) -> None:
    clock, reader = Clock(), Unreachable(filler)
    tables = CatchingUp([reader], Broker(AHEAD).ends, 60, clock)  # type: ignore[list-item]
    with pytest.raises(PlatformDown, match="fills"):
        tables.check()
    reader.gone = True
    with pytest.raises(PlatformDown, match="gone"):
        tables.check()
    clock.now, reader.gone = 1000.0, False

    with pytest.raises(PlatformDown, match="fills"):
        tables.check()


def test_it_is_told_how_far_a_large_table_is(filler: Consumer) -> None:
    clock = Clock()
    tables = CatchingUp([filler], Broker({0: (0, 101)}).ends, 60, clock)
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(PlatformDown):
                tables.check()
            filler.deliver([record(n, b"1", topic="levels") for n in range(100)])
            clock.now += 10
        with pytest.raises(PlatformDown):
            tables.check()

    told = [(each["left"], each["rows_per_second"]) for each in logs]
    assert told == [(1, 10), (1, 0)]
