"""Who was asked to order for an organization, and what did they answer?"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import asdict

from functions.domain.customer import Action


class InviteStatus(StrEnum):
    """`pending` becomes `accepted` or `rejected`, once; both are final."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Invite(Struct, frozen=True, kw_only=True):
    """One invitation of one customer by one organization."""

    __listed__: ClassVar[bool] = True

    id: str
    organization_id: str
    customer_id: str
    status: InviteStatus = InviteStatus.PENDING

    def changed(self, action: Action) -> InviteChange:
        """Return the event that says so."""
        return InviteChange(**asdict(self), action=action)


class InviteChange(Invite, frozen=True, kw_only=True):
    """An invite's row and what happened to it, as published on `invites`."""

    entity: str = "Invite"
    action: Action

    @property
    def key(self) -> str:
        """Invites are keyed by their organization: its invites stay in their order."""
        return self.organization_id
