"""Functions that count what is sold, for the tests of the unit of work."""

from __future__ import annotations

import msgspec

from runtime import Event, Retries, Table, function
from tests.runtime.making import (
    Sale,
    Shelf,
    Trouble,
)

AT_ONCE = Retries(first_seconds=0, most_seconds=0)


class Sold(msgspec.Struct):
    """A shelf after a sale."""

    product: str
    sold: int


@function(subscribes="sales", publishes="sold", retries=AT_ONCE)
def count(sale: Sale, shelves: Table[Shelf], trouble: Trouble) -> Sold:
    """Count what was sold, after the row was changed fail if there is trouble."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    trouble.call(sale.product)
    return Sold(sale.product, shelf.sold)


@function(subscribes="sales", ordered=True, retries=AT_ONCE)
def count_in_order(sale: Sale, event: Event, trouble: Trouble) -> None:
    """Count by event id, so that a test sees the order of the calls."""
    trouble.call(event.id)


@function(
    subscribes="sales",
    reads={"shelves": lambda sale: [sale.product.removeprefix("bad ").split()[0]]},
    retries=AT_ONCE,
)
def count_declared(sale: Sale, shelves: Table[Shelf]) -> None:
    """Say beforehand which row it needs."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
