"""DELETE /users/{id} -> users, user_activity: somebody leaves."""

from __future__ import annotations

from functions.domain.customer import Action
from functions.security.account import Account, Attempts, Owner, Password, Revoked
from functions.security.changes import TOPICS, told
from functions.security.sessions import not_yours, please_log_in, signed_in
from functions.security.tokens import Tokens
from runtime import Clock, Headers, Response, Table, function


@function(http="DELETE /users/{id}", publishes=TOPICS)
def delete_user(
    id: str,
    headers: Headers,
    accounts: Table[Account],
    emails: Table[Owner],
    passwords: Table[Password],
    attempts: Table[Attempts],
    revoked: Table[Revoked],
    tokens: Tokens,
    clock: Clock,
) -> Response:
    """Forget the user, and answer 204; only they themselves may.

    401 without a token that counts, 403 with somebody else's. Every token of the user ends with
    the account, and the address is free for another one.
    """
    token = signed_in(headers, tokens, accounts, revoked, clock.now())
    if token is None:
        return please_log_in()
    account = accounts.get(id)
    if token.user_id != id or account is None:
        return not_yours()
    accounts.delete(id)
    passwords.delete(id)
    emails.delete(account.user.email)
    attempts.delete(account.user.email)
    return Response(204, publish=told(account.user, Action.DELETED))
