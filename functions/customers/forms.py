"""What may a client say about a customer, an organization and an invite?

The fields stand in an envelope (`{"customer": {...}}`) or alone.
"""

from __future__ import annotations

from msgspec import Raw, to_builtins

from functions.domain import reading
from functions.domain.clientele import CustomerRecord, OrganizationRecord
from functions.domain.customer import Level
from functions.domain.form import INVALID, Form, Sent

#: What a row has, and equals nothing that a client may send.
_READ_ONLY = {"id": object()}


def read_customer(sent: Sent, known: CustomerRecord | None = None) -> Form:
    """Read a new customer, or changes of a `known` one.

    `name`, `last_name` and `email` are required, `address` and `level` may be said. Text of up to
    256 characters; the level is platinum, gold, silver or bronze.
    """
    form = Form.within(sent, "customer", partial=known is not None)
    form.read("name", reading.text)
    form.read("last_name", reading.text)
    form.read("email", reading.email)
    form.read("address", reading.text, required=False)
    form.read("level", _level, required=False)
    form.refuse_others(_READ_ONLY if known is None else to_builtins(known))
    # Cleared: the row says so with empty text, or the default level, and so does the event. A
    # null there would say nothing to its readers.
    defaults = {"address": "", "level": Level.BRONZE.value}
    for name, default in defaults.items():
        if name in form.values and form.values[name] is None:
            form.values[name] = default
    return form


def read_organization(sent: Sent, known: OrganizationRecord | None = None) -> Form:
    """Read a new organization, or changes of a `known` one; `name` is required."""
    form = Form.within(sent, "organization", partial=known is not None)
    form.read("name", reading.text)
    form.refuse_others(_READ_ONLY if known is None else to_builtins(known))
    return form


def read_invite(sent: Sent) -> Form:
    """Read a new invite: `customer_id`, text or a whole number."""
    form = Form.within(sent, "invite")
    form.read("customer_id", lambda raw: str(reading.ident(raw)))
    form.refuse_others(_READ_ONLY)
    return form


def _level(raw: Raw) -> str:
    try:
        return Level(reading.text(raw)).value
    except ValueError:
        raise ValueError(INVALID) from None
