"""GET /session: does this token count, and whose is it?"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from functions.security.account import Account, Revoked
from functions.security.sessions import please_log_in, signed_in
from functions.security.tokens import Tokens
from runtime import Clock, Headers, Response, Table, function


class Session(Struct, frozen=True):
    """Who is signed in, and until when."""

    user_id: str
    expires_at: datetime


@function(http="GET /session")
def get_session(
    headers: Headers,
    accounts: Table[Account],
    revoked: Table[Revoked],
    tokens: Tokens,
    clock: Clock,
) -> Response:
    """Answer whose the request's token is; 401 when it does not count, or not any more.

    Other services ask this before they answer a protected route: see `runtime/access.py`.
    """
    token = signed_in(headers, tokens, accounts, revoked, clock.now())
    if token is None:
        return please_log_in()
    return Response(200, Session(token.user_id, token.ends))
