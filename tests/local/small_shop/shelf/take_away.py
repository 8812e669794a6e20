from runtime import Table, function
from tests.local.small_shop.sale import Sale, Shelf


@function(subscribes="sales")
def take_away(sale: Sale, shelves: Table[Shelf]) -> None:
    """Count what was sold of the product."""
    with shelves.edit(sale.product, default=Shelf) as shelf:
        shelf.sold += 1
