"""organizations -> table organizations: what is it called?"""

from __future__ import annotations

from functions.domain.customer import Action
from functions.domain.organization import Organization, OrganizationRow
from runtime import Event, Reject, Table, function


@function(
    subscribes="organizations",
    fills_table=True,
    reads={"organizations": lambda change: [] if change is None else [change.key]},
)
def remember_organization(
    change: Organization | None, event: Event, organizations: Table[OrganizationRow]
) -> None:
    """Keep the latest value of every field of every organization.

    A field that is missing or null leaves what is known: a partial event blanks nothing. The
    action `deleted`, or a tombstone with the organization's id as its key, removes the row. The
    same change delivered twice changes nothing.
    """
    if change is None:
        if not event.key:
            raise Reject("The record is empty and has no key; expected one that says which left.")
        organizations.delete(event.key)
    elif change.action is Action.DELETED:
        organizations.delete(change.key)
    else:
        known = organizations.get(change.key) or OrganizationRow(change.key)
        organizations.put(change.key, known.learn(change))
