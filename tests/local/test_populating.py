"""populate: what is ordered, what is paid, and what happens while something is down."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event

import msgspec
import pytest

from local import populating
from local.errors import Failure
from local.http import Client
from local.populating import Counts, Populator, sales
from runtime.errors import PlatformDown
from tests.local.http_service import Reply, Request, serving
from tests.local.memory_broker import MemoryBroker


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(populating, "PAUSE_SECONDS", 0.001)


class Orders:
    """The orders service; it gives these answers first, then 201."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.posted: list[dict[str, object]] = []

    def __call__(self, request: Request) -> Reply:
        self.posted.append(json.loads(request.body) | {"time": request.headers["ce-time"]})
        return (self.statuses.pop(0) if self.statuses else 201), b"no"


class Flaky(MemoryBroker):
    """Out of reach for so many attempts."""

    def __init__(self, down: int) -> None:
        super().__init__()
        self.down = down

    def publish(self, messages, *, timestamps_ms=None):
        if self.down:
            self.down -= 1
            raise PlatformDown("gone")
        return super().publish(messages, timestamps_ms=timestamps_ms)


class Run:
    """One run of populate, and what came of it."""

    def __init__(
        self,
        service: Orders,
        count: int,
        broker: MemoryBroker | None = None,
        absent: tuple[Exception, ...] = (),
    ) -> None:
        self.broker = broker or MemoryBroker()
        self.told: list[str] = []
        self.counts = Counts()
        with serving(service) as url, closing(Client(url)) as client:
            connect = _connect(client, iter(absent))
            populator = Populator(connect, self.broker, self.told.append, self.counts)
            populator.run(1000.0, lambda amount: None, count)

    @property
    def payments(self) -> list[dict[str, object]]:
        return [json.loads(record.value) for record in self.broker.records]


def _connect(client: Client, absent: Iterator[Exception]) -> Callable[[], Client]:
    def connect() -> Client:
        for problem in absent:
            raise problem
        return client

    return connect


def test_every_accepted_order_is_paid_at_its_own_time():
    service = Orders()

    run = Run(service, 3)

    assert run.counts == Counts(accepted=3, refused=0, paid=3)
    assert [(p["data"]["orderId"], p["time"]) for p in run.payments] == [
        (order["id"], order["time"].replace("+00:00", "Z")) for order in service.posted
    ]


def test_a_payment_is_a_thousand_crowns_to_the_last_digit_under_an_id_of_its_own():
    run = Run(Orders(), 1)

    [record] = run.broker.records
    data = msgspec.json.decode(record.value, type=dict[str, msgspec.Raw])["data"]
    id = f"payment-{run.payments[0]['data']['orderId']}"
    assert (record.topic, record.key, run.payments[0]["id"]) == ("payments", id, id)
    assert bytes(data).endswith(b'"ccy":"CZK","amount":1000.00}')


def test_orders_are_of_six_customers_and_three_products():
    made = list(sales(18))

    assert {sale.customer for sale in made} == {"0", "1", "2", "3", "4", "5"}
    assert len({(sale.customer, sale.product) for sale in made}) == 18
    order = json.loads(made[0].order())
    assert (order["quantity"], order["price"], order["state"]) == (1, 1.0, "CREATED")


def test_two_runs_share_no_id():
    assert not {sale.id for sale in sales(5)} & {sale.id for sale in sales(5)}


def test_a_service_that_is_down_gets_the_same_order_again_and_no_other():
    service = Orders(503, 500, 504)

    run = Run(service, 1)

    assert [order["id"] for order in service.posted] == [service.posted[0]["id"]] * 4
    assert all(order == service.posted[0] for order in service.posted)
    assert (run.counts.accepted, len(run.payments)) == (1, 1)
    assert run.told == ["Waiting for the orders service: it answers 503"]


def test_a_service_that_is_not_there_yet_is_waited_for():
    away = (Failure("nothing answers"), ConnectionResetError("cut off"))

    run = Run(Orders(), 2, absent=away)

    assert run.counts == Counts(accepted=2, refused=0, paid=2)
    assert run.told == ["Waiting for the orders service: nothing answers"]


def test_an_order_that_is_refused_is_not_paid():
    service = Orders(400, 409)

    run = Run(service, 3)

    assert run.counts == Counts(accepted=1, refused=2, paid=1)
    assert [payment["data"]["orderId"] for payment in run.payments] == [service.posted[2]["id"]]
    assert "is refused with 400: no" in run.told[0]


def test_a_broker_that_is_down_gets_the_same_payment_again():
    run = Run(Orders(), 1, Flaky(down=2))

    assert (run.counts.paid, len(run.payments)) == (1, 1)
    assert run.told == ["Waiting to pay: gone"]


def test_once_it_is_stopped_it_ends_with_the_order_under_way():
    stopped, broker, counts = Event(), MemoryBroker(), Counts()
    with serving(Orders()) as url, closing(Client(url)) as client:
        populator = Populator(lambda: client, broker, print, counts, stopped)
        populator.run(1000.0, lambda amount: stopped.set())

    assert counts == Counts(accepted=1, refused=0, paid=1)


@pytest.mark.parametrize(("statuses", "down"), [((503,) * 100, 0), ((), 100)])
def test_it_can_be_stopped_while_it_waits(statuses: tuple[int, ...], down: int):
    stopped, counts = Event(), Counts()
    with serving(Orders(*statuses)) as url, closing(Client(url)) as client:
        tell = lambda text: stopped.set()  # noqa: E731 - the first thing it tells
        Populator(lambda: client, Flaky(down), tell, counts, stopped).run(1.0, lambda amount: None)

    assert (counts.accepted, counts.paid) == (int(not statuses), 0)
