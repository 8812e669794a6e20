"""Who waits for which rows, and who is woken."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from runtime.waiting import Waiters


class Sleeper:
    """Counts how often it was woken."""

    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def waiters() -> Waiters:
    return Waiters(3)


def put(sidecar: RecordingSidecar, key: str) -> None:
    sidecar.transact([Write(key, b"1", ANY)])


def absent(*keys: str) -> dict[str, str | None]:
    """Rows that were not there when they were read."""
    return dict.fromkeys(keys)


def nothing(keys: Sequence[str]) -> dict[str, object]:
    raise AssertionError(f"nobody waits, yet {keys} were asked for")


def test_wakes_those_who_wait_for_the_row_and_no_others(waiters: Waiters) -> None:
    first, second, other = Sleeper(), Sleeper(), Sleeper()
    with (
        waiters.waiting(absent("a", "b"), first.wake),
        waiters.waiting(absent("a"), second.wake),
        waiters.waiting(absent("c"), other.wake),
    ):
        waiters.notify(["a", "x"])

    assert (first.woken, second.woken, other.woken) == (1, 1, 0)


def test_wakes_nobody_who_has_stopped_waiting(waiters: Waiters) -> None:
    sleeper = Sleeper()
    with waiters.waiting(absent("a"), sleeper.wake):
        pass
    waiters.notify(["a"])

    assert sleeper.woken == 0


def test_one_that_stops_leaves_the_others_waiting(waiters: Waiters) -> None:
    sleeper = Sleeper()
    with waiters.waiting(absent("a"), sleeper.wake):
        with waiters.waiting(absent("a"), Sleeper().wake):
            pass
        waiters.notify(["a"])

    assert sleeper.woken == 1


def test_refuses_more_than_there_may_be_and_makes_room_again(waiters: Waiters) -> None:
    with (
        waiters.waiting(absent("a"), Sleeper().wake) as first,
        waiters.waiting(absent("a"), Sleeper().wake),
        waiters.waiting(absent("b"), Sleeper().wake),
        waiters.waiting(absent("a"), Sleeper().wake) as fourth,
    ):
        assert (first, fourth) == (True, False)
    with waiters.waiting(absent("a"), Sleeper().wake) as later:
        assert later


def test_a_refused_one_is_never_woken(waiters: Waiters) -> None:
    refused = Sleeper()
    full = Waiters(0)
    with full.waiting(absent("a"), refused.wake):
        full.notify(["a"])

    assert refused.woken == 0


def test_an_exception_while_waiting_ends_the_wait(waiters: Waiters) -> None:
    sleeper = Sleeper()
    with pytest.raises(RuntimeError), waiters.waiting(absent("a"), sleeper.wake):
        raise RuntimeError
    waiters.notify(["a"])

    assert sleeper.woken == 0


def test_looks_at_nothing_when_nobody_waits(waiters: Waiters) -> None:
    waiters.poll(nothing)  # type: ignore[arg-type]


def test_sees_what_another_process_wrote(waiters: Waiters) -> None:
    sidecar, sleeper = RecordingSidecar(), Sleeper()
    with waiters.waiting(absent("a"), sleeper.wake):
        waiters.poll(sidecar.get)
        put(sidecar, "a")
        waiters.poll(sidecar.get)
        waiters.poll(sidecar.get)

    assert sleeper.woken == 1


def test_sees_what_was_written_since_the_request_read_the_row(waiters: Waiters) -> None:
    sidecar, sleeper = RecordingSidecar(), Sleeper()
    put(sidecar, "a")
    with waiters.waiting(absent("a"), sleeper.wake):
        waiters.poll(sidecar.get)
        waiters.poll(sidecar.get)

    assert sleeper.woken == 1


def test_a_row_that_is_as_it_was_read_wakes_nobody(waiters: Waiters) -> None:
    """Or a thousand requests that begin to wait would all run once more."""
    sidecar, sleeper = RecordingSidecar(), Sleeper()
    put(sidecar, "a")
    read = {"a": sidecar.get(["a"])["a"].etag, "b": None}
    with waiters.waiting(read, sleeper.wake):
        waiters.poll(sidecar.get)

    assert sleeper.woken == 0


def test_one_that_comes_back_is_not_woken_for_what_it_knows(waiters: Waiters) -> None:
    sidecar, sleeper = RecordingSidecar(), Sleeper()
    with waiters.waiting(absent("a"), Sleeper().wake):
        waiters.poll(sidecar.get)
    put(sidecar, "a")
    with waiters.waiting({"a": sidecar.get(["a"])["a"].etag}, sleeper.wake):
        waiters.poll(sidecar.get)

    assert sleeper.woken == 0


def test_one_that_comes_to_others_hears_of_the_change_between(waiters: Waiters) -> None:
    sidecar, sleeper = RecordingSidecar(), Sleeper()
    with waiters.waiting(absent("a"), Sleeper().wake):
        put(sidecar, "a")
        with waiters.waiting(absent("a"), sleeper.wake):
            waiters.poll(sidecar.get)

    assert sleeper.woken == 1


def test_rows_of_all_waiters_are_looked_at_in_one_request(waiters: Waiters) -> None:
    sidecar = RecordingSidecar()
    with (
        waiters.waiting(absent("a", "b"), Sleeper().wake),
        waiters.waiting(absent("c"), Sleeper().wake),
    ):
        waiters.poll(sidecar.get)

    assert sidecar.calls == ["get"]
