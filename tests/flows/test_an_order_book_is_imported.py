"""A month of somebody's order book goes through the workflow, twice, and every row is told of."""

from collections.abc import Sequence
from pathlib import Path

from local.brokers.kafka import KafkaBroker
from local.http import Client
from local.lag import consumer_groups, lags, progress_rows
from local.order_book import OrderBook
from local.order_import import Decisions, OrderImport
from tests.flows.shop import REGISTRY, Shop

OTHER_MONTH = Path(__file__).parents[1] / "local" / "books" / "other_month.csv"


def import_book(shop: Shop) -> tuple[OrderBook, Decisions, int]:
    """Import the book; return it, the decisions and how many rows were told to be done."""
    is_kafka = isinstance(shop.broker, KafkaBroker)
    positions = consumer_groups(shop.broker) if is_kafka else progress_rows(shop.store)

    def caught_up(topics: Sequence[str]) -> bool:
        found = lags(REGISTRY, shop.broker, positions)
        return not any(entry.lag for entry in found if entry.topic in topics)

    book, done = OrderBook.read(OTHER_MONTH), []
    target = OrderImport(shop.broker, lambda: Client(shop.urls["orders"]), caught_up, 60)
    return book, target.run(book, done.append), sum(done)


def test_every_row_is_told_of_and_every_order_decided(shop):
    book, decisions, done = import_book(shop)

    assert done == book.rows
    assert decisions.states == {"VALIDATED": 3}
    assert book.summary()["total"] == "99.001"


def test_the_second_time_changes_nothing(shop):
    first = import_book(shop)
    events = len(shop.data("orders"))
    stock = shop.row("stock", "85123A")

    second = import_book(shop)

    assert second[1:] == first[1:]
    assert len(shop.data("orders")) == events
    assert shop.row("stock", "85123A") == stock
