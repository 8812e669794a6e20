"""What does the copy keep of a user?"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from functions.domain.user import ActiveUser


class UserCopy(Struct, frozen=True, kw_only=True):
    """A user as the activities have told; what was never told is empty."""

    __listed__: ClassVar[bool] = True

    id: str
    email: str = ""
    name: str = ""
    last_name: str = ""

    def learn(self, user: ActiveUser) -> UserCopy:
        """Return the copy with the fields that an activity names."""
        named = {"email": user.email, "name": user.name, "last_name": user.last_name}
        return replace(self, **{name: value for name, value in named.items() if value is not None})


class Seen(Struct, frozen=True):
    """An activity that was handled; the key is its uuid."""

    name: str
