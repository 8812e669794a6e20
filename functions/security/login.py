"""POST /login: is it you?"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from functions.domain import reading
from functions.domain.form import Form, Sent
from functions.domain.user import User, normalized
from functions.security.account import Account, Attempts, Owner, Password
from functions.security.hashing import Hashing
from functions.security.lockout import Lockout
from functions.security.tokens import Tokens
from runtime import Clock, Response, Table, function


class SignedIn(Struct, frozen=True):
    """What a client gets: the token, to be sent as `Authorization: Bearer <token>`."""

    token: str
    expires_at: datetime
    user: User


@function(http="POST /login")
def login(
    sent: Sent,
    emails: Table[Owner],
    accounts: Table[Account],
    passwords: Table[Password],
    attempts: Table[Attempts],
    hashing: Hashing,
    tokens: Tokens,
    lockout: Lockout,
    clock: Clock,
) -> Response:
    """Answer `{"email", "password"}`, alone or in `{"user": {...}}`, with a token of four hours.

    The address is compared trimmed and in lower case. Whatever is wrong is 422
    `{"error": "Invalid username or password"}`: a wrong password, an address nobody has (which
    takes as long to say), an account that is locked. Five wrong passwords in a row lock it for
    SLUICE_LOCK_SECONDS; meanwhile the right one is refused too, or a guesser would learn it.
    """
    form = Form.within(sent, "user")
    form.read("email", reading.text)
    form.read("password", reading.text)
    if form.problems:
        return _wrong()
    email, now = normalized(form.values["email"]), clock.now()
    owner = emails.get(email)
    account = accounts.get(owner.user_id) if owner else None
    known = passwords.get(owner.user_id) if owner else None
    tried = attempts.get(email) or Attempts()
    # Hashed and counted also where nothing can match: what is refused takes its time alike.
    is_right = hashing.matches(form.values["password"], known.password_hash if known else None)
    if lockout.is_locked(tried, now):
        return _wrong()
    if account is None or not is_right:
        attempts.put(email, lockout.count(tried, now), ttl_seconds=lockout.kept_seconds)
        return _wrong()
    if email in attempts:
        attempts.delete(email)
    text, token = tokens.issue(account.user.id, account.version, now)
    return Response(200, SignedIn(text, token.ends, account.user))


def _wrong() -> Response:
    return Response(422, {"error": "Invalid username or password"})
