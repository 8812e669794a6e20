"""GET /replicas/users: which users does the copy know?"""

from __future__ import annotations

from msgspec import Struct

from functions.paging import search
from functions.users.copy import UserCopy
from runtime import Table, function


class ReplicaPage(Struct, frozen=True, omit_defaults=True):
    """Some users, newest first. `after` asks for the next ones; it is missing at the end."""

    users: list[UserCopy]
    after: str | None = None


@function(http="GET /replicas/users")
def list_replicas(users: Table[UserCopy], limit: int = 50, after: str | None = None) -> ReplicaPage:
    """Answer a page of the copy, newest first. `limit` and `after` are as with orders."""
    return ReplicaPage(*search(users, lambda user: True, limit, after))
