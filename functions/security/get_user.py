"""GET /users/{id}: what is kept of me?"""

from __future__ import annotations

from functions.security.account import Account, Revoked
from functions.security.sessions import not_yours, please_log_in, signed_in
from functions.security.tokens import Tokens
from runtime import Clock, Headers, Response, Table, function


@function(http="GET /users/{id}")
def get_user(
    id: str,
    headers: Headers,
    accounts: Table[Account],
    revoked: Table[Revoked],
    tokens: Tokens,
    clock: Clock,
) -> Response:
    """Answer the user, to themselves only: 401 without a token that counts, 403 to others."""
    token = signed_in(headers, tokens, accounts, revoked, clock.now())
    if token is None:
        return please_log_in()
    account = accounts.get(id)
    if token.user_id != id or account is None:
        return not_yours()
    return Response(200, account.user)
