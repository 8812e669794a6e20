"""Which rows of an order book are lines of an order, and why are the others not?

A row is a line when its invoice number is all digits, a customer is named, and quantity and price
are above zero; its product code and its date must be readable. Every other row gets the first of
these reasons that applies, so that it is counted once:

    missing columns, too many columns, cancellation, adjustment, not an invoice number,
    not a product code, not a quantity, not a price, negative quantity, zero quantity,
    negative price, zero price, no customer, not a customer id, not a date

Charges (POST, DOT, M, BANK CHARGES) and test products are lines like any other when they have a
customer, a quantity and a price: that is the definition of a clean order, and the figures of the
December file include them. Two rows with the same product stay two lines, as on the invoice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

#: The wholesaler's clock: its dates are written without a zone.
LONDON = ZoneInfo("Europe/London")

NEGATIVE_QUANTITY = "negative quantity"

_PRODUCT = re.compile(r"[A-Z0-9][A-Z0-9 _./-]{0,49}")
_CUSTOMER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,49}")
#: With three zeros it would be a guess: 1,000 is one to some people, and a thousand to others.
_QUANTITY = re.compile(r"([+-]?\d{1,9})(?:[.,]0{1,2})?", re.ASCII)
_PRICE = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d*", re.ASCII)
_EITHER_WAY = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One accepted row. The product code is upper-cased: 85123a and 85123A are one product."""

    invoice: str
    product: str
    quantity: int
    price: Decimal
    customer: str
    date: datetime
    country: str


class Rejected(Exception):
    """The row is no line of an order; the text is the reason it is counted under."""


def read_line(row: Mapping[str, str]) -> Line:
    """Read one row, whose cells are found by the names of `order_files.COLUMNS`.

    Raises Rejected with the one reason the row is counted under.
    """
    invoice = _invoice(row["InvoiceNo"].strip())
    product = _product(row["StockCode"])
    quantity, price = read_quantity(row["Quantity"]), _price(row["UnitPrice"])
    _above_zero("quantity", quantity)
    _above_zero("price", price)
    customer = _customer(row["CustomerID"].strip())
    date = _date(row["InvoiceDate"].strip())
    return Line(invoice, product, quantity, price, customer, date, row["Country"].strip())


def _invoice(text: str) -> str:
    if text.isascii() and text.isdigit():
        return text
    if re.fullmatch(r"[Cc]\d+", text):
        raise Rejected("cancellation")
    if re.fullmatch(r"[A-Za-z]\d+", text):
        raise Rejected("adjustment")
    raise Rejected("not an invoice number")


def _product(text: str) -> str:
    product = text.strip().upper()
    if not _PRODUCT.fullmatch(product):
        raise Rejected("not a product code")
    return product


def read_quantity(text: str) -> int:
    """Read a whole number, also written 6.0. Raises Rejected."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise Rejected("not a quantity")
    return int(match[1])


def _price(text: str) -> Decimal:
    # A comma is a decimal mark (2,55) unless a point follows it (1,234.50). What may be either,
    # 1,234, is left as it is, and so refused.
    plain = text.strip().removeprefix("£")
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif not _EITHER_WAY.fullmatch(plain):
        plain = plain.replace(",", ".")
    if not _PRICE.fullmatch(plain):
        raise Rejected("not a price")
    return Decimal(plain)


def _above_zero(name: str, number: int | Decimal) -> None:
    if number < 0:
        raise Rejected(f"negative {name}")
    if number == 0:
        raise Rejected(f"zero {name}")


def _customer(text: str) -> str:
    if not text:
        raise Rejected("no customer")
    customer = text.removesuffix(".0")  # spreadsheets write a number column with gaps as 17850.0
    if not _CUSTOMER.fullmatch(customer):
        raise Rejected("not a customer id")
    return customer


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise Rejected("not a date") from None
    return date if date.tzinfo else date.replace(tzinfo=LONDON)
