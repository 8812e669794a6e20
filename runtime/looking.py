"""Looks at the platform now and then: a service that nobody asks for anything should know too."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from runtime.errors import PlatformDown
from runtime.outages import Outages

#: How often it is looked at as long as everything answers; else at every tick.
IDLE_SECONDS = 5.0


class Looking:
    """Call `tick` every second or so. `look` asks everything once and raises PlatformDown."""

    def __init__(
        self,
        look: Callable[[], None],
        outages: Outages,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._outages = outages
        self._now = now
        self._looked = now() - IDLE_SECONDS

    def tick(self) -> None:
        """Look, if it is time; `outages` then know what was found."""
        if self._outages.awaited() or self._now() - self._looked >= IDLE_SECONDS:
            self._looked = self._now()
            with suppress(PlatformDown):
                self._look()
