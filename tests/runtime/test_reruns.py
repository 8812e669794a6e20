"""Who loses a race for a row is run again while nobody else of the service runs."""

from __future__ import annotations

import threading

import pytest

from runtime import metrics
from runtime.errors import Conflict, PlatformDown
from runtime.reruns import MOST_RUNS, Reruns
from tests.waiting import wait_until


def losing(times: int) -> list[Exception | None]:
    return [*[Conflict("stale")] * times, None]


def attempt_of(outcomes: list[Exception | None]) -> str:
    outcome = outcomes.pop(0)
    if outcome is not None:
        raise outcome
    return "done"


def test_what_is_no_conflict_runs_once() -> None:
    outcomes = losing(0)

    assert Reruns().run("shop.sell", lambda: attempt_of(outcomes)) == "done"
    assert outcomes == []


def test_a_conflict_is_run_again_and_counted() -> None:
    counter = metrics.RERUNS.labels("shop.lose")
    outcomes, before = losing(3), counter._value.get()

    assert Reruns().run("shop.lose", lambda: attempt_of(outcomes)) == "done"
    assert counter._value.get() - before == 3


def test_who_always_loses_is_told_to_wait() -> None:
    outcomes = losing(MOST_RUNS)

    with pytest.raises(PlatformDown, match=r"shop\.sell changed under it 20 times"):
        Reruns().run("shop.sell", lambda: attempt_of(outcomes))
    assert outcomes == [None]


def test_another_failure_is_handed_on_and_lets_the_next_one_in() -> None:
    reruns = Reruns()
    outcomes: list[Exception | None] = [Conflict("stale"), KeyError("row")]

    with pytest.raises(KeyError):
        reruns.run("shop.sell", lambda: attempt_of(outcomes))
    assert reruns.run("shop.sell", lambda: "done") == "done"


class Slow:
    """An attempt that loses once, and then stands still until it is let go."""

    def __init__(self) -> None:
        self.again, self.go_on = threading.Event(), threading.Event()
        self._runs = 0

    def __call__(self) -> None:
        self._runs += 1
        if self._runs == 1:
            raise Conflict("stale")
        self.again.set()
        assert self.go_on.wait(20)


def test_what_comes_new_lets_a_loser_go_first() -> None:
    reruns, slow, done = Reruns(most_seconds=20), Slow(), []
    loser = threading.Thread(target=lambda: done.append(reruns.run("shop.sell", slow) or "loser"))
    newcomer = threading.Thread(
        target=lambda: done.append(reruns.run("shop.buy", lambda: "newcomer"))
    )
    loser.start()
    assert slow.again.wait(20)
    newcomer.start()
    newcomer.join(0.1)  # where nothing holds it back, it is done by then
    slow.go_on.set()
    wait_until(lambda: len(done) == 2)
    loser.join()
    newcomer.join()

    assert done == ["loser", "newcomer"]


def test_a_slow_loser_holds_nobody_up_for_long() -> None:
    reruns, slow = Reruns(most_seconds=0.01), Slow()
    loser = threading.Thread(target=reruns.run, args=("shop.sell", slow))
    loser.start()
    assert slow.again.wait(20)

    outcomes = losing(1)
    assert reruns.run("shop.buy", lambda: attempt_of(outcomes)) == "done"

    slow.go_on.set()
    loser.join()
