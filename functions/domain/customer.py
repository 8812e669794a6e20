"""Who orders?"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from functions.domain.words import Ident, Text, check_text


class Action(StrEnum):
    """What happened to a row that another service owns."""

    CREATED = "created"
    EDITED = "edited"
    DELETED = "deleted"


class Level(StrEnum):
    """How a customer is ranked; the default is bronze."""

    PLATINUM = "platinum"
    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"


class Customer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A change of a customer as it travels on the topic `customers`.

    It may be partial: a field that is missing or null says nothing about that field. Fields we do
    not know are ignored: the customers' owner may have more columns than we look at. So `level`
    is any text, and who needs a known level checks it.
    """

    id: Ident
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    address: str | None = None
    level: Text | None = None
    action: Action | None = None

    def __post_init__(self) -> None:
        # Both end up where a line break would do harm: in keys and in mail headers.
        check_text("id", self.id)
        check_text("email", self.email)

    @property
    def key(self) -> str:
        """Customers are keyed by their id, as text."""
        return str(self.id)


class CustomerRow(Struct, rename="camel", omit_defaults=True):
    """What is known of a customer: the latest value of every field that was ever given."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    address: str = ""
    level: str = Level.BRONZE.value

    def learn(self, change: Customer) -> CustomerRow:
        """Return the row with the fields that the change names."""
        # Not `msgspec.structs.fields`, which works out the types anew: 0.1 ms for each row.
        known = {
            name: value
            for name in self.__struct_fields__
            if name != "id" and (value := getattr(change, name)) is not None
        }
        return replace(self, **known)
