"""What an event costs, counted and not timed: it must not grow unnoticed.

A call of the sidecar is one request to daprd, or one transaction of the embedded engine. What a
row costs beside it stands in docs/performance.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.domain.state import OrderState
from functions.domain.stock import Stock
from runtime import Retry, function, wire
from runtime.arguments import Resources
from runtime.delivery import Consumer
from runtime.outbox import Outbox
from runtime.recalls import Recalls
from runtime.record import Message, Record
from runtime.registry import load
from runtime.requests import Request
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.base import ANY, Stored, Write
from runtime.sidecars.embedded import Store
from runtime.sidecars.embedded.sidecar import EmbeddedSidecar
from runtime.sidecars.recording import RecordingSidecar
from runtime.topics import Topics
from tests.functions.making import order
from tests.runtime.making import Sale, Shop, Trouble, Untouched, record, sale

SERVICES = load("functions").services
EVENTS, PRODUCTS = 2_000, 200
#: Written for one event.
BYTES = 450
#: Of one output, as it waits to be published.
OUTPUT_BYTES = 330


@dataclass
class Work:
    """What was asked of the platform."""

    calls: list[str] = field(default_factory=list)
    rows_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    bytes_written: int = 0
    messages: int = 0


class Counting(RecordingSidecar):
    """A platform like Dapr's that counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__(publishes_in_transaction=False)
        self.work = Work()

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        self.work.calls.append("get")
        self.work.rows_read += len(keys)
        found = super().get(keys)
        self.work.bytes_read += sum(len(row.value) for row in found.values())
        return found

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        self.work.calls.append("transact")
        self.work.rows_written += len(writes)
        self.work.bytes_written += sum(len(write.value or b"") for write in writes)
        super().transact(writes, messages)

    def publish(self, messages: Sequence[Message]) -> None:
        self.work.calls.append("publish")
        self.work.messages += len(messages)
        super().publish(messages)


def running(service: str, topics: Topics | None = None) -> tuple[Running, Counting]:
    sidecar = Counting()
    made = Running(SERVICES[service], sidecar, Settings(), resources=Resources({}), topics=topics)
    return made, sidecar


def consumer(made: Running, name: str) -> Consumer:
    return next(each for each in made.consumers if each.spec.name == name)


def work_of(sidecar: Counting) -> Work:
    """What was done since this was asked last."""
    work, sidecar.work = sidecar.work, Work()
    return work


def orders(first: int, count: int, products: int = PRODUCTS) -> list[bytes]:
    return [
        wire.encode(order(f"o-{number}", f"p-{number % products}"))
        for number in range(first, first + count)
    ]


@pytest.fixture
def inventory() -> tuple[Consumer, Counting]:
    made, sidecar = running("inventory")
    stock = wire.encode(Stock(level=1_000_000))
    sidecar.transact([Write(f"stock/p-{n}", stock, ANY) for n in range(PRODUCTS)])
    function = consumer(made, "validate_inventory")
    function.deliver([record(0, orders(0, 1)[0])])  # what is asked when a topic is met
    work_of(sidecar)
    return function, sidecar


def test_a_batch_is_one_read_one_transaction_and_one_publish(
    inventory: tuple[Consumer, Counting],
) -> None:
    function, sidecar = inventory
    function.deliver([record(n, value) for n, value in enumerate(orders(1, EVENTS), 1)])
    work = work_of(sidecar)
    units = work.calls.count("transact")

    assert work.calls == ["get", "transact", "publish"] * units
    assert work.messages == EVENTS
    # The rows of the products, the progress, the queues of keys; and the ids, 512 to a row.
    assert work.rows_read <= units * (PRODUCTS + 3)
    assert work.rows_written <= units * (PRODUCTS + 2) + EVENTS // 512 + 1
    # The output, kept until it is out (~330), the id (8), and its share of the stock's row.
    assert work.bytes_written / EVENTS < BYTES


def test_what_is_written_to_be_published_is_not_read_with_the_next_batch(
    inventory: tuple[Consumer, Counting],
) -> None:
    function, sidecar = inventory
    read = []
    for first in (1, 1 + EVENTS):
        values = orders(first, EVENTS)
        function.deliver([record(n, value) for n, value in enumerate(values, first)])
        read.append(work_of(sidecar).bytes_read)

    # The rows of the products have grown, the outputs of the first batch are not among them.
    assert read[1] / EVENTS < OUTPUT_BYTES


def test_an_event_costs_the_same_however_many_orders_are_open(
    inventory: tuple[Consumer, Counting],
) -> None:
    function, sidecar = inventory
    products, costs = 10, []
    for first in range(1, 10_000, 500):
        values = orders(first, 500, products)
        function.deliver([record(n, value) for n, value in enumerate(values, first)])
        costs.append(work_of(sidecar).bytes_written)

    assert sidecar.rows["stock/p-0"].count(b"o-") < 100
    assert max(costs[10:]) < 1.2 * max(costs[:10])


@pytest.mark.parametrize(
    ("service", "name"), [("orders", "remember_order"), ("validations", "open_tally")]
)
def test_events_that_come_one_by_one_are_one_read_each(service: str, name: str) -> None:
    made, sidecar = running(service)
    function = consumer(made, name)
    calls = []
    for number in range(10):
        function.deliver([record(number, orders(number, 1)[0])])
        calls.append(work_of(sidecar).calls)

    # A list of keys and timers are found on the way at first; a timer's row is a new one at times.
    assert [each.count("get") for each in calls[3:]].count(1) >= 6


def test_pages_of_open_orders_are_read_together_for_their_etags(
    inventory: tuple[Consumer, Counting],
) -> None:
    function, sidecar = inventory
    for first in range(1, 10 * EVENTS, EVENTS):
        values = orders(first, EVENTS)
        function.deliver([record(n, value) for n, value in enumerate(values, first)])
    work = work_of(sidecar)
    units = work.calls.count("transact")

    assert sum(key.startswith("reserved/") for key in sidecar.rows) == PRODUCTS
    assert work.calls.count("get") <= 2 * units


def test_the_embedded_engine_needs_a_few_dozen_statements_for_a_batch(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        sidecar = EmbeddedSidecar(store, "inventory")
        made = Running(SERVICES["inventory"], sidecar, Settings(), resources=Resources({}))
        stock = wire.encode(Stock(level=1_000_000))
        sidecar.transact([Write(f"stock/p-{n}", stock, ANY) for n in range(PRODUCTS)])
        function = consumer(made, "validate_inventory")
        function.deliver([record(0, orders(0, 1)[0])])
        statements: list[str] = []
        for connection in (store._database._writer, *store._database._idle):
            connection.set_trace_callback(statements.append)
        function.deliver([record(n, value) for n, value in enumerate(orders(1, EVENTS), 1)])

    assert 10 < len(statements) < 60


@pytest.mark.parametrize(
    ("name", "value", "topic", "row"),
    [
        ("inventory.set_stock", b"75", "warehouse-inventory", b'{"level":5}'),
        ("enrichment.remember_customer", b"", "customers", b'{"id":"1","level":"gold"}'),
        ("customers.learn_customer", b"", "customers", b'{"row":{"id":"1"},"listed":1}'),
    ],
)
def test_a_batch_whose_rows_are_named_by_the_keys_of_its_records_is_one_read(
    name: str, value: bytes, topic: str, row: bytes
) -> None:
    service, function_name = name.split(".")
    made, sidecar = running(service)
    function = consumer(made, function_name)
    [table] = function.spec.reads
    sidecar.transact([Write(f"{table}/k-{n}", row, ANY) for n in range(1, 501)])
    # What is asked when a topic is met.
    function.deliver([record(0, value, topic=topic, key="k-0")])
    work_of(sidecar)
    function.deliver([record(n, value, topic=topic, key=f"k-{n}") for n in range(1, 501)])
    work = work_of(sidecar)

    assert work.calls == ["get", "transact"]
    assert work.rows_read <= 500 + 3
    assert work.rows_written >= 500


@function(subscribes="sales", ordered=True)
def wait_for_the_truck(sale: Sale, trouble: Trouble) -> None:
    """Sell what is there; each sale is of a key of its own."""
    trouble.call(sale.product)


@pytest.mark.parametrize("keys", [50, 500])
def test_what_waits_for_another_attempt_is_read_for_all_keys_at_once(keys: int) -> None:
    shop = Shop(wait_for_the_truck, retry_seconds="5")
    shop.deliver(sale(0, "met"))  # what is asked when a topic is met
    counts = {}

    def counted(what: str, work: Callable[[], None]) -> None:
        before = len(shop.sidecar.calls)
        work()
        counts[what] = Counter(shop.sidecar.calls[before:])["get"]

    def sales(first: int) -> list[Record]:
        return [sale(first + n, f"p-{n}", key=f"k-{n}") for n in range(keys)]

    shop.trouble.ahead = {f"p-{n}": [Retry("no truck")] for n in range(keys)}
    counted("put off", lambda: shop.deliver(*sales(1)))
    counted("behind", lambda: shop.deliver(*sales(1 + keys)))
    shop.clock.advance(6)
    outbox = Outbox(shop.sidecar, shop.clock, "till")
    Recalls([shop.consumer], shop.sidecar, outbox, shop.clock).tick()
    counted("back", shop.deliver_retries)

    assert len(shop.trouble.calls) == 1 + 3 * keys
    assert not [key for key in shop.sidecar.rows if key.startswith(("later", "held"))]
    # The batch, the queues, their packs; beside them what is due when, or what was settled.
    assert counts == {"put off": 5, "behind": 3, "back": 5}


def test_an_event_alone_is_one_read_one_transaction_and_one_publish(
    inventory: tuple[Consumer, Counting],
) -> None:
    function, sidecar = inventory
    function.deliver([record(1, orders(1, 1)[0])])
    work = work_of(sidecar)

    assert work.calls == ["get", "transact", "publish"]
    assert (work.rows_read, work.rows_written, work.messages) == (3, 2, 1)


@pytest.mark.parametrize(
    "name",
    [
        "inventory.validate_inventory",
        "fraud.validate_fraud",
        "details.validate_details",
        "validations.open_tally",
    ],
)
def test_a_decision_costs_those_nothing_who_are_not_called_for_it(name: str) -> None:
    service, function_name = name.split(".")
    made, sidecar = running(service, Untouched())
    function = consumer(made, function_name)
    function.deliver([record(0, orders(0, 1)[0])])  # what is asked when a topic is met
    work_of(sidecar)
    decided = wire.encode(order("o-0", "p-0", state=OrderState.VALIDATED))
    function.deliver([record(1, decided)])

    assert work_of(sidecar).calls == []


def test_a_redelivery_is_one_read(inventory: tuple[Consumer, Counting]) -> None:
    function, sidecar = inventory
    function.deliver([record(0, orders(0, 1)[0])])

    assert work_of(sidecar).calls == ["get"]


def test_an_order_that_is_posted_is_one_read_one_transaction_and_one_publish() -> None:
    made, sidecar = running("orders")
    caller = next(each for each in made.callers if each.spec.name == "create_order")
    caller.call(Request(body=orders(0, 1)[0]))  # the outbox says that it lives, once in a while
    work_of(sidecar)
    caller.call(Request(body=orders(1, 1)[0]))
    work = work_of(sidecar)

    assert work.calls == ["get", "transact", "publish"]
    # The order, and the outbox's row until the event is out.
    assert (work.rows_read, work.rows_written, work.messages) == (1, 2, 1)


def test_an_order_that_is_asked_for_is_one_read() -> None:
    made, sidecar = running("orders")
    by_name = {each.spec.name: each for each in made.callers}
    by_name["create_order"].call(Request(body=orders(0, 1)[0]))
    work_of(sidecar)
    by_name["get_order"].call(Request(path={"id": "o-0"}))
    work = work_of(sidecar)

    assert (work.calls, work.rows_read) == (["get"], 1)


def test_a_row_of_a_lookup_table_takes_few_calls() -> None:
    """Of functions, C's too: a table of a million rows is loaded by a starting service."""
    made, _ = running("enrichment")
    function = consumer(made, "remember_customer")
    changes = [
        record(n, wire.encode({"id": n, "firstName": "Ann", "level": "gold"}), topic="customers")
        for n in range(1, 501)
    ]
    function.deliver(changes[:1])  # what is asked when a topic is met

    assert calls_of(lambda: function.deliver(changes[1:])) / len(changes) < 200


def calls_of(work: Callable[[], None]) -> int:
    calls = Counter[str]()
    sys.setprofile(lambda frame, event, argument: calls.update([event]))
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls["call"] + calls["c_call"]
