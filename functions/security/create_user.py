"""POST /users -> users, user_activity: somebody signs up."""

from __future__ import annotations

from uuid import uuid4

from functions.domain.customer import Action
from functions.domain.form import Sent
from functions.domain.user import User
from functions.security.account import Account, Owner, Password
from functions.security.changes import TOPICS, told
from functions.security.forms import read_user
from functions.security.hashing import Hashing
from runtime import Response, Table, function


@function(http="POST /users", publishes=TOPICS)
def create_user(
    sent: Sent,
    accounts: Table[Account],
    emails: Table[Owner],
    passwords: Table[Password],
    hashing: Hashing,
) -> Response:
    """Keep `{"user": {"email", "password"}}`, and answer 201 with where to find it.

    Everybody may. `name` and `last_name` may be said. The address is kept trimmed and in lower
    case, and belongs to one user. Whatever is wrong is answered at once, as 422
    `{field: [messages]}`, and nothing is published. No answer or event has the password, or its
    hash.
    """
    form = read_user(sent)
    if "email" in form.values and form.values["email"] in emails:
        form.refuse("email", "has already been taken")
    if form.problems:
        return Response(422, form.problems)
    password = form.values.pop("password")
    user = User(id=str(uuid4()), **form.values)
    accounts.put(user.id, Account(user=user))
    emails.put(user.email, Owner(user.id))
    passwords.put(user.id, Password(hashing.hash(password)))
    found_at = {"Location": f"/users/{user.id}"}
    return Response(201, user, found_at, publish=told(user, Action.CREATED))
