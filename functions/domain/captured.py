"""What did somebody do to a row of their own database?"""

from __future__ import annotations

from msgspec import Struct, field

from functions.domain.customer import Action


class CustomerChange(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A change of a customer as their database had it; `Customer` is how readers take it.

    It is passed on unchecked: a row that makes no sense is a dead letter of those who cannot read
    it, and holds up no other row.
    """

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    address: str | None = None
    level: str | None = None
    action: Action | None = None
    # A factory, because omit_defaults would leave it out.
    entity: str = field(default_factory=lambda: "Customer")

    @property
    def key(self) -> str:
        """Customers are keyed by their id."""
        return self.id or ""


class Position(Struct, frozen=True):
    """The last change of a change log that was published."""

    change: int = 0
