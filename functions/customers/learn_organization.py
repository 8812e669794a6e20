"""organizations -> table organizations: which organizations do others bring?"""

from __future__ import annotations

from functions.customers.rows import enlist, is_ours
from functions.domain.clientele import OrganizationRecord
from functions.domain.customer import Action
from functions.domain.organization import Organization
from functions.lookups import key_of
from runtime import Event, Reject, Table, function


@function(subscribes="organizations", fills_table=True, reads={"organizations": key_of})
def learn_organization(
    change: Organization | None, event: Event, organizations: Table[OrganizationRecord]
) -> None:
    """Take over organizations that come from elsewhere, as `learn_customer` does with customers.

    The service's own events only bring their row onto the pages of the list. The same event
    delivered twice changes nothing.
    """
    if change is None:
        if not event.key:
            raise Reject("The record is empty and has no key; expected one that says which left.")
        organizations.delete(event.key)
    elif is_ours(event):
        enlist(organizations, change.key)
    elif change.action is Action.DELETED:
        organizations.delete(change.key)
    else:
        known = organizations.get(change.key) or OrganizationRecord(id=change.key)
        organizations.put(change.key, known.learn(change))
