"""A database that knows nothing of events: what happens to its customers is told once."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from uuid import uuid4

from tests.flows.shop import Shop


def change(statement: str, *values: object) -> None:
    """Do something in the database that both engines capture."""
    path = os.environ["SLUICE_CUSTOMERS_DB"]
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        connection.execute(statement, values)


def told(shop: Shop, ids: Sequence[int]) -> list[tuple[str, str]]:
    """What the topic says of these customers, in the order in which each one's events came."""
    wanted = [str(id) for id in ids]
    found = [(data["id"], data.get("action")) for data in shop.data("customers")]
    return sorted((each for each in found if each[0] in wanted), key=lambda each: each[0])


def new_ids(count: int) -> list[int]:
    """Ids that no other story has."""
    first = uuid4().int % 10**15 * 10
    return list(range(first, first + count))


def test_inserts_updates_and_deletes_are_told_once_and_reach_the_lookup_tables(shop: Shop) -> None:
    [id] = new_ids(1)
    change("INSERT INTO customers (id, first_name) VALUES (?, 'Ada')", id)
    shop.until(lambda: shop.row("notifications.customers", str(id)).get("firstName") == "Ada")
    change("UPDATE customers SET first_name = 'Bea' WHERE id = ?", id)
    shop.until(lambda: shop.row("notifications.customers", str(id)).get("firstName") == "Bea")
    change("DELETE FROM customers WHERE id = ?", id)
    shop.until(lambda: shop.row("notifications.customers", str(id)) == {})

    actions = [action for _, action in told(shop, [id])]
    assert actions == ["created", "edited", "deleted"]


def test_what_changes_while_the_service_is_killed_is_told_once_it_is_back(shop: Shop) -> None:
    ids = new_ids(30)
    for id in ids[:10]:
        change("INSERT INTO customers (id) VALUES (?)", id)
    shop.until(lambda: told(shop, ids) != [])
    shop.kill("capture")
    for id in ids[10:]:
        change("INSERT INTO customers (id) VALUES (?)", id)
    shop.restart("capture")
    shop.until(lambda: len(told(shop, ids)) >= 30)
    change("DELETE FROM customers WHERE id = ?", ids[0])
    shop.until(lambda: (str(ids[0]), "deleted") in told(shop, ids))

    expected = [(str(id), "created") for id in ids]
    assert told(shop, ids) == [expected[0], (str(ids[0]), "deleted"), *expected[1:]]
