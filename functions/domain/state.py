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


_STEPS = {
    OrderState.CREATED: (OrderState.VALIDATED, OrderState.FAILED),
    OrderState.VALIDATED: (OrderState.SHIPPED,),
    OrderState.FAILED: (),
    OrderState.SHIPPED: (),
}
