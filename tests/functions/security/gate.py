"""The service with its tables, and a person who uses it, for tests that call its functions."""

from __future__ import annotations

from typing import Any

import msgspec

from functions.domain.form import Sent
from functions.domain.user import User
from functions.security.account import Account, Attempts, Owner, Password, Revoked
from functions.security.create_user import create_user
from functions.security.delete_user import delete_user
from functions.security.edit_user import edit_user
from functions.security.get_session import get_session
from functions.security.get_user import get_user
from functions.security.hashing import Hashing
from functions.security.lockout import Lockout
from functions.security.login import login
from functions.security.logout import logout
from functions.security.tokens import Tokens
from runtime import FakeClock, Headers, Response, Table
from tests.functions.making import NOON

PASSWORD = "correct horse"
ADA = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}


class Gate:
    """The tables of the service, with hashes that cost nothing, and a clock that is told to go."""

    def __init__(self) -> None:
        self.accounts: Table[Account] = Table({})
        self.emails: Table[Owner] = Table({})
        self.passwords: Table[Password] = Table({})
        self.attempts: Table[Attempts] = Table({})
        self.revoked: Table[Revoked] = Table({})
        self.hashing = Hashing(log_n=1, parallel=1)
        self.tokens = Tokens("k" * 32)
        self.lockout = Lockout()
        self.clock = FakeClock(NOON)

    def create(self, body: dict[str, Any]) -> Response:
        return create_user(sent(body), self.accounts, self.emails, self.passwords, self.hashing)

    def user(self, **more: Any) -> User:
        made: User = self.create({"user": ADA | more}).body
        return made

    def login(self, email: str = "ada@example.com", password: str = PASSWORD) -> Response:
        return self.login_with({"email": email, "password": password})

    def login_with(self, body: dict[str, Any]) -> Response:
        return login(
            sent(body),
            self.emails,
            self.accounts,
            self.passwords,
            self.attempts,
            self.hashing,
            self.tokens,
            self.lockout,
            self.clock,
        )

    def token(self, email: str = "ada@example.com", password: str = PASSWORD) -> str:
        answer = self.login(email, password)
        assert answer.status == 200, answer.body
        return str(answer.body.token)

    def session(self, token: str | None) -> Response:
        return get_session(bearer(token), self.accounts, self.revoked, self.tokens, self.clock)

    def logout(self, token: str | None) -> Response:
        return logout(bearer(token), self.accounts, self.revoked, self.tokens, self.clock)

    def get(self, id: str, token: str | None) -> Response:
        return get_user(id, bearer(token), self.accounts, self.revoked, self.tokens, self.clock)

    def edit(self, id: str, token: str | None, /, **changes: Any) -> Response:
        return edit_user(
            id,
            sent({"user": changes}),
            bearer(token),
            self.accounts,
            self.emails,
            self.passwords,
            self.revoked,
            self.hashing,
            self.tokens,
            self.clock,
        )

    def delete(self, id: str, token: str | None) -> Response:
        return delete_user(
            id,
            bearer(token),
            self.accounts,
            self.emails,
            self.passwords,
            self.attempts,
            self.revoked,
            self.tokens,
            self.clock,
        )


def bearer(token: str | None) -> Headers:
    return Headers() if token is None else Headers(authorization=f"Bearer {token}")


def sent(body: dict[str, Any]) -> Sent:
    """Read a body as the runtime does."""
    found: Sent = msgspec.json.decode(msgspec.json.encode(body), type=Sent)
    return found


def told(answer: Response) -> dict[str, Any]:
    """Topic -> the event that goes out with the answer, as its readers see it."""
    return {
        event.topic: msgspec.json.decode(msgspec.json.encode(event.data))
        for event in answer.publish
    }
