from decimal import Decimal
from pathlib import Path

import pytest

import local
from local.order_book import OrderBook, money

DECEMBER = Path(local.__file__).parent / "data" / "online_retail_2010-12.csv.gz"
OTHER_MONTH = Path(__file__).parent / "books" / "other_month.csv"


@pytest.fixture(scope="module")
def december() -> OrderBook:
    return OrderBook.read(DECEMBER)


def row(**cells: str) -> dict[str, str]:
    clean = {"InvoiceNo": "1", "StockCode": "85123A", "Quantity": "2", "UnitPrice": "1.50"}
    who = {"InvoiceDate": "2010-12-01 08:26:00", "CustomerID": "17850", "Country": "France"}
    return clean | who | cells


def book_of(*rows: dict[str, str]) -> OrderBook:
    book = OrderBook()
    for each in rows:
        book.add(each)
    return book


def test_finds_the_known_figures_in_the_december_book(december):
    summary = december.summary()

    assert (summary["orders"], summary["customers"], summary["lines"]) == (1400, 885, 26157)
    assert (summary["units"], summary["total"]) == (312265, "572713.89")


def test_accounts_for_every_row_of_the_december_book(december):
    summary = december.summary()

    assert summary["rows"] == 42481
    assert summary["accepted_rows"] + summary["rejected_rows"] == 42481
    assert summary["rejected"] == {
        "no customer": 15323,
        "cancellation": 728,
        "zero price": 203,
        "negative quantity": 70,
    }


def test_accounts_for_every_row_of_another_month():
    summary = OrderBook.read(OTHER_MONTH).summary()

    assert summary["accepted_rows"] + summary["rejected_rows"] == summary["rows"]
    assert summary["rejected"] == {
        "adjustment": 3,
        "no customer": 2,
        "cancellation": 1,
        "negative price": 1,
        "not a date": 1,
        "another customer on the invoice": 1,
        "missing columns": 1,
    }
    assert (summary["orders"], summary["customers"], summary["units"]) == (3, 2, 22)


def test_groups_the_rows_of_an_invoice_into_one_order():
    book = book_of(row(), row(StockCode="71053", UnitPrice="3.39"), row(InvoiceNo="2"))

    assert list(book.orders) == ["1", "2"]
    assert book.orders["1"].total == Decimal("9.78")


def test_keeps_two_rows_of_one_product_as_two_lines():
    book = book_of(row(), row())

    assert len(book.orders["1"].lines) == 2


def test_dates_an_order_by_its_earliest_row():
    book = book_of(row(), row(InvoiceDate="2010-12-01 08:25:00"))

    assert book.orders["1"].date.minute == 25


def test_keeps_the_good_rows_of_an_invoice_with_bad_ones():
    book = book_of(row(), row(Quantity="-1"), row(CustomerID="12345"))

    assert len(book.orders["1"].lines) == 1
    assert book.rejected == {"negative quantity": 1, "another customer on the invoice": 1}


def test_counts_the_rows_of_a_refused_order_as_rejected():
    book = book_of(row(), row(), row(InvoiceNo="2"))

    book.refuse("1", "refused by the service: too large")

    assert (book.summary()["accepted_rows"], book.summary()["rejected_rows"]) == (1, 2)


def test_writes_money_exactly():
    assert [money(Decimal(text)) for text in ("0", "12.5", "0.0010", "1E+3")] == [
        "0.00",
        "12.50",
        "0.001",
        "1000.00",
    ]
