"""POST /organizations -> organizations: customers order together."""

from __future__ import annotations

from functions.customers.forms import read_organization
from functions.customers.rows import location, new_id
from functions.domain.clientele import OrganizationChange, OrganizationRecord
from functions.domain.customer import Action
from functions.domain.form import Sent
from runtime import Response, Table, function


@function(http="POST /organizations", publishes={"organizations": OrganizationChange})
def create_organization(sent: Sent, organizations: Table[OrganizationRecord]) -> Response:
    """Keep `{"organization": {"name"}}`, and answer 201 with where to find it.

    Whatever is wrong is answered at once, as 422 `{field: [messages]}`, and nothing is published.
    The id is ours. Two organizations may have one name: sent twice, the request makes two.
    """
    form = read_organization(sent)
    if form.problems:
        return Response(422, form.problems)
    organization = OrganizationRecord(id=new_id(), **form.values)
    organizations.put(organization.id, organization)
    created = organization.changed(Action.CREATED)
    return Response(201, organization, location("organizations", organization.id), publish=created)
