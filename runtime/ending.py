"""How did the events of a unit of work end? Told once it is written: counts, log, error hook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from runtime import hooks, metrics
from runtime.failures import Outcome
from runtime.hooks import ErrorHook
from runtime.intake import Item
from runtime.log import logger

log = logger("delivery")


class Ending(NamedTuple):
    """What is to be told. Until it is written, a unit of work may be run again and end otherwise.

    Of the events that went well it keeps the numbers only: their rows and data are not needed while
    the platform writes.
    """

    events: int
    handled: int
    refused: int
    duplicate: int
    behind: int
    later: Sequence[Item]
    given_up: Sequence[Item]

    @classmethod
    def of(
        cls,
        items: Sequence[Item],
        fresh: Sequence[Item],
        called: Sequence[Item],
        outcome: Outcome,
    ) -> Ending:
        """Sum up the events that came, those not handled before, and those that were called for."""
        refused = sum(item.refused for item in items)
        return cls(
            events=len(items),
            handled=sum(not (item.error or item.behind) for item in called),
            refused=refused,
            duplicate=len(items) - len(fresh) - refused,
            behind=outcome.behind,
            later=outcome.later,
            given_up=outcome.given_up,
        )

    @classmethod
    def refused_all(cls, events: int) -> Ending:
        """Sum up events that the function is not called for."""
        return cls(
            events=events, handled=0, refused=events, duplicate=0, behind=0, later=(), given_up=()
        )

    def tell(self, function: str, hook: ErrorHook) -> None:
        """Count the events, log what failed, and tell the hook of it."""
        metrics.batch(function).observe(self.events)
        for name, count in (
            ("handled", self.handled),
            ("refused", self.refused),
            ("duplicate", self.duplicate),
            ("put_off", len(self.later) + self.behind),
            ("dead_letter", len(self.given_up)),
        ):
            if count:
                metrics.outcome(function, name).inc(count)
        _say("delivery.retried_later", function, self.later)
        _say("delivery.dead_letters", function, self.given_up)
        hook.tell(function, self.later, hooks.RETRIED_LATER)
        hook.tell(function, self.given_up, hooks.DEAD_LETTER)


def _say(what: str, function: str, items: Sequence[Item]) -> None:
    for reason, count in Counter(repr(item.error) for item in items).items():
        log.warning(what, function=function, count=count, reason=reason[:500])
