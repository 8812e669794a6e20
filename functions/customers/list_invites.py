"""GET /organizations/{id}/invites: whom has this organization asked in?"""

from __future__ import annotations

from msgspec import Struct

from functions.customers.rows import known
from functions.domain.clientele import OrganizationRecord
from functions.domain.invite import Invite
from functions.paging import search
from runtime import Table, function


class InvitePage(Struct, frozen=True, omit_defaults=True):
    """Some invites, newest first. `after` asks for the next ones; it is missing at the end."""

    invites: list[Invite]
    after: str | None = None


@function(http="GET /organizations/{id}/invites")
def list_invites(
    id: str,
    organizations: Table[OrganizationRecord],
    invites: Table[Invite],
    limit: int = 50,
    after: str | None = None,
) -> InvitePage:
    """Answer a page of this organization's invites, newest first, and of no other's.

    `limit` and `after` are as with orders; a page may hold fewer and still have an `after`. One
    made by POST is on it some milliseconds later, when its event has come round.
    """
    known(organizations, "organization", id)
    return InvitePage(*search(invites, lambda each: each.organization_id == id, limit, after))
