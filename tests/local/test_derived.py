import json

from local.derived import customers, messages, stock_levels
from local.order_book import OrderBook


def book(*rows: tuple[str, str, str, str]) -> OrderBook:
    found = OrderBook()
    for invoice, product, quantity, customer in rows:
        found.add(
            {
                "InvoiceNo": invoice,
                "StockCode": product,
                "Quantity": quantity,
                "InvoiceDate": "2010-12-01 08:26:00",
                "UnitPrice": "1.00",
                "CustomerID": customer,
                "Country": "France",
            }
        )
    return found


def test_stocks_what_the_orders_ask_for_less_what_was_written_off():
    levels = stock_levels(
        book(
            ("1", "A1", "6", "c"),
            ("2", "a1", "4", "c"),
            ("3", "A1", "-3", ""),
            ("4", "B1", "1", "c"),
        )
    )

    assert levels == {"A1": 7, "B1": 1}


def test_never_stocks_less_than_nothing():
    assert stock_levels(book(("1", "A1", "1", "c"), ("2", "A1", "-5", ""))) == {"A1": 0}


def test_gives_every_customer_an_address_that_nobody_owns():
    found = customers(book(("1", "A1", "6", "17850")))

    assert found["17850"]["email"] == "17850@customers.example.com"
    assert found["17850"]["address"] == "France"


def test_publishes_the_same_events_for_the_same_file():
    rows = [("1", "A1", "6", "c"), ("2", "B1", "4", "d")]

    first, second = list(messages(book(*rows))), list(messages(book(*rows)))

    assert first == second
    assert [(m.topic, m.key) for m in first] == [
        ("warehouse-inventory", "A1"),
        ("warehouse-inventory", "B1"),
        ("customers", "c"),
        ("customers", "d"),
    ]


def test_dates_what_is_derived_by_the_first_order():
    [level, _] = messages(book(("1", "A1", "6", "c")))

    assert json.loads(level.value)["time"] == "2010-12-01T08:26:00Z"


def test_publishes_nothing_for_an_empty_book():
    assert list(messages(OrderBook())) == []
