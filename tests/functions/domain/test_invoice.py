"""An invoice: its items keep their ids, its total is exact, its number is written in six digits."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from functions.domain.customer import Action
from functions.domain.invoice import Invoice, InvoiceState, Item, number_text
from functions.domain.line import Line
from tests.functions.making import NOON, order, order_of

FREIGHT = Line("FREIGHT", 1, Decimal("1.50"))


def invoice() -> Invoice:
    return Invoice.for_order(order_of(("JUMPERS", 2), ("SOCKS", 3)), 17, NOON)


@pytest.mark.parametrize(("number", "text"), [(1, "000001"), (1234567, "1234567")])
def test_a_number_has_six_digits_or_more(number, text):
    assert number_text(number) == text


def test_the_lines_of_an_order_become_items():
    assert [(item.id, item.product) for item in invoice().lines] == [
        ("1", "JUMPERS"),
        ("2", "SOCKS"),
    ]


def test_an_order_without_product_and_price_can_be_billed():
    billed = Invoice.for_order(order(product=None, quantity=None, price=None), 1, NOON)

    assert (billed.lines, billed.total) == ((Item(id="1"),), 0)


def test_a_new_item_gets_the_next_id_and_the_others_keep_theirs():
    left = invoice().with_lines(invoice().lines[1:])

    assert [item.id for item in left.with_lines([*left.lines, FREIGHT]).lines] == ["2", "3"]


def test_the_total_follows_the_lines():
    assert invoice().with_lines([FREIGHT]).total == Decimal("1.50")


def test_an_edit_that_changes_nothing_is_none():
    before = invoice()

    assert before.edited(date=before.date, lines=before.lines) is before
    assert before.edited(date="2026-01-02").action is Action.EDITED


def test_a_cancelled_one_keeps_its_number_and_total():
    cancelled = invoice().cancelled()

    assert (cancelled.number, cancelled.total) == ("000017", 5)
    assert (cancelled.state, cancelled.action) == (InvoiceState.CANCELLED, Action.DELETED)


def test_is_as_issued_until_somebody_touches_it():
    assert invoice().is_as_issued
    assert not invoice().edited(customer_id="c2").is_as_issued
    assert not invoice().cancelled().is_as_issued


def test_an_invoice_from_before_items_had_ids_can_be_read():
    old = (
        b'{"id":"000017","orderId":"o-1","date":"2026-01-01T12:00:00Z","state":"ISSUED",'
        b'"lines":[{"product":"JUMPERS","quantity":1,"price":1}],"total":1,"action":"created"}'
    )

    found = msgspec.json.decode(old, type=Invoice)

    assert found.is_as_issued
    assert [item.id for item in found.with_lines([*found.lines, FREIGHT]).lines] == ["1", "2"]
