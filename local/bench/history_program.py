"""The processes that are measured on a log with a long past.

python -m local.bench.history_program fill DIR EVENTS ORDERS          writes the past
python -m local.bench.history_program open DIR                        prints what opening took
python -m local.bench.history_program deliver DIR SERVICE RUN EVENTS  prints what delivering took
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from functions.domain.order import Order
from functions.domain.record import OrderRecord
from local.bench import resident
from local.bench.contestants import sluice
from local.bench.embedded_program import only, settle
from local.bench.feeding import APPEND, append, count, stock_up
from local.bench.workload import CUSTOMERS, PRODUCTS, Workload
from local.loading import load_functions
from runtime import event, log, memory, wire
from runtime.arguments import Resources
from runtime.engine import EmbeddedEngine
from runtime.errors import SluiceError
from runtime.progress import Progress
from runtime.record import Message
from runtime.registry import Registry
from runtime.rows import Rows
from runtime.sidecars.base import PROGRESS, Write
from runtime.sidecars.embedded import Store
from runtime.sidecars.embedded.store import FILE
from runtime.spec import FunctionSpec, Topic
from runtime.table import Table

_TOPIC = "orders"
#: The table of orders: whose it is, and the lane that its keys are listed in.
_OWNER, _LANE = "orders", f"{_TOPIC}-0"
_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_WARM_UP = 200


class Opened(msgspec.Struct):
    """Seconds from nothing open until all functions wait for events; millions of bytes then."""

    seconds: float
    mb: float


class Delivered(msgspec.Struct):
    """One function's events per second, and the most memory that its process held."""

    rate: float
    peak_mb: float


def fill(data: Path, events: int, orders: int) -> None:
    """Write so many events that every function has handled, and rows for the last of the orders."""
    registry = load_functions([sluice.PACKAGE])
    stock_up(data)
    with Store.open(data, durability="kill") as store:
        for start in range(0, events, APPEND):
            store.publish(list(_past(range(start, min(start + APPEND, events)))))
        for start in range(events - orders, events, APPEND):
            _remember(store, range(start, min(start + APPEND, events)))
        if events:
            for spec in _readers(registry):
                _settle_past(store, spec)


def open_all(data: Path) -> Opened:
    """Open the data directory with all functions, none of it in the system's cache."""
    registry = load_functions([sluice.PACKAGE])
    local = {"SLUICE_DATA": str(data), "SLUICE_LOCAL_SECRETS": str(data / "secrets")}
    _forget(data / FILE)
    began = time.perf_counter()
    with Store.open(data) as store:
        engine = EmbeddedEngine(registry, store, resources=Resources({**os.environ, **local}))
        engine.start()
        settle(engine)
        seconds = time.perf_counter() - began
        mb = resident.look_here().mb
        engine.stop()
    return Opened(seconds, mb)


def deliver(data: Path, service: str, run: str, events: int) -> Delivered:
    """Let the functions of one service handle new orders, and check that they did."""
    workload = Workload(run, _TOPIC)
    with Store.open(data) as store:
        engine = EmbeddedEngine(only(service), store)
        memory.relax()
        engine.start()
        append(store, workload.orders(_WARM_UP))
        settle(engine)
        before = _handled(store, service, workload, run)
        orders = workload.orders(events)
        began = time.perf_counter()
        append(store, orders)
        settle(engine)
        seconds = time.perf_counter() - began
        handled = _handled(store, service, workload, run) - before
        engine.stop()
    if handled != events:
        raise SluiceError(f"{service} has handled {handled} of {events} orders.")
    return Delivered(events / seconds, resident.look_here().peak_mb)


def _past(numbers: Sequence[int]) -> Iterator[Message]:
    """Orders as `create_order` publishes them, made from one text: encoding each takes minutes."""
    order = _order("{id}", 0)
    told = event.write(_TOPIC, "", order, id="e-{id}", source="/past", type="Order", time=_TIME)
    text, headers = told.value.decode(), told.headers
    for number in numbers:
        id = f"past-{number}"
        yield Message(_TOPIC, id, text.replace("{id}", id).encode(), headers)


def _order(id: str, number: int) -> Order:
    return Order(
        id=id,
        customer_id=f"c-{number % CUSTOMERS:04}",
        product=f"p-{number % PRODUCTS:03}",
        quantity=1,
        price=Decimal("4.95"),
    )


def _remember(store: Store, numbers: Sequence[int]) -> None:
    """Write rows of orders with their pages, as `remember_order` does."""
    rows = Rows(lambda keys: store.get(_OWNER, keys), lane=_LANE)
    table: Table[OrderRecord] = Table.over(rows, "orders", OrderRecord)
    table.get_many(f"past-{number}" for number in numbers)
    for number in numbers:
        id = f"past-{number}"
        table.put(id, OrderRecord.of(_order(id, number)))
    store.transact(_OWNER, rows.writes())


def _readers(registry: Registry) -> Iterator[FunctionSpec]:
    for spec in registry.functions():
        if isinstance(spec.trigger, Topic) and spec.trigger.name == _TOPIC:
            yield spec


def _settle_past(store: Store, spec: FunctionSpec) -> None:
    """Write down that a function has handled all that is on the topic."""
    now_ms = store.log.now_ms()
    store.transact(
        spec.service,
        [
            Write(
                f"{PROGRESS}{spec.name}/{_TOPIC}/{partition}",
                Progress(high, now_ms).encode(),
                None,
            )
            for partition, (_, high) in store.log.watermarks(_TOPIC).items()
        ],
    )


def _handled(store: Store, service: str, workload: Workload, run: str) -> int:
    """How many orders of the workload have their row, or how many results there are."""
    if service == _OWNER:
        return len(store.get(_OWNER, [f"orders/{run}-{number}" for number in range(workload.made)]))
    return count(store, sluice.specs()[0].publishes[0])


def _forget(path: Path) -> None:
    """Ask the system to drop a file from its cache, where it can be asked."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main(arguments: list[str]) -> None:
    """Do as the arguments say."""
    log.configure("warning")
    match arguments:
        case ["fill", data, events, orders]:
            fill(Path(data), int(events), int(orders))
        case ["open", data]:
            sys.stdout.buffer.write(wire.encode(open_all(Path(data))))
        case ["deliver", data, service, run, events]:
            found = deliver(Path(data), service, run, int(events))
            sys.stdout.buffer.write(wire.encode(found))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
