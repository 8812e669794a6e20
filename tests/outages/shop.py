"""The bakery on the real platform, a rush of orders at it, and what an outage did to them."""

from __future__ import annotations

import http.client
import json
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from local.bench import cpu
from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster, process
from local.components import render
from local.launch import prepare
from local.service_process import ServiceProcess
from local.topics import apply, plan, topics_of
from runtime.record import Message
from runtime.registry import load
from tests.waiting import wait_until

FUNCTIONS = "tests.outages.bakery"
SERVICES = ("counter", "oven")
#: How long daprd may take over a call here; less than usual, so that the tests need not wait.
PLATFORM_SECONDS = 3.0
#: Orders that come at once, and the pause of each customer before the next one.
CUSTOMERS = 4
PAUSE_SECONDS = 0.1
#: Orders that come as events, without anybody who waits for an answer.
EVENTS = 100


@dataclass(frozen=True)
class Answer:
    """What a customer was told, when he had asked and how long he waited."""

    id: str
    asked: float
    status: int
    retry_after: str | None
    seconds: float


class Bakery:
    """Two services with a daprd each."""

    def __init__(self, cluster: Cluster, services: dict[str, ServiceProcess]) -> None:
        self.cluster = cluster
        self.services = services
        self.broker = KafkaBroker(cluster.kafka)

    def order(self, id: str, cake: str) -> Answer:
        """Post an order; the answer, whatever it is."""
        asked = time.monotonic()
        place = urlsplit(self.services["counter"].http_url).netloc
        connection = http.client.HTTPConnection(place, timeout=60)
        try:
            connection.request("POST", "/orders", json.dumps({"id": id, "cake": cake}))
            answer = connection.getresponse()
            answer.read()
            retry_after = answer.headers.get("retry-after")
        finally:
            connection.close()
        return Answer(id, asked, answer.status, retry_after, time.monotonic() - asked)

    def publish(self, ids: Sequence[str], cake: str) -> None:
        """Let orders come as events."""
        self.broker.publish([_event(id, cake) for id in ids])

    def health(self, service: str) -> dict[str, Any]:
        """What a service says of itself; it must say it with 200."""
        found: dict[str, Any] = json.loads(self._get(service, "/healthz"))
        return found

    def put_off(self, topic: str) -> float:
        """How often the counter had a delivery come again."""
        found = re.search(
            rf'sluice_outages_total{{topic="{topic}"}} (\S+)',
            self._get("counter", "/metrics").decode(),
        )
        return float(found[1]) if found else 0.0

    def awaited(self, service: str) -> list[str]:
        """What a service waits for."""
        return [each["what"] for each in self.health(service).get("awaits", [])]

    def lines(self, service: str) -> list[tuple[str, str]]:
        """What a service has logged: the names of the events, and what each is about."""
        lines = self.services[service].app_log.read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [(line["event"], line.get("what", "")) for line in found]

    def decisions(self, ids: Sequence[str]) -> Counter[int]:
        """How many of the orders were decided how often; straight from PostgreSQL."""
        rows = self._rows("counter||taken/", [f"counter||taken/{id}" for id in ids])
        return Counter(rows.get(id, {}).get("decisions", 0) for id in ids)

    def reserved(self, cake: str) -> int:
        """How many cakes of a kind are reserved."""
        rows = self._rows("oven||stock/", [f"oven||stock/{cake}"])
        return int(rows.get(cake, {}).get("reserved", 0))

    def events(self, topic: str, cake: str) -> Counter[tuple[str, str]]:
        """The events about such a cake's orders: (order, event id), and how often it is there."""
        found: Counter[tuple[str, str]] = Counter()
        for record in self.broker.read(topic):
            event = json.loads(record.value)
            order = event["data"].get("id") or event["data"]["order_id"]
            if order.startswith(f"{cake}-"):
                found[order, event["id"]] += 1
        return found

    def failures(self) -> int:
        """Records on the dead-letter and retry topics of all functions."""
        topics = [t for t in self.broker.topics() if t.startswith(("counter.", "oven."))]
        return sum(high - low for t in topics for low, high in self.broker.watermarks(t).values())

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time so far, of each process."""
        return {
            f"{name} {part}": cpu.seconds([getattr(service, part)])
            for name, service in self.services.items()
            for part in ("app", "daprd")
        }

    def send_to_daprd(self, number: signal.Signals) -> None:
        """Send a signal to every service's daprd."""
        for service in self.services.values():
            assert service.daprd is not None
            process.send(service.daprd, number)

    def kill_daprd(self) -> None:
        """End every daprd as a crash would."""
        process.kill([s.daprd for s in self.services.values() if s.daprd])

    def start_daprd(self) -> None:
        """Start them again, as a supervisor would."""
        for service in self.services.values():
            service.begin()

    def find_state_at(self, postgres: str) -> None:
        """Have every daprd find PostgreSQL at another address, and wait until all is well."""
        self.kill_daprd()
        for service in self.services.values():
            render(service.directory / "components", kafka=self.cluster.kafka, postgres=postgres)
        self.start_daprd()
        for service in self.services.values():
            service.wait_until_consuming()

    def _get(self, service: str, path: str) -> bytes:
        place = urlsplit(self.services[service].http_url).netloc
        connection = http.client.HTTPConnection(place, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read()
        finally:
            connection.close()

    def _rows(self, prefix: str, keys: Sequence[str]) -> dict[str, Any]:
        with psycopg.connect(self.cluster.postgres) as session:
            query = "SELECT key, value FROM state WHERE key = ANY(%s)"
            found = session.execute(query, [list(keys)])
            return {key.removeprefix(prefix): json.loads(value) for key, value in found}


@contextmanager
def bakery(cluster: Cluster, directory: Path) -> Iterator[Bakery]:
    """Start the services and stop them at the end; `cluster` says where their platform is."""
    broker = KafkaBroker(cluster.kafka)
    apply(plan(topics_of(load(FUNCTIONS), {}).values(), broker.topics()), broker)
    broker.close()
    environment = {
        "SLUICE_LOG_LEVEL": "info",
        "SLUICE_PLATFORM_SECONDS": f"{PLATFORM_SECONDS:g}",
    }
    with ExitStack() as stack:
        services = {
            name: stack.enter_context(
                prepare(name, FUNCTIONS, cluster, directory=directory, environment=environment)
            )
            for name in SERVICES
        }
        for service in services.values():
            service.begin()
        for service in services.values():
            service.wait_until_consuming()
        opened = Bakery(cluster, services)
        yield opened
        opened.broker.close()


class Rush:
    """Customers who order one after the other until the block ends."""

    def __init__(self, bakery: Bakery, cake: str) -> None:
        self.answers: list[Answer] = []
        self.errors: list[Exception] = []
        self._bakery, self._cake = bakery, cake
        self._over = threading.Event()
        self._customers = [
            threading.Thread(target=self._order, args=(number,)) for number in range(CUSTOMERS)
        ]

    def __enter__(self) -> Rush:
        for customer in self._customers:
            customer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for customer in self._customers:
            customer.join()

    def answered(self, status: int, since: float) -> list[Answer]:
        """Who was told so, of those who asked since then."""
        return [a for a in list(self.answers) if a.status == status and a.asked >= since]

    def _order(self, customer: int) -> None:
        number = 0
        while not self._over.wait(PAUSE_SECONDS):
            try:
                self.answers.append(
                    self._bakery.order(f"{self._cake}-{customer}-{number}", self._cake)
                )
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(error)
            number += 1


@dataclass
class Outage:
    """What an outage did; times in seconds."""

    name: str
    cake: str
    lasted: float = 0.0
    watched: float = 0.0
    refused: list[Answer] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    again: list[Answer] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    awaited: dict[str, list[str]] = field(default_factory=dict)
    awaited_after: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    accepting_after: float = 0.0
    deciding_after: float = 0.0
    decisions: Counter[int] = field(default_factory=Counter)
    reserved: int = 0
    failures: int = 0
    decided_by: Counter[str] = field(default_factory=Counter)
    twice_on_a_topic: int = 0

    def __str__(self) -> str:
        slowest = max(answer.seconds for answer in self.refused)
        middle = sorted(answer.seconds for answer in self.refused)[len(self.refused) // 2]
        return (
            f"outage: {self.name}: {self.lasted:.0f} s, {len(self.refused)} refused in"
            f" {middle * 1000:.0f} ms (slowest {slowest:.1f} s), CPU of the busiest process"
            f" {max(self.cpu.values()) * 100:.0f} %, orders accepted {self.accepting_after:.1f} s"
            f" after its end, decided {self.deciding_after:.1f} s after it;"
            f" {len(self.ids)} orders, {self.decisions[1]} decided once,"
            f" {self.twice_on_a_topic} events twice on a topic"
        )


def suffer(
    bakery: Bakery,
    name: str,
    begin: Callable[[], None],
    end: Callable[[], None],
    *,
    seconds: float,
    events_during: bool = True,
) -> Outage:
    """Have an outage of about so many seconds in the middle of a rush; tell what became of it.

    With `events_during` orders come as events too while it lasts, else only just before.
    """
    cake = f"{name.replace(' ', '-')}-{time.time_ns()}"
    outage = Outage(name, cake)
    events = [f"{cake}-event-{number}" for number in range(2 * EVENTS)]
    said = {service: len(bakery.lines(service)) for service in SERVICES}
    watching = time.monotonic()
    with Rush(bakery, cake) as rush:
        wait_until(lambda: len(rush.answered(201, 0)) > 20, 60)
        if not events_during:
            bakery.publish(events, cake)
        else:
            bakery.publish(events[:EVENTS], cake)
        begin()
        began, before = time.monotonic(), bakery.cpu_seconds()
        if events_during:
            bakery.publish(events[EVENTS:], cake)
        wait_until(lambda: len(rush.answered(503, began)) > 20, 60)
        for service in SERVICES:
            wait_until(lambda service=service: bool(bakery.awaited(service)), 60)
        wait_until(lambda: time.monotonic() - began > seconds, seconds + 10)
        outage.awaited = {service: bakery.awaited(service) for service in SERVICES}
        outage.lasted = time.monotonic() - began
        spent = bakery.cpu_seconds()
        outage.cpu = {each: (spent[each] - before[each]) / outage.lasted for each in spent}
        end()
        ended = time.monotonic()
        wait_until(lambda: bool(rush.answered(201, ended)), 90)
        outage.accepting_after = rush.answered(201, ended)[0].asked - ended
        marked = rush.answered(201, ended)[0].id
        wait_until(lambda: bakery.decisions([marked])[1] == 1, 90)
        outage.deciding_after = time.monotonic() - ended
    outage.errors = rush.errors
    outage.refused = rush.answered(503, 0)
    with ThreadPoolExecutor(CUSTOMERS) as again:
        refused = [answer.id for answer in outage.refused]
        outage.again = list(again.map(lambda id: bakery.order(id, cake), refused))
    outage.ids = [*events, *(answer.id for answer in rush.answers)]
    wait_until(lambda: bakery.decisions(outage.ids)[0] == 0, 90)
    for service in SERVICES:
        wait_until(lambda service=service: not bakery.awaited(service), 90)
    _look(bakery, outage, said)
    outage.watched = time.monotonic() - watching
    print(outage)  # noqa: T201  the figures of docs/reliability.md
    return outage


def _look(bakery: Bakery, outage: Outage, said: dict[str, int]) -> None:
    outage.decisions = bakery.decisions(outage.ids)
    outage.reserved = bakery.reserved(outage.cake)
    outage.failures = bakery.failures()
    decided = bakery.events("cake-decisions", outage.cake)
    outage.decided_by = Counter(order for order, _ in decided)
    ordered = bakery.events("cake-orders", outage.cake)
    outage.twice_on_a_topic = sum(count - 1 for count in [*decided.values(), *ordered.values()])
    outage.awaited_after = {service: bakery.awaited(service) for service in SERVICES}
    outage.lines = {service: bakery.lines(service)[said[service] :] for service in SERVICES}


def _event(id: str, cake: str) -> Message:
    envelope = {"specversion": "1.0", "id": id, "source": "/tests", "type": "order"}
    data = {"id": id, "cake": cake}
    value = json.dumps({**envelope, "time": "2026-05-01T12:00:00Z", "data": data}).encode()
    return Message("cake-orders", id, value, {"content-type": "application/cloudevents+json"})
