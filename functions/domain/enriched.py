"""What does an order look like to those who want to know who ordered?"""

from __future__ import annotations

from msgspec.structs import asdict

from functions.domain.customer import CustomerRow
from functions.domain.order import Order


class OrderEnriched(Order, frozen=True, kw_only=True):
    """An order event with its customer, as they were known when it was joined.

    The order's own fields stay as they are, flat or with lines.
    """

    customer_level: str
    first_name: str
    last_name: str

    @classmethod
    def of(cls, order: Order, customer: CustomerRow) -> OrderEnriched:
        """Join the two."""
        return cls(
            **asdict(order),
            customer_level=customer.level,
            first_name=customer.first_name,
            last_name=customer.last_name,
        )
