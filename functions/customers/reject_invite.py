"""POST /organizations/{id}/invites/{invite}/reject -> invites: a customer stays out of it."""

from __future__ import annotations

from functions.customers.answers import answer
from functions.customers.get_invite import invite_of
from functions.domain.clientele import OrganizationRecord
from functions.domain.invite import Invite, InviteChange, InviteStatus
from runtime import Response, Table, function


@function(
    http="POST /organizations/{id}/invites/{invite}/reject", publishes={"invites": InviteChange}
)
def reject_invite(
    id: str, invite: str, organizations: Table[OrganizationRecord], invites: Table[Invite]
) -> Response:
    """Make the invite `rejected`, and answer it; an unknown one is 404.

    Sent again it answers the same and publishes nothing; an invite that was answered otherwise
    is 409.
    """
    found = invite_of(id, invite, organizations, invites)
    return answer(found, InviteStatus.REJECTED, invites)
