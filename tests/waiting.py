"""Waiting in tests: for a fact, never for a time."""

import time
from collections.abc import Callable

#: How long after a look the next one comes, in seconds: at first, and in a long wait.
_SOON_SECONDS, _SELDOM_SECONDS = 0.01, 0.1
#: A wait is this part longer than it needs to be.
_PART = 0.05
#: And so many times as long as the look took: a fact that is read from whole topics and tables
#: would else take the processor from those whom it waits for.
_LOOKS = 2
#: Deadlines are written for a machine of our own. One that is shared has been seen to give a tenth
#: of itself; what is not in time there would have come. A deadline costs nothing where it is met.
PATIENCE = 5


def wait_until(
    predicate: Callable[[], bool], timeout_seconds: float = 10.0, *, patience: float = PATIENCE
) -> None:
    """Return as soon as the predicate is true; fail the test when it is not in time.

    Where it is the time that is promised, `patience=1` insists on it.
    """
    begun = time.monotonic()
    while True:
        looked = time.monotonic()
        if predicate():
            return
        waited, took = time.monotonic() - begun, time.monotonic() - looked
        if waited > timeout_seconds * patience:
            name = getattr(predicate, "__qualname__", repr(predicate))
            raise AssertionError(f"{name} was not true within {waited:.0f} s.")
        pause = min(max(_SOON_SECONDS, waited * _PART), _SELDOM_SECONDS)
        time.sleep(max(pause, took * _LOOKS))
