"""The legacy system sends counts: right ones, wrong ones, and what nobody can read.

What becomes of them while the embedded engine's store is away, which is its log as well, is told in
`tests/outages/test_a_store_that_cannot_be_written.py`.
"""

import json
from collections.abc import Callable

import pytest

from local import dead_letters
from local.cluster import Cluster
from tests.flows.shop import Shop
from tests.flows.told import told_of

UPDATES = "inventory_management_product_updates"
FUNCTION = "inventory.update_product_inventory"


def test_a_count_is_set_absolutely_and_orders_are_served_from_it(shop: Shop) -> None:
    count(shop, "TEAP1019", 40)
    count(shop, "TEAP1019", 3)
    shop.until(lambda: counted(shop, "TEAP1019") == 3)
    shop.until(lambda: shop.row("stock", "TEAP1019").get("level") == 3)

    shop.order("teapots counted", "TEAP1019", 3)
    assert shop.decision("teapots counted") == "VALIDATED"
    shop.order("teapot too many", "TEAP1019", 1)
    assert shop.decision("teapot too many") == "FAILED"

    status, page = shop.get("/v1/products?limit=500", service="inventory")
    assert status == 200
    assert len(page["products"]) == 20
    assert {"TEAP1019": 3}.items() <= {p["code"]: p.get("count") for p in page["products"]}.items()


WRONG = {
    b'{"product_code": "MUGS1014", "inventory_count": -5}': (
        "Inventory count must be greater than or equal to 0"
    ),
    b'{"product_code": "NONE9999", "inventory_count": 5}': "Product code NONE9999 does not exist",
    b'{"product_code": "", "inventory_count": 1.5}': (
        "Product code can't be blank, Inventory count must be an integer"
    ),
    b'{"product_code": "NONE9999"}': (
        "Product code NONE9999 does not exist, Inventory count can't be blank"
    ),
    b'{"product_code": "MUGS1014", "inventory_count": "many"}': "Inventory count is not a number",
}


def test_a_wrong_count_is_a_dead_letter_at_once_that_says_all_that_is_wrong(shop: Shop) -> None:
    for value in WRONG:
        shop.publish(UPDATES, None, value)
    count(shop, "MUGS1014", 8)
    found = new_letters(shop)

    shop.until(lambda: len(found(WRONG)) == len(WRONG))
    shop.until(lambda: counted(shop, "MUGS1014") == 8)

    for value, entry in found(WRONG).items():
        assert (entry.letter.message, entry.letter.attempts) == (WRONG[value], 1)
        assert entry.letter.error == "Reject"
    # The hook is told by a thread of its own.
    shop.until(lambda: outcomes("NONE9999 does not exist") >= {("dead letter", 1)})


UNREADABLE = [
    b"TEAP1019=4",
    b'{"product_code": "VASE1020", "inventory_count": 4, "colour": "red"}',
    b"[4]",
]


def test_what_cannot_be_read_is_tried_three_times_and_the_messages_after_it_go_on(
    shop: Shop,
) -> None:
    for value in UNREADABLE:
        shop.publish(UPDATES, None, value)
    count(shop, "VASE1020", 11)
    found = new_letters(shop)

    shop.until(lambda: counted(shop, "VASE1020") == 11)
    assert found(UNREADABLE) == {}

    shop.until(lambda: len(found(UNREADABLE)) == len(UNREADABLE), 60)
    for entry in found(UNREADABLE).values():
        assert (entry.letter.error, entry.letter.attempts) == ("Unreadable", 3)
    shop.until(
        lambda: (
            outcomes("`colour`") == {("retried later", 1), ("retried later", 2), ("dead letter", 3)}
        )
    )


@pytest.mark.platform
def test_while_the_database_is_away_a_count_waits_and_is_not_given_up(
    dapr_shop: Shop, cluster: Cluster
) -> None:
    def away() -> bool:
        return any(told["outcome"] == "waits for the platform" for told in told_of(FUNCTION))

    before = len(dapr_shop.dead_letters(FUNCTION))
    cluster.stop("postgres")
    try:
        count(dapr_shop, "KETL1012", 77)
        dapr_shop.until(away, 60)
    finally:
        cluster.start("postgres")

    dapr_shop.until(lambda: counted(dapr_shop, "KETL1012") == 77, 60)
    dapr_shop.until(lambda: dapr_shop.row("stock", "KETL1012").get("level") == 77, 60)
    assert len(dapr_shop.dead_letters(FUNCTION)) == before


def count(shop: Shop, code: str, pieces: int) -> None:
    """Send a count as the legacy system does: plain JSON, without a key."""
    message = {"product_code": code, "inventory_count": pieces}
    shop.publish(UPDATES, None, json.dumps(message).encode())


def counted(shop: Shop, code: str) -> int | None:
    found: int | None = shop.row("products", code).get("count")
    return found


def new_letters(shop: Shop) -> Callable[..., dict[bytes, dead_letters.Entry]]:
    """Return what finds the dead letters of these messages, by their bytes."""

    def found(values: object) -> dict[bytes, dead_letters.Entry]:
        letters = shop.dead_letters(FUNCTION)
        return {e.record.value: e for e in letters if e.record.value in values}  # type: ignore[operator]

    return found


def outcomes(text: str) -> set[tuple[str, int]]:
    """What the error hook was told of the failures whose message has this text."""
    return {
        (told["outcome"], told["attempts"]) for told in told_of(FUNCTION) if text in told["message"]
    }
