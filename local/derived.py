"""What does an order book lack that the workflow needs? Stock levels and customers, derived.

The rule for stock: of every product there is as much as the file's own orders ask for, less what
the file writes off (rows with a negative quantity on an ordinary invoice), and never less than
nothing. So most orders can be served, and those fail whose goods were broken or lost. Orders that
another file brought in before still hold their goods.

The rule for customers: the number is first name "Customer" and last name at once, the mail address
is `<number>@customers.example.com` (a domain that nobody owns, RFC 2606), the address the country.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from local.order_book import OrderBook
from runtime import event, wire
from runtime.record import Message

STOCK_TOPIC = "warehouse-inventory"
CUSTOMERS_TOPIC = "customers"
SOURCE = "sluice/import-orders"


def stock_levels(book: OrderBook) -> dict[str, int]:
    """Return the derived level of every product that the book's orders name."""
    ordered: Counter[str] = Counter()
    for line in book.lines:
        ordered[line.product] += line.quantity
    return {
        product: max(0, units - book.written_off[product]) for product, units in ordered.items()
    }


def customers(book: OrderBook) -> dict[str, dict[str, str]]:
    """Return the derived customer rows, by customer number."""
    countries: dict[str, str] = {}
    for line in book.lines:
        countries.setdefault(line.customer, line.country)
    return {number: _customer(number, country) for number, country in countries.items()}


def messages(book: OrderBook) -> Iterator[Message]:
    """Yield the events that tell the services; the same file yields the same events each time.

    Their time is that of the first order: what is derived from old data is as old.
    """
    if not book.orders:
        return
    time = min(order.date for order in book.orders.values())
    for product, level in sorted(stock_levels(book).items()):
        yield _message(STOCK_TOPIC, product, {"product": product, "level": level}, time)
    for number, customer in sorted(customers(book).items()):
        data = customer | {"entity": "Customer", "action": "created"}
        yield _message(CUSTOMERS_TOPIC, number, data, time)


def _customer(number: str, country: str) -> dict[str, str]:
    return {
        "id": number,
        "firstName": "Customer",
        "lastName": number,
        "email": f"{number}@customers.example.com",
        "address": country,
        "level": "bronze",
    }


def _message(topic: str, key: str, data: object, time: datetime) -> Message:
    content = hashlib.blake2b(wire.encode(data), digest_size=8).hexdigest()
    return event.write(
        topic, key, data, id=f"{key}:{content}", source=SOURCE, type=f"{topic}.derived", time=time
    )
