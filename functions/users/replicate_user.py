"""user_activity -> table users: a copy of the users, of our own."""

from __future__ import annotations

from functions.domain.user import Activity
from functions.users.copy import Seen, UserCopy
from runtime import Table, function


@function(
    subscribes="user_activity",
    fills_table=True,
    reads={
        "users": lambda activity: [activity.key],
        "seen": lambda activity: [activity.data.id],
    },
)
def replicate_user(activity: Activity, users: Table[UserCopy], seen: Table[Seen]) -> None:
    """Keep the latest value of every field of every user; `user_deleted` removes the row.

    An activity whose uuid was seen before is discarded, however long ago that was and however
    often its producer sends it: uuids are kept in a table, for `unique=` forgets them after
    SLUICE_RETENTION_SECONDS. A field that is missing or null leaves what is known. Activities of
    other names tell nothing about who the users are.

    A deployment that is added later, under an app id of its own, reads the topic from its
    beginning, and the live activities after it: the topic keeps all of them.
    """
    if activity.data.id in seen:
        return
    seen.put(activity.data.id, Seen(activity.name))
    match activity.name:
        case "user_created" | "user_edited":
            known = users.get(activity.key) or UserCopy(id=activity.key)
            users.put(activity.key, known.learn(activity.data.user))
        case "user_deleted":
            users.delete(activity.key)
