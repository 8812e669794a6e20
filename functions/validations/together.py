"""Which orders and answers belong together, and how long does an order stay open?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from functions.domain.setting import positive
from functions.domain.tally import Decision
from runtime import Outgoing
from runtime.windows import JoinWindow

#: Event times of an order and an answer to it lie at most this far apart, edges included.
ANSWERS = JoinWindow(within=timedelta(minutes=5))

TIMED_OUT = "validation timed out"


@dataclass(frozen=True)
class ValidationTimeout:
    """SLUICE_VALIDATION_TIMEOUT_SECONDS (300): how long an order may stay open, by the clock."""

    after: timedelta = timedelta(minutes=5)

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> ValidationTimeout:
        """Read the setting; raises ValueError naming it when it is wrong."""
        seconds = positive(environ, "SLUICE_VALIDATION_TIMEOUT_SECONDS", "300")
        return cls(timedelta(seconds=float(seconds)))


def published(decision: Decision | None) -> Outgoing | None:
    """Turn a decision into the event that tells it, at the decision's event time."""
    return Outgoing(decision.order, time=decision.time) if decision else None
