"""How does a function of this service find a row, name it, and know its own events again?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote
from uuid import uuid4

from runtime import Event, Reject, Table

Row = TypeVar("Row")

#: How the source of every event begins that a function of this service has published.
_OURS = "/customers/"


def new_id() -> str:
    """Return an id that nobody has, for a row that a client makes."""
    return str(uuid4())


def location(*parts: str) -> Mapping[str, str]:
    """Return the header that says where a row is, from the parts of its path."""
    return {"Location": "".join(f"/{quote(part, safe='')}" for part in parts)}


def known(table: Table[Row], what: str, id: str) -> Row:
    """Return the row; rejects an unknown id with 404."""
    row = table.get(id)
    if row is None:
        raise Reject(f"There is no {what} {id!r}.", status=404, field="id")
    return row


def is_ours(event: Event) -> bool:
    """Was it published for a request to this service, whose row has been written with it?"""
    return event.source.startswith(_OURS)


def enlist(table: Table[Row], id: str) -> None:
    """Have a row stand on the pages of its table: a request does not put it there itself."""
    row = table.get(id)
    if row is not None:
        table.put(id, row)
