"""What does a validator say about an order?"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from functions.domain.words import Text, check_text


class CheckType(StrEnum):
    """The three questions that an order has to pass."""

    INVENTORY_CHECK = "INVENTORY_CHECK"
    FRAUD_CHECK = "FRAUD_CHECK"
    ORDER_DETAILS_CHECK = "ORDER_DETAILS_CHECK"


class ValidationResult(StrEnum):
    """ERROR says that the question could not be answered: the order stays open."""

    PASS = "PASS"  # noqa: S105 - the word on the wire, no password
    FAIL = "FAIL"
    ERROR = "ERROR"


class OrderValidation(
    Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True
):
    """One answer to one question about one order."""

    order_id: Text
    check_type: CheckType
    validation_result: ValidationResult
    reason: str | None = None

    def __post_init__(self) -> None:
        check_text("orderId", self.order_id)

    @property
    def key(self) -> str:
        """Keyed like the order, so that both meet on partitions of one number."""
        return self.order_id

    @classmethod
    def of(cls, order_id: str, check: CheckType, reason: str | None) -> OrderValidation:
        """PASS, or FAIL when there is a reason against."""
        result = ValidationResult.PASS if reason is None else ValidationResult.FAIL
        return cls(order_id, check, result, reason)
