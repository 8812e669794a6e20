"""Which states does an order go through?"""

from __future__ import annotations

from enum import StrEnum


class OrderState(StrEnum):
    """CREATED becomes VALIDATED or FAILED, once; only VALIDATED becomes SHIPPED."""

    CREATED = "CREATED"
    VALIDATED = "VALIDATED"
    FAILED = "FAILED"
    SHIPPED = "SHIPPED"

    def may_become(self, state: OrderState) -> bool:
        """Is this step allowed?"""
        return state in _STEPS[self]

    @property
    def stage(self) -> int:
        """How far along an order is: 1 created, 2 decided, 3 shipped. It only ever rises."""
        return _STAGES[self]


_STEPS = {
    OrderState.CREATED: (OrderState.VALIDATED, OrderState.FAILED),
    OrderState.VALIDATED: (OrderState.SHIPPED,),
    OrderState.FAILED: (),
    OrderState.SHIPPED: (),
}
_STAGES = {
    OrderState.CREATED: 1,
    OrderState.VALIDATED: 2,
    OrderState.FAILED: 2,
    OrderState.SHIPPED: 3,
}
