"""A request that waits for a row, and what it is told when it has waited in vain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.problems import problem
from runtime.reply import Reply
from runtime.waiting import Waiters


@dataclass(frozen=True, slots=True)
class Parked:
    """A request whose function said "not yet": it is to be run again when one of `keys` changes.

    It holds no deadline, because requests that share a run came at different times. `moment` is
    when its function had run, in seconds of `time.monotonic`.
    """

    waiters: Waiters
    keys: Mapping[str, str | None]
    reason: str
    wait_ms: int
    moment: float

    @property
    def deadline(self) -> float:
        """Until when the request waits, if this is what came of its first run."""
        return self.moment + self.wait_ms / 1000

    def covers(self, later: Parked) -> bool:
        """Whether who waits for this is woken by all that what came of it waits for."""
        return set(later.keys) <= set(self.keys)

    def too_late(self) -> Reply:
        """What a request is told whose deadline was over at the `moment`."""
        return _refusal(504, f"{self.reason} Waited {self.wait_ms} ms.")


def too_many() -> Reply:
    """What a request is told that would have to wait where too many wait already."""
    return _refusal(503, "Too many requests are waiting already.", retry_after="1")


def stopping() -> Reply:
    """What a request is told that waits when its server stops."""
    return _refusal(503, "The server is stopping.", retry_after="1")


def _refusal(status: int, detail: str, **headers: str) -> Reply:
    return Reply.of_answer(problem(status, detail, **headers)).hardened()
