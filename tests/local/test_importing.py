import json
from collections import Counter

import pytest

from local.errors import Failure
from local.http import Client, Unreachable
from local.importing import import_orders
from local.order_book import OrderBook
from tests.local.http_service import Reply, Request, serving


class OrdersService:
    """Takes orders and decides them at once: those of customer `bad` FAILED."""

    def __init__(self) -> None:
        self.posted: list[Request] = []
        self.orders: dict[str, dict] = {}
        self.asked: Counter[str] = Counter()

    def __call__(self, request: Request) -> Reply:
        if request.method == "POST":
            order = json.loads(request.body)
            self.posted.append(request)
            self.orders[order["id"]] = order
            return 201, b""
        order = self.orders[request.path.split("/")[3]]
        self.asked[order["id"]] += 1
        state = "FAILED" if order["customerId"] == "bad" else "VALIDATED"
        return 200, json.dumps(order | {"state": state}).encode()


def book(*invoices: tuple[str, str, str]) -> OrderBook:
    found = OrderBook()
    for invoice, customer, date in invoices:
        found.add(
            {
                "InvoiceNo": invoice,
                "StockCode": "85123a",
                "Quantity": "6",
                "InvoiceDate": date,
                "UnitPrice": "2.550",
                "CustomerID": customer,
                "Country": "France",
            }
        )
    return found


def run(service, orders, **options):
    done: list[int] = []
    with serving(service) as url:
        outcome = import_orders(
            list(orders.orders.values()), lambda: Client(url), done.append, **options
        )
    return outcome, sum(done)


def test_posts_an_order_under_its_invoice_number_with_its_own_time():
    service = OrdersService()

    run(service, book(("1", "17850", "2011-07-01 08:26:00")))

    [request] = service.posted
    assert request.headers["ce-time"] == "2011-07-01T08:26:00+01:00"
    assert b'"price":2.550' in request.body
    assert json.loads(request.body) == {
        "id": "1",
        "customerId": "17850",
        "date": "2011-07-01T08:26:00+01:00",
        "state": "CREATED",
        "lines": [{"product": "85123A", "quantity": 6, "price": 2.55}],
    }


def test_returns_when_every_order_is_decided():
    day = "2010-12-01 08:26:00"

    outcome, lines = run(OrdersService(), book(("1", "good", day), ("2", "bad", day)))

    assert outcome.states == {"1": "VALIDATED", "2": "FAILED"}
    assert lines == 2


def test_sends_a_customers_orders_in_the_order_of_their_dates():
    service = OrdersService()
    dates = [f"2010-12-01 {hour:02}:00:00" for hour in (12, 8, 10)]

    run(service, book(*((str(n), "17850", date) for n, date in enumerate(dates))))

    assert [json.loads(request.body)["id"] for request in service.posted] == ["1", "2", "0"]


def test_tells_why_the_service_did_not_take_an_order():
    def refusing(request: Request) -> Reply:
        return 409, b'{"title": "Conflict", "detail": "order 1 has other lines"}'

    outcome, lines = run(refusing, book(("1", "17850", "2010-12-01 08:26:00")))

    assert outcome.refused == {"1": "refused by the service: order 1 has other lines"}
    assert lines == 1


def test_gives_orders_that_are_refused_alike_one_reason():
    def refusing(request: Request) -> Reply:
        id = json.loads(request.body)["id"]
        return 409, json.dumps({"detail": f"The order {id!r} exists."}).encode()

    dates = ("1", "17850", "2010-12-01 08:26:00"), ("2", "17850", "2010-12-01 08:27:00")
    outcome, _ = run(refusing, book(*dates))

    assert set(outcome.refused.values()) == {"refused by the service: The order exists."}


def test_asks_again_while_the_platform_is_down():
    service = OrdersService()
    answers = iter([503, 503])

    def recovering(request: Request) -> Reply:
        status = next(answers, 200)
        return (503, b"") if status == 503 else service(request)

    outcome, _ = run(recovering, book(("1", "17850", "2010-12-01 08:26:00")))

    assert outcome.states == {"1": "VALIDATED"}


def test_gives_up_on_an_order_that_nobody_decides():
    service = OrdersService()

    def undecided(request: Request) -> Reply:
        if request.method == "GET":
            return 504, b'{"detail": "not decided within 10000 ms"}'
        return service(request)

    with pytest.raises(Failure, match="Order '1' is not decided: not decided within 10000 ms"):
        run(undecided, book(("1", "1", "2010-12-01 08:26:00")), patience_seconds=0)


def test_says_that_nothing_answers():
    client = Client("http://127.0.0.1:1")

    with pytest.raises(Unreachable, match="Nothing answers at"):
        client.request("GET", "v1/orders")
