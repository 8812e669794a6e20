"""POST /logout: this token counts no more."""

from __future__ import annotations

from functions.security.account import Account, Revoked
from functions.security.sessions import please_log_in, signed_in
from functions.security.tokens import Tokens
from runtime import Clock, Headers, Response, Table, function


@function(http="POST /logout")
def logout(
    headers: Headers,
    accounts: Table[Account],
    revoked: Table[Revoked],
    tokens: Tokens,
    clock: Clock,
) -> Response:
    """Take the request's token back, and answer 204; the user's other tokens count on.

    Without a token that counts, 401: so for a second logout.
    """
    now = clock.now()
    token = signed_in(headers, tokens, accounts, revoked, now)
    if token is None:
        return please_log_in()
    left = (token.ends - now).total_seconds()
    revoked.put(token.id, Revoked(now), ttl_seconds=int(left) + 1)
    return Response(204)
