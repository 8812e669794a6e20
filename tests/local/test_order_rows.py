from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.order_rows import Rejected, read_line

CLEAN = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850",
    "Country": "United Kingdom",
}


def test_accepts_a_clean_row():
    line = read_line(CLEAN)

    assert (line.invoice, line.product, line.quantity) == ("536365", "85123A", 6)
    assert (line.price, line.customer) == (Decimal("2.55"), "17850")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("InvoiceNo", "C536379", "cancellation"),
        ("InvoiceNo", "c536379", "cancellation"),
        ("InvoiceNo", "A563185", "adjustment"),
        ("InvoiceNo", "", "not an invoice number"),
        ("InvoiceNo", "5363²5", "not an invoice number"),
        ("StockCode", " ", "not a product code"),
        ("StockCode", "85123\x00", "not a product code"),
        ("Quantity", "six", "not a quantity"),
        ("Quantity", "1.5", "not a quantity"),
        ("Quantity", "", "not a quantity"),
        ("UnitPrice", "NaN", "not a price"),
        ("UnitPrice", "1e5", "not a price"),
        ("UnitPrice", "", "not a price"),
        ("Quantity", "-9", "negative quantity"),
        ("Quantity", "0", "zero quantity"),
        ("UnitPrice", "-11062.06", "negative price"),
        ("UnitPrice", "0.0", "zero price"),
        ("CustomerID", "  ", "no customer"),
        ("CustomerID", "17/850", "not a customer id"),
        ("InvoiceDate", "01.12.2010", "not a date"),
        ("InvoiceDate", "2010-02-30 08:00:00", "not a date"),
    ],
)
def test_rejects_a_dirty_row_with_its_reason(column, value, reason):
    with pytest.raises(Rejected) as rejected:
        read_line(CLEAN | {column: value})

    assert str(rejected.value) == reason


def test_names_the_first_of_several_reasons():
    row = CLEAN | {"InvoiceNo": "C1", "Quantity": "-1", "CustomerID": ""}

    with pytest.raises(Rejected, match="cancellation"):
        read_line(row)


def test_takes_codes_in_lower_case_for_the_same_product():
    assert read_line(CLEAN | {"StockCode": "85123a"}).product == "85123A"


@pytest.mark.parametrize("code", ["POST", "m", "BANK CHARGES", "TEST001", "gift_0001_40"])
def test_accepts_charges_and_test_products_like_any_other_line(code):
    assert read_line(CLEAN | {"StockCode": code}).product == code.upper()


@pytest.mark.parametrize(
    ("text", "price"),
    [("2,55", "2.55"), ("0,125", "0.125"), ("1,234.50", "1234.50"), ("£2.55", "2.55")],
)
def test_reads_prices_as_people_write_them(text, price):
    assert read_line(CLEAN | {"UnitPrice": text}).price == Decimal(price)


@pytest.mark.parametrize("text", ["1,000", "1.234,50", "12,345"])
def test_does_not_guess_whether_a_comma_in_a_price_marks_thousands(text):
    with pytest.raises(Rejected, match="not a price"):
        read_line(CLEAN | {"UnitPrice": text})


@pytest.mark.parametrize("text", ["1,000", "1.000", "2,500"])
def test_does_not_take_a_thousand_for_one(text):
    with pytest.raises(Rejected, match="not a quantity"):
        read_line(CLEAN | {"Quantity": text})


def test_reads_numbers_that_a_spreadsheet_has_made_decimals():
    line = read_line(CLEAN | {"Quantity": "6.0", "CustomerID": "17850.0"})

    assert (line.quantity, line.customer) == (6, "17850")


def test_takes_a_date_without_a_zone_for_london_time():
    line = read_line(CLEAN | {"InvoiceDate": "2011-07-01 08:26:00"})

    assert line.date.astimezone(UTC) == datetime(2011, 7, 1, 7, 26, tzinfo=UTC)
