"""When do the answers decide an order?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from functions.domain.order import Order
from functions.domain.state import OrderState

#: Answers kept for an order that has not come yet. Three are usual; the bound keeps a producer
#: that repeats itself from growing the row for ever.
ANSWERS_KEPT = 30

#: Do two event times belong together?
Together = Callable[[datetime, datetime], bool]


class Answer(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A PASS or FAIL that came for the order, with its event time."""

    check: CheckType
    result: ValidationResult
    time: datetime
    reason: str | None = None


class Decision(Struct, frozen=True):
    """The order as it was decided, and the event time of what decided it."""

    order: Order
    time: datetime


class Tally(Struct, rename="camel", omit_defaults=True):
    """The order and the answers, in whichever order they come, until they decide it.

    A decided tally keeps nothing but the decision: nothing changes it afterwards.
    """

    order: Order | None = None
    time: datetime | None = None
    answers: list[Answer] = []
    decided: OrderState | None = None

    def open(self, order: Order, time: datetime) -> bool:
        """Take the order in; False when it is there already: its first event stands."""
        if self.decided or self.order:
            return False
        self.order, self.time = order, time
        return True

    def add(self, validation: OrderValidation, time: datetime, together: Together) -> None:
        """Take an answer in. ERROR is no answer: a later PASS or FAIL of that check counts."""
        if validation.validation_result is ValidationResult.ERROR or self.decided:
            return
        if self.time is not None and not together(self.time, time):
            return
        answer = Answer(
            validation.check_type, validation.validation_result, time, validation.reason
        )
        if len(self.answers) < ANSWERS_KEPT and answer not in self.answers:
            self.answers.append(answer)

    def decide(self, together: Together) -> Decision | None:
        """Decide the order if its answers do: FAILED at the first FAIL, VALIDATED at three PASS.

        Of each check the first answer stands whose event time is together with the order's.
        """
        if self.order is None or self.time is None:
            return None
        passed: dict[CheckType, Answer] = {}
        for answer in self.answers:
            if answer.check in passed or not together(self.time, answer.time):
                continue
            if answer.result is ValidationResult.FAIL:
                return self._settle(OrderState.FAILED, answer.time, _why(answer))
            passed[answer.check] = answer
        if len(passed) < len(CheckType):
            return None
        return self._settle(OrderState.VALIDATED, max(a.time for a in passed.values()), None)

    def expire(self, reason: str) -> Decision | None:
        """FAIL the order for this reason unless it is decided, or not known yet."""
        if self.order is None or self.time is None:
            return None
        return self._settle(OrderState.FAILED, self.time, reason)

    def _settle(self, state: OrderState, time: datetime, reason: str | None) -> Decision:
        """Decide. The event time is the later one of the order and of what decided it."""
        assert self.order is not None
        assert self.time is not None
        decision = Decision(self.order.becoming(state, reason), max(self.time, time))
        self.order, self.time, self.answers, self.decided = None, None, [], state
        return decision


def _why(answer: Answer) -> str:
    return answer.reason or f"{answer.check} failed"
