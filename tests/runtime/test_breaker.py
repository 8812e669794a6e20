"""When is a function not called?"""

from __future__ import annotations

import pytest

from runtime import FakeClock
from runtime.breaker import CALLS, FAILURES, FIRST_SECONDS, Breaker


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def breaker(clock: FakeClock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int, error: type[Exception] = OSError) -> None:
    for _ in range(times):
        breaker.failed(error("away"))


def test_it_opens_when_most_of_the_last_calls_failed_for_one_cause(breaker: Breaker) -> None:
    for _ in range(CALLS - FAILURES):
        breaker.succeeded()
    fail(breaker, FAILURES - 1)
    assert breaker.allows()
    assert breaker.failed(OSError("away"))

    assert not breaker.allows()
    assert repr(breaker.error) == "OSError('away')"


def test_it_stays_closed_while_some_succeed(breaker: Breaker) -> None:
    for _ in range(20):
        fail(breaker, 3)
        breaker.succeeded()

    assert breaker.allows()


def test_failures_of_many_causes_are_the_events_own(breaker: Breaker) -> None:
    for _ in range(20):
        fail(breaker, 1, ValueError)
        fail(breaker, 1, KeyError)

    assert breaker.allows()


def test_one_probe_is_let_through_when_its_time_comes(breaker: Breaker, clock: FakeClock) -> None:
    fail(breaker, FAILURES)
    clock.advance(FIRST_SECONDS)

    assert [breaker.allows(), breaker.allows()] == [True, False]


def test_pauses_between_failing_probes_double_up_to_a_minute(
    breaker: Breaker, clock: FakeClock
) -> None:
    fail(breaker, FAILURES)
    probes = []
    for second in range(300):
        if breaker.allows():
            probes.append(second)
            breaker.failed(OSError("away"))
        clock.advance(1)

    assert probes == [5, 15, 35, 75, 135, 195, 255]


def test_a_probe_that_succeeds_closes_it_with_a_clean_slate(
    breaker: Breaker, clock: FakeClock
) -> None:
    fail(breaker, FAILURES)
    clock.advance(FIRST_SECONDS)
    assert breaker.allows()
    breaker.succeeded()
    fail(breaker, FAILURES - 1)

    assert breaker.allows()
    assert breaker.error is None
