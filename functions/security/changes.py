"""What is told of a user?"""

from __future__ import annotations

from uuid import uuid4

from functions.domain.customer import Action
from functions.domain.user import Activity, User, UserChange
from runtime import Outgoing

#: Where it is told, and as what.
TOPICS = {"users": UserChange, "user_activity": Activity}


def told(user: User, action: Action) -> list[Outgoing]:
    """Return the events: the row on `users`, and plain JSON on `user_activity`."""
    activity = Activity.of(user, action, str(uuid4()))
    return [
        Outgoing(user.changed(action), topic="users"),
        Outgoing(activity, topic="user_activity", plain=True),
    ]
