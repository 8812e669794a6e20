"""What the bench measures with: orders, answers, latencies, processor time."""

import json
import queue
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.bench import cluster, cpu, latency
from local.bench.answers import Answers
from local.bench.program import Program
from local.bench.sample import Checked
from local.bench.workload import CUSTOMERS, PRODUCTS, Workload, products, stock_levels
from local.cluster.progress import silent
from local.errors import Failure, Misuse
from runtime.record import Message, Record
from tests.waiting import wait_until


class Echo:
    """Answers every order at once, except those it is told to forget."""

    def __init__(self, forgets: str = "") -> None:
        self._results: queue.Queue[str] = queue.Queue()
        self._forgets = forgets
        self.bursts: list[int] = []

    def send(self, orders: Sequence[Message]) -> None:
        self.bursts.append(len(orders))
        for order in orders:
            if order.key and order.key != self._forgets:
                self._results.put(order.key)

    def read(self) -> list[str]:
        try:
            return [self._results.get(timeout=0.01)]
        except queue.Empty:
            return []

    def close(self) -> None:
        pass


def result(order: str, says: str = "PASS", timestamp_ms: int = 0) -> Record:
    data = {"orderId": order, "checkType": "INVENTORY_CHECK", "validationResult": says}
    value = json.dumps({"specversion": "1.0", "data": data}).encode()
    return Record("results", 0, 0, order, value, {}, timestamp_ms)


def test_no_order_has_the_id_of_another():
    workload = Workload("run", "orders")

    keys = [order.key for order in (*workload.orders(50), *workload.orders(50))]

    assert len(set(keys)) == workload.made == 100


def test_orders_are_of_many_customers_and_take_one_piece_each():
    orders = [json.loads(order.value)["data"] for order in Workload("r", "orders").orders(20_000)]

    assert len({order["customerId"] for order in orders}) == CUSTOMERS
    assert {order["product"] for order in orders} == set(products())
    assert {order["quantity"] for order in orders} == {1}


def test_every_product_is_in_stock():
    assert len({level.key for level in stock_levels("levels")}) == PRODUCTS
    assert [level.key for level in stock_levels("levels", ["a", "b"])] == ["a", "b"]


def test_products_may_be_taken_in_turn():
    workload = Workload("r", "orders", ["a", "b", "c"])

    orders = [*workload.orders(2), *workload.orders(2)]

    assert [json.loads(order.value)["data"]["product"] for order in orders] == ["a", "b", "c", "a"]


def test_right_answers_are_found_right():
    answers = Answers.of([result("a", timestamp_ms=1000), result("b", timestamp_ms=3500)])

    assert answers.check(sent=2, reserved=2) == Checked(results=2)
    assert answers.last == 3.5


def test_missing_doubled_and_wrong_answers_are_counted():
    answers = Answers.of([result("a"), result("a"), result("b", says="FAIL")])

    found = answers.check(sent=3, reserved=1)

    assert found == Checked(results=3, missing=1, doubled=1, wrong=1, lost_updates=2)
    assert answers.orders == Counter(a=2, b=1)


def test_each_order_has_a_latency():
    orders = Workload("run", "orders").orders(20)

    taken_ms = latency.measure(Echo(), orders, rate=1000)

    assert len(taken_ms) == 20
    assert all(0 < each < 10_000 for each in taken_ms)


@pytest.mark.parametrize(("rate", "bursts"), [(250, [1] * 20), (1000, [5] * 4), (1e6, [20])])
def test_orders_of_high_rates_are_sent_together(rate: float, bursts: list[int]):
    ends = Echo()

    latency.measure(ends, Workload("run", "orders").orders(20), rate)

    assert ends.bursts == bursts


def test_a_result_that_does_not_come_fails_the_measurement():
    orders = Workload("run", "orders").orders(3)

    with pytest.raises(Failure, match="1 of 3 results did not come"):
        latency.measure(Echo(forgets="run-1"), orders, rate=1000, patience_seconds=0.1)


def test_processor_time_of_a_process_grows(tmp_path: Path):
    command = [sys.executable, "-c", "while True: pass"]
    with Program(command, {}, tmp_path / "log") as program:
        wait_until(lambda: cpu.seconds([program.process]) > 0)
        program.check_alive()


def test_a_program_that_ended_is_noticed(tmp_path: Path):
    with Program([sys.executable, "-c", ""], {}, tmp_path / "log") as program:
        wait_until(lambda: program.process.state() == "gone")

        with pytest.raises(Failure, match="has ended"):
            program.check_alive()


def test_a_cluster_of_somebody_else_is_not_touched(tmp_path: Path):
    (tmp_path / "cluster.json").write_text("{}")

    with (
        pytest.raises(Misuse, match="a cluster that the bench did not make"),
        cluster.own(tmp_path, silent),
    ):
        pass
