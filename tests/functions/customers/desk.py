"""The service with its tables, for tests that call its functions."""

from __future__ import annotations

from typing import Any

import msgspec

from functions.customers.create_customer import create_customer
from functions.customers.create_invite import create_invite
from functions.customers.create_organization import create_organization
from functions.customers.edit_customer import edit_customer
from functions.domain.clientele import CustomerRecord, OrganizationRecord
from functions.domain.form import Sent
from functions.domain.invite import Invite
from runtime import Event, Response, Table
from tests.functions.making import NOON

ADA = {"name": "Ada", "last_name": "Moss", "email": "ada@example.com"}


class Desk:
    """The tables of the service."""

    def __init__(self) -> None:
        self.customers: Table[CustomerRecord] = Table({})
        self.organizations: Table[OrganizationRecord] = Table({})
        self.invites: Table[Invite] = Table({})

    def create(self, body: dict[str, Any]) -> Response:
        return create_customer(sent(body), self.customers)

    def customer(self, **more: Any) -> CustomerRecord:
        made: CustomerRecord = self.create({"customer": ADA | more}).body
        return made

    def edit(self, id: str, /, **changes: Any) -> Response:
        return edit_customer(id, sent({"customer": changes}), self.customers)

    def create_organization(self, body: dict[str, Any]) -> Response:
        return create_organization(sent(body), self.organizations)

    def organization(self, name: str = "A & Co") -> OrganizationRecord:
        made: OrganizationRecord = self.create_organization({"organization": {"name": name}}).body
        return made

    def invite(self, organization: str, body: dict[str, Any]) -> Response:
        return create_invite(
            organization, sent(body), self.customers, self.organizations, self.invites
        )

    def invited(self, organization: str, customer: str) -> Invite:
        made: Invite = self.invite(organization, {"invite": {"customer_id": customer}}).body
        return made


def sent(body: dict[str, Any]) -> Sent:
    """Read a body as the runtime does."""
    found: Sent = msgspec.json.decode(msgspec.json.encode(body), type=Sent)
    return found


def told(answer: Response) -> dict[str, Any]:
    """The event that goes out with the answer, as its readers see it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer.publish))
    return found


def event_from(source: str, key: str | None = None) -> Event:
    """The envelope of an event that somebody has published."""
    return Event(id="e-1", source=source, type="test", time=NOON, key=key)
