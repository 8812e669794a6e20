"""Should this be tried again at once, and when?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tenacity

from runtime.errors import DeclarationError


@dataclass(frozen=True)
class Retries:
    """How often a failing event is tried at once before it becomes a dead letter.

    `attempts` counts the first call too. The pauses grow from `first_seconds` by a factor of two
    up to `most_seconds`, with jitter of up to `first_seconds`. The good events of the batch wait
    for these pauses (their effects are committed together), so keep the sum under a few seconds.
    """

    attempts: int = 3
    first_seconds: float = 0.05
    most_seconds: float = 1.0

    def __post_init__(self) -> None:
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
