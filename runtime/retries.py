"""How often is a failing event tried again, at once and later?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import tenacity

from runtime.errors import DeclarationError


@dataclass(frozen=True)
class Retries:
    """What a topic function does with an event that fails, before it becomes a dead letter.

    `attempts` are those at once, the first call included. Their pauses grow from `first_seconds`
    by a factor of two up to `most_seconds`, with jitter of up to `first_seconds`. The good events
    of the batch wait for them (their effects are committed together), so keep the sum under a few
    seconds.

    `later_seconds` are the pauses before the attempts that come later, from the retry topic. They
    hold nobody up, and each of those attempts is `attempts` calls again. None takes the
    deployment's, SLUICE_RETRY_SECONDS: 5 s, 30 s, 2 min and 10 min. An empty tuple has none.
    """

    attempts: int = 3
    first_seconds: float = 0.05
    most_seconds: float = 1.0
    later_seconds: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not all(0 < seconds < math.inf for seconds in self.later_seconds or ()):
            raise DeclarationError(
                f"Retries(later_seconds={self.later_seconds}); expected numbers above 0."
            )
        if self.attempts < 1:
            raise DeclarationError(f"Retries(attempts={self.attempts}); expected at least 1.")
        if self.first_seconds < 0 or self.most_seconds < self.first_seconds:
            raise DeclarationError(
                f"Retries(first_seconds={self.first_seconds}, most_seconds={self.most_seconds}); "
                "expected 0 <= first_seconds <= most_seconds."
            )

    def rounds(self, again: type[Exception]) -> Iterator[tenacity.AttemptManager]:
        """Yield one tenacity attempt a round, the next one only when it raised `again`.

        The last failure is raised as it is; so is at once whatever else is raised.
        """
        yield from tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(again),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=tenacity.wait_exponential(multiplier=self.first_seconds, max=self.most_seconds)
            + tenacity.wait_random(0, self.first_seconds),
            reraise=True,
        )
