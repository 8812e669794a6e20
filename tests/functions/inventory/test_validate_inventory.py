"""validate_inventory: reserve all or nothing, and let go of it again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as some

from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from functions.domain.state import OrderState
from functions.domain.stock import Stock
from functions.inventory import reservations
from functions.inventory.validate_inventory import validate_inventory
from runtime import Table
from tests.functions.making import order, order_of

PASS, FAIL = ValidationResult.PASS, ValidationResult.FAIL


STORIES = some.lists(
    some.builds(
        order,
        id=some.sampled_from("abcdefg"),
        product=some.sampled_from(["JUMPERS", "HATS"]),
        quantity=some.integers(-2, 4),
        state=some.sampled_from(["CREATED", "FAILED", "SHIPPED"]),
    )
)


def warehouse(**levels: int) -> Table[Stock]:
    return Table({product: Stock(level) for product, level in levels.items()})


def validate(sent, stock, reserved=None):
    return validate_inventory(sent, stock, Table() if reserved is None else reserved)


def result(sent, stock):
    answer = validate(sent, stock)
    return answer and answer.validation_result


def test_the_example_of_underpants_and_jumpers():
    stock = warehouse(UNDERPANTS=75, JUMPERS=1)
    orders = [order("1", "UNDERPANTS", 3), order("2", "JUMPERS", 1), order("3", "JUMPERS", 1)]

    answers = [result(each, stock) for each in orders]

    assert answers == [PASS, PASS, FAIL]
    assert stock.get("UNDERPANTS").reserved == 3
    assert stock.get("JUMPERS").reserved == 1


def test_a_pass_has_no_reason():
    answer = validate(order(), warehouse(JUMPERS=1))

    assert answer == OrderValidation("o-1", CheckType.INVENTORY_CHECK, PASS)


def test_a_fail_says_what_is_short():
    answer = validate(order(quantity=5), warehouse(JUMPERS=3))

    assert answer.reason == "'JUMPERS': 5 ordered, 3 free"


def test_a_product_without_a_stock_row_fails_with_the_reason():
    answer = validate(order(product="HATS"), warehouse(JUMPERS=3))

    assert answer.validation_result is FAIL
    assert answer.reason == "'HATS' is not in the inventory"


def test_ten_orders_take_ten_and_the_eleventh_fails():
    stock = warehouse(JUMPERS=10)

    answers = [result(order(f"o-{n}"), stock) for n in range(11)]

    assert answers == [PASS] * 10 + [FAIL]


def test_several_lines_reserve_all():
    stock = warehouse(JUMPERS=2, UNDERPANTS=5)

    assert result(order_of(("JUMPERS", 2), ("UNDERPANTS", 5)), stock) is PASS
    assert [row.reserved for row in stock.rows.values()] == [2, 5]


def test_several_lines_reserve_none_when_one_is_short():
    stock = warehouse(JUMPERS=2, UNDERPANTS=5)

    assert result(order_of(("UNDERPANTS", 5), ("JUMPERS", 3)), stock) is FAIL
    assert [row.reserved for row in stock.rows.values()] == [0, 0]


def test_lines_of_one_product_are_summed():
    stock = warehouse(JUMPERS=3)

    assert result(order_of(("JUMPERS", 2), ("JUMPERS", 2), id="a"), stock) is FAIL
    assert result(order_of(("JUMPERS", 2), ("JUMPERS", 1), id="b"), stock) is PASS
    assert stock.get("JUMPERS").orders == {"b": 3}


@pytest.mark.parametrize("quantity", [0, -5, None])
def test_a_quantity_that_is_not_positive_passes_and_reserves_nothing(quantity):
    stock = warehouse(JUMPERS=0)

    assert result(order(quantity=quantity), stock) is PASS
    assert stock.rows == {"JUMPERS": Stock(0)}


def test_a_negative_line_gives_nothing_to_the_others():
    assert result(order_of(("JUMPERS", 3), ("JUMPERS", -2)), warehouse(JUMPERS=2)) is FAIL


@pytest.mark.parametrize("product", [None, ""])
def test_an_order_without_a_product_fails(product):
    answer = validate(order(product=product), warehouse(JUMPERS=1))

    assert answer.reason == "a line names no product"


def test_reserves_once_when_delivered_twice():
    stock = warehouse(JUMPERS=3)

    answers = [result(order(quantity=2), stock) for _ in range(2)]

    assert answers == [PASS, PASS]
    assert stock.get("JUMPERS").reserved == 2


def test_a_failed_order_gives_back_what_it_reserved():
    stock = warehouse(JUMPERS=3, UNDERPANTS=3)
    lines = [("JUMPERS", 2), ("UNDERPANTS", 1)]
    validate(order_of(*lines), stock)

    assert validate(order_of(*lines, state="FAILED"), stock) is None
    assert [(row.level, row.reserved) for row in stock.rows.values()] == [(3, 0), (3, 0)]


def test_a_failed_order_gives_back_once_when_delivered_twice():
    stock = warehouse(JUMPERS=3)
    validate(order("o-1", quantity=2), stock)
    validate(order("o-2", quantity=1), stock)

    for _ in range(2):
        validate(order("o-1", quantity=2, state="FAILED"), stock)

    assert stock.get("JUMPERS").orders == {"o-2": 1}
    assert stock.get("JUMPERS").reserved == 1


def test_a_shipped_order_lowers_level_and_reservation_once():
    stock = warehouse(JUMPERS=3)
    validate(order(quantity=2), stock)

    for _ in range(2):
        validate(order(quantity=2, state="SHIPPED"), stock)

    assert (stock.get("JUMPERS").level, stock.get("JUMPERS").reserved) == (1, 0)


@pytest.mark.parametrize("state", ["FAILED", "SHIPPED"])
def test_an_order_that_reserved_nothing_changes_no_number(state):
    stock = warehouse(JUMPERS=3)

    validate(order(quantity=2, state=state), stock)

    assert (stock.get("JUMPERS").level, stock.get("JUMPERS").reserved) == (3, 0)


@pytest.mark.parametrize("state", ["FAILED", "SHIPPED"])
def test_an_order_that_is_over_reserves_nothing_when_it_is_created_again(state):
    stock = warehouse(JUMPERS=3)
    validate(order(state=state), stock)

    answer = validate(order(), stock)

    assert answer.reason == "order 'o-1' is over"
    assert stock.get("JUMPERS").reserved == 0


@pytest.mark.parametrize("state", ["FAILED", "SHIPPED"])
def test_an_order_of_unknown_products_makes_no_row(state):
    stock = warehouse()

    validate(order(state=state), stock)

    assert stock.rows == {}


@pytest.mark.parametrize("state", OrderState)
def test_looks_at_every_state_but_validated(state):
    assert validate_inventory.spec.when(order(state=state)) is (state != "VALIDATED")


def test_names_the_rows_it_will_read():
    sent = order_of(("JUMPERS", 1), (None, 1), ("UNDERPANTS", 0))

    assert validate_inventory.spec.reads["stock"](sent) == ["JUMPERS", "UNDERPANTS"]


@pytest.fixture(scope="module")
def small_pages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reservations, "PAGE", 1)
        yield


@pytest.mark.usefixtures("small_pages")
@given(STORIES)
def test_whatever_happens_what_is_reserved_is_the_sum_of_what_orders_hold(story):
    stock, reserved = warehouse(JUMPERS=9, HATS=3), Table()
    for each in story:
        validate(each, stock, reserved)

    for product, row in stock.rows.items():
        pages = [reserved.rows[f"{product}/{number}"] for number in row.pages]
        assert all(pages)
        assert row.reserved == sum(sum(page.values()) for page in [row.orders, *pages])
        assert row.reserved <= row.level
    assert sum(len(row.pages) for row in stock.rows.values()) == len(reserved.rows)


@pytest.mark.usefixtures("small_pages")
@given(STORIES)
def test_whatever_happens_a_second_delivery_changes_nothing(story):
    once, twice = warehouse(JUMPERS=9, HATS=3), warehouse(JUMPERS=9, HATS=3)
    pages, same_pages = Table(), Table()
    for each in story:
        validate(each, once, pages)
        validate(each, twice, same_pages)
        validate(each, twice, same_pages)

    assert once.rows == twice.rows
    assert pages.rows == same_pages.rows
