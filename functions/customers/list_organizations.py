"""GET /organizations: which organizations are there?"""

from __future__ import annotations

from msgspec import Struct

from functions.domain.clientele import OrganizationRecord
from functions.paging import search
from runtime import Table, function


class OrganizationPage(Struct, frozen=True, omit_defaults=True):
    """Some organizations, newest first. `after` asks for the next; it is missing at the end."""

    organizations: list[OrganizationRecord]
    after: str | None = None


@function(http="GET /organizations")
def list_organizations(
    organizations: Table[OrganizationRecord], limit: int = 50, after: str | None = None
) -> OrganizationPage:
    """Answer a page of organizations, newest first. `limit` and `after` are as with orders.

    One made by POST is on it some milliseconds later, when its event has come round.
    """
    return OrganizationPage(*search(organizations, lambda organization: True, limit, after))
