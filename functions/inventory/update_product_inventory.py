"""inventory_management_product_updates -> table products: what does the legacy system count?"""

from __future__ import annotations

from functions.domain.product import Product, ProductUpdate
from functions.domain.stock import StockLevel
from functions.inventory.seeds import PRODUCTS
from runtime import Event, Reject, Retries, Retry, Table, function, wire
from runtime.errors import DecodeError


class Unreadable(Retry):
    """This is no update of a product."""


def codes(raw: bytes) -> list[str]:
    """The product row that the update needs."""
    try:
        code = read(raw).code
    except Unreadable:
        return []
    return [code] if code else []


@function(
    subscribes="inventory_management_product_updates",
    publishes="warehouse-inventory",
    reads={"products": codes},
    retries=Retries(attempts=1, later_seconds=(2, 10)),
)
def update_product_inventory(
    raw: bytes, event: Event, products: Table[Product]
) -> StockLevel | None:
    """Set the product's count, and tell the warehouse, so that orders can be served from it.

    The message is plain JSON, `{"product_code": "TEAP1019", "inventory_count": 12}`. The count is
    absolute, so a second delivery changes nothing. The messages have no key, so two counts of one
    product may overtake each other: one with an earlier event time than the last changes nothing.

    A message that is wrong is rejected, with all that is wrong with it. One that cannot be read
    (not JSON, no object, an attribute nobody knows) is tried twice more, after 2 and 10 seconds,
    and is then a dead letter with its bytes unchanged; the messages after it go on meanwhile. While
    the database is away no message is given up: all of them wait, as everywhere. The deployment's
    error hook (SLUICE_ERROR_HOOK) hears of each of these.

    Only the codes of the product table are known. Its twenty products count from the first message
    on, also before `seed_products` has written them.
    """
    update = read(raw)
    problems = update.problems(lambda code: code in PRODUCTS or code in products)
    if problems:
        raise Reject(", ".join(problems))
    assert update.code is not None
    product = products.get(update.code) or PRODUCTS[update.code]
    counted = product.counted(update.count, event.time)
    if counted is product:
        return None
    products.put(counted.code, counted)
    return StockLevel(counted.code, update.count)


def read(raw: bytes) -> ProductUpdate:
    """Read the message; raises Unreadable."""
    try:
        wire.refuse_duplicate_keys(raw)
        update: ProductUpdate = wire.decode(raw, ProductUpdate)
    except DecodeError as error:
        raise Unreadable(f"The message cannot be read: {error}") from error
    return update
