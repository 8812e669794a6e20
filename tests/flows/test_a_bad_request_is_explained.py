"""Whatever a client sends, it is told what is wrong, nothing is published, nobody sees a stack."""

from typing import Any

import pytest

from tests.flows.shop import Shop

GOOD = '"id":"bad-request","customerId":"1","product":"P","quantity":1,"price":1'

BAD: dict[str, tuple[bytes, str | None]] = {
    "not JSON": (b"a dozen teapots", None),
    "an empty body": (b"", None),
    "no object": (b"[1, 2]", None),
    "no id": (b'{"customerId":"1","product":"P","quantity":1}', "id"),
    "no product": (b'{"id":"bad-request","customerId":"1","quantity":1}', "product"),
    "no quantity": (b'{"id":"bad-request","customerId":"1","product":"P"}', "quantity"),
    "a quantity in words": (f'{{{GOOD},"quantity":"one"}}'.encode(), "quantity"),
    "a huge number": (f"{{{GOOD}}}".replace('"price":1', '"price":1e999').encode(), "price"),
    "NaN": (f"{{{GOOD}}}".replace('"price":1', '"price":NaN').encode(), None),
    "a duplicate key": (f'{{"id":"other",{GOOD}}}'.encode(), "id"),
    "no UTF-8": (b'{"id":"\xff\xfe"}', None),
    "deep nesting": (b"[" * 100_000, None),
    "a line without quantity": (
        b'{"id":"bad-request","customerId":"1","lines":[{"product":"P"}]}',
        "lines[0].quantity",
    ),
}


def orders_on_the_topic(shop: Shop) -> int:
    return sum(high for _, high in shop.broker.watermarks("orders").values())


@pytest.mark.parametrize("what", BAD)
def test_a_bad_body_is_a_problem_that_names_the_field(shop: Shop, what: str) -> None:
    body, field = BAD[what]
    before = orders_on_the_topic(shop)

    status, problem = shop.post("/v1/orders", body)

    assert 400 <= status < 500
    assert problem["status"] == status
    assert "Traceback" not in str(problem)
    if field:
        assert field in (problem.get("field") or problem["detail"])
    assert orders_on_the_topic(shop) == before


def test_a_body_of_ten_megabytes_is_refused(shop: Shop) -> None:
    status, problem = shop.post("/v1/orders", b'{"id":"' + b"x" * 10_000_000 + b'"}')

    assert status == 413
    assert problem["title"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/orders/unknown?timeout=0", 504),
        ("/v1/orders/unknown?timeout=soon", 400),
        ("/v1/orders/unknown?timeout=-1", 400),
        ("/v1/orders?limit=many", 400),
        ("/v1/orders?after=nowhere", 400),
        ("/v1/orders?state=LOST", 400),
        ("/v1/nothing-here", 404),
    ],
)
def test_a_bad_question_is_answered_with_a_problem(shop: Shop, path: str, expected: int) -> None:
    status, problem = shop.get(path)

    assert (status, problem["status"]) == (expected, expected)


def test_the_same_order_twice_has_the_effect_of_one(shop: Shop) -> None:
    shop.order("twice", "P", 1)
    shop.order("twice", "P", 1)
    shop.decision("twice")

    states = [order["state"] for order in shop.data("orders") if order["id"] == "twice"]

    assert states.count("CREATED") == 1


def test_the_same_id_with_other_content_is_a_conflict(shop: Shop) -> None:
    shop.order("contested", "P", 1)
    other: dict[str, Any] = {"id": "contested", "customerId": "someone", "product": "P"}

    status, problem = shop.post("/v1/orders", other | {"quantity": 2, "price": 1})

    assert (status, problem["field"]) == (409, "id")


def test_an_order_id_may_hold_anything_that_can_be_printed(shop: Shop) -> None:
    id = "a/b%c|d||é 1"
    shop.order(id, "P", 1)

    assert shop.decision(id) == "FAILED"  # nobody has heard of P
