"""PATCH /organizations/{id} -> organizations: an organization is called otherwise now."""

from __future__ import annotations

from msgspec.structs import replace

from functions.customers.forms import read_organization
from functions.customers.rows import known
from functions.domain.clientele import OrganizationChange, OrganizationRecord
from functions.domain.customer import Action
from functions.domain.form import Sent
from runtime import Response, Table, function


@function(http="PATCH /organizations/{id}", publishes={"organizations": OrganizationChange})
def edit_organization(id: str, sent: Sent, organizations: Table[OrganizationRecord]) -> Response:
    """Change the fields that are sent, and answer the organization.

    Null or nothing for the name is 422 `{field: [messages]}`; an unknown organization is 404. The
    same change sent again publishes nothing.
    """
    before = known(organizations, "organization", id)
    form = read_organization(sent, before)
    if form.problems:
        return Response(422, form.problems)
    after = replace(before, **form.values)
    if after == before:
        return Response(200, before)
    organizations.put(id, after)
    return Response(200, after, publish=after.changed(Action.EDITED))
