"""Waiting in tests: for a fact, never for a time."""

import time
from collections.abc import Callable

#: How often the fact is looked at, in seconds.
_LOOK_SECONDS = 0.01


def wait_until(predicate: Callable[[], bool], timeout_seconds: float = 10.0) -> None:
    """Return as soon as the predicate is true; fail the test when it is not in time."""
    deadline = time.monotonic() + timeout_seconds
    while not predicate():
        if time.monotonic() > deadline:
            name = getattr(predicate, "__qualname__", repr(predicate))
            raise AssertionError(f"{name} was not true within {timeout_seconds:g} s.")
        time.sleep(_LOOK_SECONDS)
