"""How often, and after which pauses, something is tried again at once."""

from __future__ import annotations

import pytest

from runtime import Retries


class Again(Exception):
    """Worth another try."""


def attempts(retries: Retries, *failures: Exception) -> int:
    """Count the attempts of something that fails like this, then works."""
    ahead, count = list(failures), 0
    for attempt in retries.rounds(Again):
        with attempt:
            count += 1
            if ahead:
                raise ahead.pop(0)
    return count


AT_ONCE = Retries(attempts=3, first_seconds=0, most_seconds=0)


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_tries_until_it_works(failures: int) -> None:
    assert attempts(AT_ONCE, *[Again()] * failures) == failures + 1


def test_the_last_failure_is_raised_as_it_is() -> None:
    last = Again("the third")
    with pytest.raises(Again) as caught:
        attempts(AT_ONCE, Again(), Again(), last)

    assert caught.value is last


def test_whatever_else_is_raised_goes_through_at_once() -> None:
    with pytest.raises(OSError, match="gone"):
        attempts(AT_ONCE, OSError("gone"))


def test_one_attempt_is_no_retry() -> None:
    with pytest.raises(Again):
        attempts(Retries(attempts=1), Again())


def test_pauses_double_up_to_the_longest() -> None:
    retries = Retries(attempts=9, first_seconds=0.0005, most_seconds=0.002)
    rounds = retries.rounds(Again)
    waits = []
    for _ in range(8):
        with (attempt := next(rounds)):
            raise Again
        waits.append(attempt.retry_state.retry_object.wait(attempt.retry_state))

    shortest = [0.0005, 0.001, *[0.002] * 6]
    assert all(low <= wait <= low + 0.0005 for low, wait in zip(shortest, waits, strict=True))
