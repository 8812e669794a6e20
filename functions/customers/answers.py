"""How is an invite answered?"""

from __future__ import annotations

from msgspec.structs import replace

from functions.domain.customer import Action
from functions.domain.invite import Invite, InviteStatus
from runtime import Reject, Response, Table


def answer(invite: Invite, status: InviteStatus, invites: Table[Invite]) -> Response:
    """Make a pending invite accepted or rejected, and answer it.

    Answered the same way again it is as it was, and nothing is published. Rejects the other
    answer with 409: the first one stands.
    """
    if invite.status is status:
        return Response(200, invite)
    if invite.status is not InviteStatus.PENDING:
        raise Reject(
            f"The invite {invite.id!r} is {invite.status}; expected pending.",
            status=409,
            field="status",
        )
    answered = replace(invite, status=status)
    invites.put(invite.id, answered)
    return Response(200, answered, publish=answered.changed(Action.EDITED))
