"""invites -> table invites: which invites are on the list?"""

from __future__ import annotations

from functions.customers.rows import enlist
from functions.domain.invite import Invite, InviteChange
from runtime import Table, function


@function(subscribes="invites", reads={"invites": lambda change: [change.id]})
def enlist_invite(change: InviteChange, invites: Table[Invite]) -> None:
    """Bring an invite onto the pages of the list; its row was written with its request.

    Nobody else owns invites: an event about one that is not there changes nothing, and neither
    does the same event delivered twice.
    """
    enlist(invites, change.id)
