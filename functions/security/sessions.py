"""Who is asking?"""

from __future__ import annotations

from datetime import datetime

from functions.security.account import Account, Revoked
from functions.security.tokens import Token, Tokens
from runtime import Headers, Response, Table


def signed_in(
    headers: Headers,
    tokens: Tokens,
    accounts: Table[Account],
    revoked: Table[Revoked],
    now: datetime,
) -> Token | None:
    """Return the token of a request; None when there is none that counts.

    One counts until it ends, is given back (`logout`), its user is deleted, or has another
    password.
    """
    token = tokens.read(headers.bearer, now) if headers.bearer else None
    if token is None or token.id in revoked:
        return None
    account = accounts.get(token.user_id)
    return token if account is not None and account.version == token.version else None


def please_log_in() -> Response:
    """Answer a request without a token that counts."""
    challenge = {"WWW-Authenticate": "Bearer"}
    return Response(401, {"message": "Please log in"}, challenge)


def not_yours() -> Response:
    """Answer a request about somebody else's account, whether there is such a one or not."""
    return Response(403, {"message": "This is not your account"})
