"""What may a client say about a user? The fields stand in `{"user": {...}}` or alone."""

from __future__ import annotations

from msgspec import Raw, to_builtins

from functions.domain import reading
from functions.domain.form import Form, Sent
from functions.domain.user import User, normalized

LEAST_CHARACTERS = 8
_READ_ONLY = {"id": object()}


def read_user(sent: Sent, known: User | None = None) -> Form:
    """Read a new user, or changes of a `known` one.

    `email` and `password` (8 to 256 characters) are required, `name` and `last_name` may be said.
    """
    form = Form.within(sent, "user", partial=known is not None)
    form.read("email", _email)
    form.read("password", _password)
    for name in ("name", "last_name"):
        form.read(name, reading.text, required=False)
        if name in form.values and form.values[name] is None:
            form.values[name] = ""
    form.refuse_others(_READ_ONLY if known is None else to_builtins(known))
    return form


def _email(raw: Raw) -> str:
    return normalized(reading.email(raw))


def _password(raw: Raw) -> str:
    found = reading.text(raw)
    if len(found) < LEAST_CHARACTERS:
        raise ValueError(f"is too short (minimum is {LEAST_CHARACTERS} characters)")
    return found
