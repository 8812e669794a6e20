"""Who may sign in, and what is told of them?"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import asdict

from functions.domain.customer import Action
from functions.domain.words import Ident, Text, check_text


class User(Struct, frozen=True, kw_only=True):
    """A user as everybody may see them. There is no password here, nor its hash."""

    id: str
    email: str
    name: str = ""
    last_name: str = ""

    def changed(self, action: Action) -> UserChange:
        """Return the event that says so."""
        return UserChange(**asdict(self), action=action)


class UserChange(User, frozen=True, kw_only=True):
    """A user and what happened to them, as published on `users`."""

    entity: str = "User"
    action: Action

    @property
    def key(self) -> str:
        """Users are keyed by their id."""
        return self.id


class ActiveUser(Struct, frozen=True, kw_only=True):
    """A user as told by an activity. Fields we do not know are ignored: they are not copied."""

    id: Ident
    email: str | None = None
    name: str | None = None
    last_name: str | None = None

    def __post_init__(self) -> None:
        check_text("id", self.id)


class ActivityData(Struct, frozen=True):
    """`id` is the activity's own, a uuid: whoever has seen it has nothing more to do."""

    id: Text
    user: ActiveUser


class Activity(Struct, frozen=True):
    """Something that a user did, or that happened to them, as it travels on `user_activity`.

    The names are `user_created`, `user_edited` and `user_deleted`; there may be others.
    """

    name: Text
    data: ActivityData

    @property
    def key(self) -> str:
        """Activities are keyed by the user: those of one stay in their order."""
        return str(self.data.user.id)

    @classmethod
    def of(cls, user: User, action: Action, id: str) -> Activity:
        """Tell what happened to a user."""
        return cls(f"user_{action}", ActivityData(id, ActiveUser(**asdict(user))))


def normalized(email: str) -> str:
    """Return the address as addresses are compared: without space around it, in lower case."""
    return email.strip().lower()
