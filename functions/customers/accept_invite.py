"""POST /organizations/{id}/invites/{invite}/accept -> invites: a customer joins it."""

from __future__ import annotations

from functions.customers.answers import answer
from functions.customers.get_invite import invite_of
from functions.domain.clientele import OrganizationRecord
from functions.domain.invite import Invite, InviteChange, InviteStatus
from runtime import Response, Table, function


@function(
    http="POST /organizations/{id}/invites/{invite}/accept", publishes={"invites": InviteChange}
)
def accept_invite(
    id: str, invite: str, organizations: Table[OrganizationRecord], invites: Table[Invite]
) -> Response:
    """Make the invite `accepted`, and answer it; an unknown one is 404.

    Sent again it answers the same and publishes nothing; an invite that was answered otherwise
    is 409.
    """
    found = invite_of(id, invite, organizations, invites)
    return answer(found, InviteStatus.ACCEPTED, invites)
