"""GET /organizations/{id}: which organization is this?"""

from __future__ import annotations

from functions.customers.rows import known
from functions.domain.clientele import OrganizationRecord
from runtime import Table, function


@function(http="GET /organizations/{id}")
def get_organization(id: str, organizations: Table[OrganizationRecord]) -> OrganizationRecord:
    """Answer the organization; an unknown one is 404. One made by POST is there with its 201."""
    return known(organizations, "organization", id)
