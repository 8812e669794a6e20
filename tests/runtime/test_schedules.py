"""Schedule functions: once a turn, whoever asks and whatever fails."""

from __future__ import annotations

import msgspec
import pytest

from runtime import Clock, FakeClock, Table, function
from runtime.arguments import Resources
from runtime.errors import PlatformDown
from runtime.outbox import Outbox
from runtime.schedules import Schedule
from tests.runtime.making import NOON, Meddled, Shelf, Trouble


class Swept(msgspec.Struct):
    """The shelves were swept."""

    count: int


@function(every="10s", publishes="swept")
def sweep(shelves: Table[Shelf], clock: Clock, trouble: Trouble) -> Swept:
    """Count how often it ran."""
    with shelves.edit("all", Shelf) as row:
        row.sold += 1
    trouble.call("sweep")
    return Swept(row.sold)


class Replicas:
    """Two processes with one store."""

    def __init__(self, *, publishes_in_transaction: bool = True) -> None:
        self.clock = FakeClock(NOON)
        self.sidecar = Meddled(self.clock, publishes_in_transaction=publishes_in_transaction)
        self.resources = Resources({})
        self.trouble = self.resources.get(Trouble)
        self.first, self.second = self.process("a"), self.process("b")

    def process(self, lane: str) -> Schedule:
        outbox = Outbox(self.sidecar, self.clock, lane)
        return Schedule(
            sweep.spec, self.sidecar, outbox, clock=self.clock, resources=self.resources
        )

    @property
    def ran(self) -> int:
        return int(msgspec.json.decode(self.sidecar.rows.get("shelves/all", b'{"sold":0}'))["sold"])


@pytest.fixture
def replicas() -> Replicas:
    return Replicas()


def test_runs_once_a_turn(replicas: Replicas) -> None:
    for _ in range(30):
        replicas.first.tick()
        replicas.clock.advance(1)

    assert replicas.ran == 3
    assert len(replicas.sidecar.messages) == 3


def test_two_replicas_run_it_once(replicas: Replicas) -> None:
    for _ in range(3):
        replicas.first.tick()
        replicas.second.tick()
        replicas.clock.advance(10)

    assert replicas.ran == 3


def test_two_replicas_at_the_same_moment_run_it_once(replicas: Replicas) -> None:
    replicas.sidecar.meddlers = [replicas.second.tick]
    replicas.first.tick()
    replicas.first.tick()

    assert (replicas.ran, len(replicas.sidecar.messages)) == (1, 1)


def test_a_restart_does_not_run_it_again(replicas: Replicas) -> None:
    replicas.first.tick()
    replicas.process("a").tick()

    assert replicas.ran == 1


def test_turns_that_were_missed_are_not_made_up_for(replicas: Replicas) -> None:
    replicas.first.tick()
    replicas.clock.advance(86_400)
    replicas.first.tick()
    replicas.first.tick()

    assert replicas.ran == 2


def test_a_clock_that_is_set_back_runs_nothing_twice(replicas: Replicas) -> None:
    replicas.first.tick()
    replicas.clock.advance(-60)
    replicas.first.tick()

    assert replicas.ran == 1


@pytest.mark.parametrize("failure", [ValueError("dust"), SystemExit(1)])
def test_a_turn_that_fails_leaves_nothing_and_the_next_one_runs(
    replicas: Replicas, failure: BaseException
) -> None:
    replicas.trouble.ahead["sweep"] = [failure]
    replicas.first.tick()
    after_failure = (replicas.ran, len(replicas.sidecar.messages))
    replicas.first.tick()
    replicas.clock.advance(10)
    replicas.first.tick()

    assert (after_failure, replicas.ran) == ((0, 0), 1)
    assert replicas.trouble.calls == ["sweep", "sweep"]


@pytest.mark.parametrize("operation", ["get", "transact"])
def test_an_outage_goes_through_and_the_turn_is_taken_later(
    replicas: Replicas, operation: str
) -> None:
    replicas.sidecar.fail_next(operation, PlatformDown("gone"))  # type: ignore[arg-type]
    with pytest.raises(PlatformDown):
        replicas.first.tick()
    replicas.first.tick()

    assert replicas.ran == 1


def test_a_turn_whose_answer_was_lost_is_not_taken_again_and_is_published() -> None:
    replicas = Replicas(publishes_in_transaction=False)
    outbox = Outbox(replicas.sidecar, replicas.clock, "a")
    outbox.tick()
    schedule = Schedule(
        sweep.spec, replicas.sidecar, outbox, clock=replicas.clock, resources=replicas.resources
    )
    replicas.sidecar.fail_next("transact", PlatformDown("no answer"), after=True)
    with pytest.raises(PlatformDown):
        schedule.tick()
    schedule.tick()
    outbox.tick()

    assert (replicas.ran, len(replicas.sidecar.messages)) == (1, 1)
