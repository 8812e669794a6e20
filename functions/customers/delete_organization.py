"""DELETE /organizations/{id} -> organizations: an organization is gone."""

from __future__ import annotations

from functions.customers.rows import known
from functions.domain.clientele import OrganizationChange, OrganizationRecord
from functions.domain.customer import Action
from runtime import Response, Table, function


@function(http="DELETE /organizations/{id}", publishes={"organizations": OrganizationChange})
def delete_organization(id: str, organizations: Table[OrganizationRecord]) -> Response:
    """Forget the organization, and answer 204; from then on it is 404, and so are its invites.

    The event has the organization as it was.
    """
    organization = known(organizations, "organization", id)
    organizations.delete(id)
    return Response(204, publish=organization.changed(Action.DELETED))
