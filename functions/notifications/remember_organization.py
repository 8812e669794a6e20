"""organizations -> table organizations: what is it called?"""

from __future__ import annotations

from functions.domain.organization import Organization, OrganizationRow
from functions.lookups import follow, key_of
from runtime import Event, Table, function


@function(subscribes="organizations", fills_table=True, reads={"organizations": key_of})
def remember_organization(
    change: Organization | None, event: Event, organizations: Table[OrganizationRow]
) -> None:
    """Keep the latest value of every field of every organization.

    A field that is missing or null leaves what is known: a partial event blanks nothing. The
    action `deleted`, or a tombstone with the organization's id as its key, removes the row. The
    same change delivered twice changes nothing.
    """
    follow(organizations, change, event, OrganizationRow)
