"""Waiting for results, however long they take, as long as some come."""

from __future__ import annotations

import time
from collections.abc import Callable

from local.errors import Failure

_LOOK_SECONDS = 0.05
#: Nothing new for so long, and it has failed.
_SILENCE_SECONDS = 60.0


def wait_for(count: Callable[[], int], wanted: int, topic: str, alive: Callable[[], None]) -> None:
    """Return when `count` is so many; Failure, naming the topic, when none comes for a minute.

    `alive` is called while waiting, and raises when nothing will come any more.
    """
    seen, silent_since = 0, time.monotonic()
    while (found := count()) < wanted:
        alive()
        if found > seen:
            seen, silent_since = found, time.monotonic()
        if time.monotonic() > silent_since + _SILENCE_SECONDS:
            raise Failure(f"{found:,} of {wanted:,} results came to {topic!r}, no more.")
        time.sleep(_LOOK_SECONDS)
