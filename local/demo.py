"""The December order book through the whole system, and everything that came of it counted."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from functions.domain.customer import Level
from local.avro_values import AvroValues
from local.brokers.base import Broker
from local.child import serving
from local.dead_letters import entries
from local.errors import Misuse
from local.finding import SCHEMAS, find_running, open_broker
from local.http import Client
from local.lag import lags, progress_rows
from local.loading import load_functions
from local.order_book import OrderBook
from local.order_import import Decisions, OrderImport
from local.progress import Advance
from local.states import EmbeddedStore, find_tables
from runtime.registry import Registry

BOOK = Path(__file__).parent / "data" / "online_retail_2010-12.csv.gz"
#: What the December file is known to hold (behaviour, section 8).
KNOWN: dict[str, object] = {
    "rows": 42_481,
    "orders": 1_400,
    "customers": 885,
    "lines": 26_157,
    "units": 312_265,
    "total": "572713.89",
}
#: A directory with anything else in it is none of ours to empty.
_OURS = {
    *("sluice.db", "sluice.db-wal", "sluice.db-shm", "lock", "up.json", "up.log", SCHEMAS),
    *("mails", "documents", "secrets", "search.db", "search.db-wal", "search.db-shm"),
}


@dataclass(frozen=True)
class Result:
    """What the demo found and did. `seconds` is from the first event until nothing was left.

    `routed` counts the events of orders by the level of their customer, `suspects` the customers
    in the fraud report, `customers` those that are known: nine of our own among them.
    """

    book: OrderBook
    decisions: Decisions
    invoices: int
    mails: int
    routed: Counter[str]
    suspects: int
    customers: int
    dead_letters: int
    events: int
    seconds: float

    def differences(self) -> dict[str, tuple[object, object]]:
        """Name -> (expected, found) of every figure that is not as it is known to be."""
        found = {**self.book.summary(), "decided": self.decisions.states.total()}
        known = {**KNOWN, "decided": KNOWN["orders"]}
        return {name: (known[name], found[name]) for name in known if known[name] != found[name]}


def run(
    data: Path,
    packages: Sequence[str],
    progress: Callable[[int], Advance],
    book: Path = BOOK,
) -> Result:
    """Empty the directory, serve it, import the December book, and wait until all is done.

    `progress` is told the number of rows and returns what is to be called with those done. Raises
    Misuse for a directory that is served or not ours.
    """
    registry = load_functions(packages)
    if registry.get("orders.create_order") is None:
        raise Misuse(
            f"The functions in {', '.join(packages)} are not those of the order system, which the "
            "demo is of; leave --functions away, and SLUICE_FUNCTIONS."
        )
    _empty(data)
    orders = OrderBook.read(book)
    with serving(data, packages) as running:
        broker = open_broker(data, None)
        try:
            begin = time.perf_counter()
            target = OrderImport(
                broker,
                lambda: Client(running.url, running.token),
                lambda topics: _caught_up(registry, broker, data, topics),
                avro=AvroValues(data=data).shown,
            )
            decisions = target.run(orders, progress(orders.rows))
            target.wait_for(list(broker.topics()))
            seconds = time.perf_counter() - begin
            return Result(
                orders,
                decisions,
                invoices=_written(broker, "invoices"),
                mails=_mails(registry, data),
                routed=Counter({level: _written(broker, level) for level in Level}),
                suspects=_suspects(Client(running.url, running.token)),
                customers=_rows(registry, data, "customers.customers"),
                dead_letters=len(entries(broker)),
                events=sum(_written(broker, topic) for topic in broker.topics()),
                seconds=seconds,
            )
        finally:
            broker.close()


def _empty(data: Path) -> None:
    if find_running(data) is not None:
        raise Misuse(
            f"The directory {str(data)!r} is being served by a `sluice up`, and the demo starts "
            "afresh. Stop that one, or name another directory with --data."
        )
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    foreign = {path.name for path in data.iterdir()} - _OURS
    if foreign:
        raise Misuse(
            f"The directory {str(data)!r} holds {', '.join(sorted(foreign))}; expected an earlier "
            "demo or nothing, because it is emptied. Name another directory with --data."
        )
    for path in data.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _caught_up(registry: Registry, broker: Broker, data: Path, topics: Sequence[str]) -> bool:
    found = lags(registry, broker, progress_rows(EmbeddedStore(data)))
    return not any(entry.lag for entry in found if entry.topic in topics)


def _written(broker: Broker, topic: str) -> int:
    return sum(high for _, high in broker.watermarks(topic).values())


def _rows(registry: Registry, data: Path, table: str) -> int:
    [found] = find_tables(registry, table)
    return sum(1 for _ in found.rows(EmbeddedStore(data)))


def _suspects(client: Client) -> int:
    answer = client.request("GET", "v1/fraud?limit=500")
    client.close()
    return len(msgspec.json.decode(answer.body))


class _Mail(msgspec.Struct):
    status: str


def _mails(registry: Registry, data: Path) -> int:
    [mails] = find_tables(registry, "notifications.mails")
    logged = (msgspec.json.decode(row, type=_Mail) for _, row in mails.rows(EmbeddedStore(data)))
    return sum(1 for mail in logged if mail.status == "sent")
