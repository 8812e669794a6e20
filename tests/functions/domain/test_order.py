"""Orders: what can be read, and what is written back."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from functions.domain.line import Line
from functions.domain.order import MOST_LINES, NewOrder, Order
from functions.domain.state import OrderState

FLAT = (
    b'{"id":"o-1","customerId":"c1","state":"CREATED",'
    b'"product":"JUMPERS","quantity":2,"price":9.90}'
)
LINES = (
    b'{"id":"o-2","customerId":7,"state":"CREATED","lines":['
    b'{"product":"JUMPERS","quantity":2,"price":9.90},'
    b'{"product":"UNDERPANTS","quantity":1,"price":5}]}'
)


def encode(value: object) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(value)


def read(raw: bytes, wanted: type[Order] = Order) -> Order:
    return msgspec.json.decode(raw, type=wanted)


def refusal(raw: bytes, wanted: type[Order] = Order) -> str:
    with pytest.raises(msgspec.ValidationError) as refused:
        read(raw, wanted)
    return str(refused.value)


@pytest.mark.parametrize("raw", [FLAT, LINES])
def test_an_order_is_written_back_as_it_was_read(raw):
    assert encode(read(raw)) == raw


@pytest.mark.parametrize("raw", [FLAT, LINES])
def test_a_new_order_is_stored_as_it_was_sent(raw):
    assert encode(read(raw, NewOrder).order()) == raw


def test_one_line_written_as_lines_stays_so():
    raw = b'{"id":"o-1","state":"CREATED","lines":[{"product":"JUMPERS","quantity":2}]}'

    assert encode(read(raw)) == raw


def test_an_order_has_so_many_lines_at_most():
    def raw(lines: int) -> bytes:
        line = b'{"product":"JUMPERS","quantity":1}'
        return b'{"id":"o-1","lines":[' + b",".join([line] * lines) + b"]}"

    assert len(read(raw(MOST_LINES)).items) == MOST_LINES
    assert refusal(raw(MOST_LINES + 1)) == "`lines` has 5001 lines; expected at most 5000"
    assert "expected at most 5000" in refusal(raw(MOST_LINES + 1), NewOrder)


def test_every_field_travels():
    raw = (
        b'{"id":"o-1","customerId":"c1","organizationId":"acme","po":"PO-9",'
        b'"date":"2010-12-01T08:26:00Z","deliverDate":"2010-12-24","state":"FAILED",'
        b'"product":"JUMPERS","quantity":-1,"price":1E+3,"reason":"why"}'
    )

    assert encode(read(raw)) == raw


def test_a_missing_state_is_created():
    assert read(b'{"id":"o-1"}').state is OrderState.CREATED


def test_a_flat_order_has_one_line():
    assert read(FLAT).items == (Line("JUMPERS", 2, Decimal("9.90")),)


def test_the_amount_is_exact_over_all_lines():
    assert read(LINES).amount == Decimal("24.80")


def test_the_amount_is_exact_where_it_has_more_digits_than_usual_decimals():
    price = Decimal("999999999999.999999999")
    order = Order(id="o-1", product="GOLD", quantity=2**31 - 1, price=price)

    assert order.amount == Decimal("2147483646999999999997.852516353")


def test_a_line_without_a_price_is_worth_nothing():
    assert Order(id="o-1", product="GIFT", quantity=3).amount == 0


def test_wanted_pieces_of_one_product_are_summed_over_the_lines():
    order = Order(id="o-1", lines=(Line("A", 2), Line("B", 1), Line("A", 3)))

    assert order.wanted == {"A": 5, "B": 1}


def test_only_quantities_above_zero_are_wanted():
    order = Order(id="o-1", lines=(Line("A", 2), Line("A", -2), Line("B", 0), Line(None, 4)))

    assert order.wanted == {"A": 2}


def test_becoming_another_state_leaves_the_other_fields():
    order = read(FLAT)

    assert encode(order.becoming(OrderState.VALIDATED)) == FLAT.replace(b"CREATED", b"VALIDATED")


def test_content_is_the_same_whatever_became_of_the_order():
    order = read(FLAT)

    assert order.same_content(order.becoming(OrderState.FAILED, "why"))
    assert not order.same_content(msgspec.structs.replace(order, quantity=3))


@pytest.mark.parametrize(
    ("state", "next_states"),
    [
        ("CREATED", {"VALIDATED", "FAILED"}),
        ("VALIDATED", {"SHIPPED"}),
        ("FAILED", set()),
        ("SHIPPED", set()),
    ],
)
def test_an_order_moves_only_forward(state, next_states):
    assert {to for to in OrderState if OrderState(state).may_become(to)} == next_states


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"customerId":"c1"}', "missing required field `id`"),
        (b'{"id":""}', "$.id"),
        (b'{"id":7}', "$.id"),
        (b'{"id":"a\\u0000b"}', "`id`"),
        (b'{"id":"o","customerId":{}}', "$.customerId"),
        (b'{"id":"o","customerId":"a\\nb"}', "`customerId`"),
        (b'{"id":"o","quantity":"three"}', "$.quantity"),
        (b'{"id":"o","quantity":1.5}', "$.quantity"),
        (b'{"id":"o","quantity":2147483648}', "$.quantity"),
        (b'{"id":"o","quantity":-2147483649}', "$.quantity"),
        (b'{"id":"o","price":"cheap"}', "$.price"),
        (b'{"id":"o","price":"NaN"}', "`price`"),
        (b'{"id":"o","price":"Infinity"}', "`price`"),
        (b'{"id":"o","price":1e400}', "`price`"),
        (b'{"id":"o","price":1000000000000}', "`price`"),
        (b'{"id":"o","price":0.0000000001}', "`price`"),
        (b'{"id":"o","lines":[{"price":-1e12}]}', "$.lines[0]"),
        (b'{"id":"o","state":"LOST"}', "$.state"),
        (b'{"id":"o","date":"yesterday"}', "`date`"),
        (b'{"id":"o","date":"2010-12-01T08:26:00"}', "`date`"),
        (b'{"id":"o","colour":"red"}', "colour"),
        (b'{"id":"o","lines":[{"colour":"red"}]}', "colour"),
        (b'{"id":"o","product":"A","lines":[]}', "`lines`"),
    ],
)
def test_a_wrong_field_is_named(raw, said):
    assert said in refusal(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":"o","quantity":2147483647,"price":999999999999.999999999}',
        b'{"id":"o","quantity":-2147483648,"price":-0.000000001}',
        b'{"id":"o","customerId":null,"product":null}',
        b'{"id":"o","product":""}',
        b'{"id":"o","lines":[]}',
        b'{"id":"K\xc3\xb6ln \xe2\x82\xac"}',
    ],
)
def test_an_odd_order_on_the_topic_is_readable(raw):
    assert read(raw).id


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"product":"A","quantity":1}', "id"),
        (b'{"id":"o","quantity":1}', "product"),
        (b'{"id":"o","product":"","quantity":1}', "product"),
        (b'{"id":"o","product":"  ","quantity":1}', "product"),
        (b'{"id":"o","product":"A"}', "quantity"),
        (b'{"id":"o","product":"A","quantity":null}', "quantity"),
        (b'{"id":"o","lines":[{"product":"A","quantity":1},{"quantity":1}]}', "lines[1].product"),
        (b'{"id":"o","lines":[{"product":"A"}]}', "lines[0].quantity"),
    ],
)
def test_a_client_is_told_which_field_is_missing(raw, field):
    assert f"missing required field `{field}`" in refusal(raw, NewOrder)


def test_a_client_has_to_send_a_line():
    assert "`lines` is empty" in refusal(b'{"id":"o","lines":[]}', NewOrder)


def test_a_client_may_leave_out_customer_price_and_state():
    order = read(b'{"id":"o","product":"A","quantity":1}', NewOrder).order()

    assert order == Order(id="o", product="A", quantity=1)
