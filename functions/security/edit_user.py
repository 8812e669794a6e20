"""PATCH /users/{id} -> users, user_activity: something about a user is different now."""

from __future__ import annotations

from msgspec.structs import replace

from functions.domain.customer import Action
from functions.domain.form import Sent
from functions.security.account import Account, Owner, Password, Revoked
from functions.security.changes import TOPICS, told
from functions.security.forms import read_user
from functions.security.hashing import Hashing
from functions.security.sessions import not_yours, please_log_in, signed_in
from functions.security.tokens import Tokens
from runtime import Clock, Headers, Response, Table, function


@function(http="PATCH /users/{id}", publishes=TOPICS)
def edit_user(
    id: str,
    sent: Sent,
    headers: Headers,
    accounts: Table[Account],
    emails: Table[Owner],
    passwords: Table[Password],
    revoked: Table[Revoked],
    hashing: Hashing,
    tokens: Tokens,
    clock: Clock,
) -> Response:
    """Change the fields that are sent, and answer the user; only they themselves may.

    401 without a token that counts, 403 with somebody else's, 422 `{field: [messages]}` for what
    is wrong. A new password ends every token of the user, this one too, and is not told to
    anybody: of it there is no event. A change that changes nothing has none either.
    """
    token = signed_in(headers, tokens, accounts, revoked, clock.now())
    if token is None:
        return please_log_in()
    account = accounts.get(id)
    if token.user_id != id or account is None:
        return not_yours()
    before = account.user
    form = read_user(sent, before)
    owner = emails.get(form.values["email"]) if "email" in form.values else None
    if owner is not None and owner.user_id != id:
        form.refuse("email", "has already been taken")
    if form.problems:
        return Response(422, form.problems)
    password = form.values.pop("password", None)
    after = replace(before, **form.values)
    version = account.version
    if password is not None:
        version += 1
        passwords.put(id, Password(hashing.hash(password)))
    if after.email != before.email:
        emails.delete(before.email)
        emails.put(after.email, Owner(id))
    accounts.put(id, Account(user=after, version=version))
    return Response(200, after, publish=told(after, Action.EDITED) if after != before else ())
