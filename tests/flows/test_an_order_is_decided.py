"""An order is taken in, read back at once, looked at by three validators, and decided once."""

import time

from tests.flows.shop import Shop, now


def test_an_order_is_read_back_right_after_the_201(shop: Shop) -> None:
    shop.order("own-write", "OWN-WRITE", 1)

    status, order = shop.get("/v1/orders/own-write?timeout=0")

    assert (status, order["product"], order["quantity"]) == (200, "OWN-WRITE", 1)


def test_an_order_within_stock_is_validated(shop: Shop) -> None:
    shop.stock("TEAPOT", 5)
    shop.order("teapots", "TEAPOT", 2)

    assert shop.decision("teapots") == "VALIDATED"


def test_ten_orders_take_a_stock_of_ten_and_the_eleventh_fails(shop: Shop) -> None:
    shop.stock("TENFOLD", 10)
    ids = [f"tenfold-{number}" for number in range(10)]
    for id in ids:
        shop.order(id, "TENFOLD", 1)

    assert shop.decisions(ids) == ["VALIDATED"] * 10

    shop.order("tenfold-eleventh", "TENFOLD", 1)

    assert shop.decision("tenfold-eleventh") == "FAILED"
    assert shop.row("stock", "TENFOLD")["reserved"] == 10


def test_stock_is_reserved_for_the_orders_that_pass(shop: Shop) -> None:
    """The inventory example of the behaviour: 75 and 1 in stock; 3, 1 and 1 ordered."""
    shop.stock("UNDERPANTS-B4", 75)
    shop.stock("JUMPERS-B4", 1)
    wanted = {"b4-1": ("UNDERPANTS-B4", 3), "b4-2": ("JUMPERS-B4", 1), "b4-3": ("JUMPERS-B4", 1)}
    for id, (product, quantity) in wanted.items():
        shop.order(id, product, quantity)
        shop.decision(id)

    answers = shop.answers(list(wanted), "INVENTORY_CHECK")

    assert answers == {"b4-1": ["PASS"], "b4-2": ["PASS"], "b4-3": ["FAIL"]}
    assert shop.row("stock", "UNDERPANTS-B4")["reserved"] == 3
    assert shop.row("stock", "JUMPERS-B4")["reserved"] == 1


def test_fraud_is_the_running_total_of_a_customer_s_session(shop: Shop) -> None:
    """The fraud example of the behaviour; each order waits for the answer to the one before."""
    orders = [("c0", 3, 5), ("c0", 1, 75), ("c1", 1, 75), ("c1", 1, 75)]
    orders += [("c1", 50, 75), ("c2", 10, 100), ("c2", 10, 100), ("c2", 1, 5)]
    shop.stock("FRAUDULENT", 1000)
    ids = [f"fraud-{number}" for number in range(len(orders))]
    for id, (customer, quantity, price) in zip(ids, orders, strict=True):
        shop.order(id, "FRAUDULENT", quantity, price, customerId=f"fraud-{customer}")
        shop.decision(id)

    answers = shop.answers(ids, "FRAUD_CHECK")

    expected = ["PASS", "PASS", "PASS", "PASS", "FAIL", "PASS", "FAIL", "FAIL"]
    assert [answers[id] for id in ids] == [[answer] for answer in expected]


def test_a_negative_price_fails_the_details(shop: Shop) -> None:
    shop.stock("ODDITY", 5)
    shop.order("odd", "ODDITY", 1, price=-1)

    assert shop.decision("odd") == "FAILED"
    assert shop.answers(["odd"], "ORDER_DETAILS_CHECK") == {"odd": ["FAIL"]}


def test_an_order_is_decided_by_exactly_one_event(shop: Shop) -> None:
    shop.stock("SINGLE", 1)
    shop.order("single", "SINGLE", 1)
    shop.decision("single")

    states = [order["state"] for order in shop.data("orders") if order["id"] == "single"]

    assert states == ["CREATED", "VALIDATED"]


def test_a_waiting_client_is_told_how_long_it_waited(shop: Shop) -> None:
    start = time.monotonic()

    status, problem = shop.get("/v1/orders/never-ordered?timeout=150")

    assert status == 504
    assert "150 ms" in problem["detail"]
    assert time.monotonic() - start < 5


def test_an_order_that_came_on_the_topic_is_read_like_any_other(shop: Shop) -> None:
    order = {
        "id": "from-outside",
        "customerId": "1",
        "product": "TEAPOT",
        "quantity": 1,
        "price": 1,
    }
    shop.event("orders", "from-outside", order | {"state": "CREATED"}, id="outside-1", time=now())

    status, found = shop.get("/v1/orders/from-outside")

    assert (status, found["quantity"]) == (200, 1)


def test_a_shipped_order_takes_its_goods_out_of_stock(shop: Shop) -> None:
    shop.stock("PARCEL", 5)
    shop.order("parcel", "PARCEL", 2)
    shop.decision("parcel")

    status, _ = shop.post("/v1/orders/parcel/shipment", b"")

    assert status < 300
    shop.until(lambda: shop.row("stock", "PARCEL")["level"] == 3)
    assert shop.row("stock", "PARCEL")["reserved"] == 0
