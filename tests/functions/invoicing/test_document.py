"""The printed invoice: every line, the exact total, nothing that a product's name could break."""

from __future__ import annotations

from functions.domain.invoice import Invoice
from functions.invoicing.document import key_of, render
from tests.functions.invoicing.office import FREIGHT, Office
from tests.functions.making import NOON, order, order_of


def page(sold) -> str:
    return render(Invoice.for_order(sold, 17, NOON)).decode()


def test_names_number_date_order_and_customer():
    text = page(order("o-9", customer=7))

    assert "<h1>Invoice 000017</h1>" in text
    assert "Date: 2026-01-01<br>Order: o-9<br>Customer: 7" in text


def test_has_every_line_and_the_exact_total():
    text = page(order(quantity=3, price="1999.335"))

    assert "<tr><td>JUMPERS</td><td>3</td><td>1,999.335</td><td>5,998.005</td></tr>" in text
    assert '<td colspan="3">Total</td><td>5,998.005</td>' in text


def test_keeps_lines_of_one_product_apart():
    assert page(order_of(("JUMPERS", 1), ("JUMPERS", 2))).count("<td>JUMPERS</td>") == 2


def test_escapes_what_others_wrote():
    text = page(order("<o>", product="<script>alert(1)</script>", customer="a&b"))

    assert "<script>" not in text
    assert "&lt;o&gt;" in text
    assert "a&amp;b" in text


def test_an_order_without_price_and_customer_can_be_printed():
    assert "<td>0.00</td>" in page(order(price=None, customer=None))


def test_names_the_delivery_date_where_there_is_one():
    assert "<br>Delivery: 2026-01-31</p>" in render(Office().made()).decode()
    assert "Delivery" not in page(order())


def test_says_that_it_was_cancelled():
    invoice = Office().made(FREIGHT)

    assert "Cancelled" in render(invoice.cancelled()).decode()
    assert "Cancelled" not in render(invoice).decode()


def test_an_invoice_made_by_hand_never_has_the_key_of_an_order():
    office = Office()
    by_hand = office.made(id="o-1")
    issued = office.issue(order("o-1", state="VALIDATED"))

    assert key_of(by_hand) != key_of(issued)
