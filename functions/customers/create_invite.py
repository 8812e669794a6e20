"""POST /organizations/{id}/invites -> invites: an organization asks a customer in."""

from __future__ import annotations

from functions.customers.forms import read_invite
from functions.customers.rows import known, location, new_id
from functions.domain.clientele import CustomerRecord, OrganizationRecord
from functions.domain.customer import Action
from functions.domain.form import Sent
from functions.domain.invite import Invite, InviteChange
from runtime import Response, Table, function


@function(http="POST /organizations/{id}/invites", publishes={"invites": InviteChange})
def create_invite(
    id: str,
    sent: Sent,
    customers: Table[CustomerRecord],
    organizations: Table[OrganizationRecord],
    invites: Table[Invite],
) -> Response:
    """Keep `{"invite": {"customer_id"}}` as `pending`, and answer 201 with where to find it.

    A customer nobody knows is 422 `{"customer_id": ["must exist"]}`, an unknown organization 404.
    A customer may be asked again: sent twice, the request makes two invites.

    The event is on the topic `invites`, not on `organizations`: readers of that one know an
    organization by the event's `id`, and would take the invite for one.
    """
    organization = known(organizations, "organization", id)
    form = read_invite(sent)
    if "customer_id" in form.values and form.values["customer_id"] not in customers:
        form.refuse("customer_id", "must exist")
    if form.problems:
        return Response(422, form.problems)
    invite = Invite(id=new_id(), organization_id=organization.id, **form.values)
    invites.put(invite.id, invite)
    found_at = location("organizations", id, "invites", invite.id)
    return Response(201, invite, found_at, publish=invite.changed(Action.CREATED))
