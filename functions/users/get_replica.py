"""GET /replicas/users/{id}: what does the copy know of this user?"""

from __future__ import annotations

from functions.users.copy import UserCopy
from runtime import Reject, Table, function


@function(http="GET /replicas/users/{id}")
def get_replica(id: str, users: Table[UserCopy]) -> UserCopy:
    """Answer the copy; a user who has not come yet is 404.

    The path is not /users: that is the security service's, and all services share one gateway on
    a laptop.
    """
    user = users.get(id)
    if user is None:
        raise Reject(f"There is no copy of a user {id!r}.", status=404, field="id")
    return user
