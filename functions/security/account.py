"""What does the service keep of a user?

The password's hash is in a table of its own, `passwords`: whoever reads an account has no hash to
lose. Only `create_user`, `edit_user` and `login` ask for that table.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from functions.domain.user import User


class Account(Struct, frozen=True, kw_only=True):
    """A user, and the `version` that tokens must have: a new password ends all older ones."""

    user: User
    version: int = 0


class Owner(Struct, frozen=True):
    """Whose an e-mail address is; the key is the address as addresses are compared."""

    user_id: str


class Password(Struct, frozen=True):
    """The hash of a user's password. No event, log or answer has it."""

    password_hash: str

    def __repr__(self) -> str:
        """An error or a log line may quote it."""
        return "Password()"


class Attempts(Struct, frozen=True):
    """Wrong passwords since the last right one, and until when no password counts.

    The key is the e-mail address, also one that nobody has: refusing it must look the same.
    """

    wrong: int = 0
    locked_until: datetime | None = None


class Revoked(Struct, frozen=True):
    """A token that was given back; the key is its id. It goes when the token would have ended."""

    at: datetime
