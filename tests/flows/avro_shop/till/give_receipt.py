"""avro-payments -> avro-receipts: what was paid in all?"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from functions.domain.payment import Payment
from runtime import Table, function


class Receipt(Struct, rename="camel"):
    """What has been paid for an order, this payment included."""

    order_id: str
    total: Decimal
    ccy: str

    @property
    def key(self) -> str:
        return self.order_id


@function(subscribes="avro-payments", publishes="avro-receipts")
def give_receipt(payment: Payment, totals: Table[Decimal]) -> Receipt:
    """Add up what is paid for an order."""
    total = (totals.get(payment.order_id) or Decimal(0)) + payment.amount
    totals.put(payment.order_id, total)
    return Receipt(payment.order_id, total, payment.ccy)
