"""What may an event on `customers` say, whoever publishes it?"""

from __future__ import annotations

from msgspec import Struct, field

from functions.domain.customer import Action


class CustomerEvent(Struct, frozen=True, kw_only=True):
    """The type of the topic, for where it has one: its Avro schema is made of this.

    The REST interface tells a row under its own names and under those of `Customer`, change
    capture what the row had: each publishes a type of its own, and no field that is not here.
    `Customer` is how readers take it. On a topic that is JSON an event has the fields that its
    publisher knows, and no others.
    """

    id: str | None = None
    name: str | None = None
    last_name: str | None = None
    first_name: str | None = field(default=None, name="firstName")
    family_name: str | None = field(default=None, name="lastName")
    email: str | None = None
    address: str | None = None
    level: str | None = None
    entity: str = "Customer"
    action: Action | None = None
