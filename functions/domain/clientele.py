"""What does the service keep that owns our customers and organizations, and what does it tell?

A row has the names of the REST interface (`name`, `last_name`). An event is the row with `entity`
and `action`; a customer's has the names of the type `Customer` besides (`firstName`, `lastName`),
by which readers know customers wherever they come from: change capture, the demo's data, REST.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from functions.domain.customer import Action, Customer, Level
from functions.domain.organization import Organization


class CustomerRecord(Struct, frozen=True, kw_only=True):
    """A customer as clients of the service see it; what is not known is empty."""

    __listed__: ClassVar[bool] = True

    id: str
    name: str = ""
    last_name: str = ""
    email: str = ""
    address: str = ""
    level: str = Level.BRONZE.value

    def learn(self, change: Customer) -> CustomerRecord:
        """Return the row with the fields that a change made elsewhere names."""
        named = {
            "name": change.first_name,
            "last_name": change.last_name,
            "email": change.email,
            "address": change.address,
            "level": change.level,
        }
        return replace(self, **{name: value for name, value in named.items() if value is not None})

    def changed(self, action: Action) -> CustomerChange:
        """Return the event that says so."""
        return CustomerChange(
            **asdict(self), first_name=self.name, family_name=self.last_name, action=action
        )


class CustomerChange(CustomerRecord, frozen=True, kw_only=True):
    """A customer's row and what happened to it, as published on `customers`."""

    first_name: str = field(name="firstName")
    family_name: str = field(name="lastName")
    entity: str = "Customer"
    action: Action

    @property
    def key(self) -> str:
        """Customers are keyed by their id."""
        return self.id


class OrganizationRecord(Struct, frozen=True, kw_only=True):
    """An organization as clients of the service see it."""

    __listed__: ClassVar[bool] = True

    id: str
    name: str = ""

    def learn(self, change: Organization) -> OrganizationRecord:
        """Return the row with the name that a change made elsewhere gives it, if any."""
        return self if change.name is None else replace(self, name=change.name)

    def changed(self, action: Action) -> OrganizationChange:
        """Return the event that says so."""
        return OrganizationChange(**asdict(self), action=action)


class OrganizationChange(OrganizationRecord, frozen=True, kw_only=True):
    """An organization's row and what happened to it, as published on `organizations`."""

    entity: str = "Organization"
    action: Action

    @property
    def key(self) -> str:
        """Organizations are keyed by their id."""
        return self.id
