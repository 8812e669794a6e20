"""GET /organizations/{id}/invites/{invite}: what became of this invite?"""

from __future__ import annotations

from functions.customers.rows import known
from functions.domain.clientele import OrganizationRecord
from functions.domain.invite import Invite
from runtime import Reject, Table, function


@function(http="GET /organizations/{id}/invites/{invite}")
def get_invite(
    id: str, invite: str, organizations: Table[OrganizationRecord], invites: Table[Invite]
) -> Invite:
    """Answer the invite; 404 also when it is another organization's."""
    return invite_of(id, invite, organizations, invites)


def invite_of(
    id: str, invite: str, organizations: Table[OrganizationRecord], invites: Table[Invite]
) -> Invite:
    """Return an organization's invite; rejects an unknown one of both with 404."""
    known(organizations, "organization", id)
    found = invites.get(invite)
    if found is None or found.organization_id != id:
        raise Reject(f"The organization {id!r} has no invite {invite!r}.", status=404)
    return found
