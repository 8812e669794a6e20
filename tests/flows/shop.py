"""The running system as a story sees it: an address to order at, a log to read, rows to look at.

The same stories are told to both engines. Each uses products, customers and orders of its own, so
that they can share one running system.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import msgspec

from local import dead_letters
from local.brokers.base import Broker
from local.brokers.embedded import EmbeddedBroker
from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from local.cluster.ports import free_port
from local.finding import find_running
from local.launch import launch_all
from local.states import EmbeddedStore, PostgresStore, find_tables
from local.topics import apply, plan, read_topics, topics_of
from runtime.record import Message, Record
from runtime.registry import load
from tests.waiting import wait_until

REGISTRY = load("functions")


@dataclass
class Shop:
    """One running system."""

    broker: Broker
    store: Any
    urls: dict[str, str]
    sidecars: dict[str, str]
    #: What tells a command which system is meant.
    place: dict[str, str]
    _mails: Callable[[], list[bytes]]
    _kill: Any
    _restart: Any

    # Orders

    def order(self, id: str, product: str, quantity: int, price: float = 1, **more: Any) -> None:
        """Post an order and insist on 201."""
        body = {"id": id, "customerId": f"{id}-customer", "product": product}
        body |= {"quantity": quantity, "price": price}
        status, answer = self.post(
            "/v1/orders", {**body, "quantity": quantity, "price": price} | more
        )
        assert status == 201, answer

    def decision(self, id: str, wait_seconds: float = 30) -> str:
        """Wait for the order to be decided and return its state."""
        path = f"/v1/orders/{quote(id, safe='')}/validated?timeout={int(wait_seconds * 1000)}"
        status, answer = self.get(path)
        assert status == 200, answer
        return str(answer["state"])

    def decisions(self, ids: Sequence[str]) -> list[str]:
        """Wait for all of them.

        Orders lie on several partitions: which of two takes the last piece is told only of one
        that was decided before the other was sent.
        """
        return [self.decision(id) for id in ids]

    def stock(self, product: str, level: int) -> None:
        """Publish a stock level, as the warehouse does, and wait until it counts."""
        self.publish("warehouse-inventory", product, str(level).encode())
        wait_until(lambda: self.row("stock", product).get("level") == level, 30)

    # The log

    def publish(self, topic: str, key: str | None, value: bytes, **headers: str) -> None:
        """Append one record as it is."""
        self.broker.publish([Message(topic, key, value, headers)])

    def event(self, topic: str, key: str, data: Any, *, id: str, time: str) -> None:
        """Append a structured CloudEvent."""
        self.broker.publish([event(topic, key, data, id=id, time=time)])

    def data(self, topic: str) -> list[Any]:
        """The data of every CloudEvent on the topic."""
        if topic not in self.broker.topics():
            return []
        return [event["data"] for record in self.broker.read(topic) for event in _events(record)]

    def follow(self, topic: str) -> Callable[[], list[Any]]:
        """Return what yields, at each call, the data that has come since the one before."""
        read: dict[int, int] = {}

        def news() -> list[Any]:
            found = list(self.broker.read(topic, from_offsets=dict(read)))
            read.update({record.partition: record.offset + 1 for record in found})
            return [event["data"] for record in found for event in _events(record)]

        return news

    def answers(self, order_ids: Sequence[str], check: str) -> dict[str, list[str]]:
        """What a validator answered to each of these orders."""
        found: dict[str, list[str]] = {id: [] for id in order_ids}
        for data in self.data("order-validations"):
            if data["orderId"] in found and data["checkType"] == check:
                found[data["orderId"]].append(data["validationResult"])
        return found

    def dead_letters(self, function: str) -> list[dead_letters.Entry]:
        """The dead letters of one function; none when it never had any."""
        if f"{function}.dead-letters" not in self.broker.topics():
            return []
        return dead_letters.entries(self.broker, function=function)

    # Rows

    def rows(self, table: str) -> dict[str, Any]:
        """Every row of a table, straight from the store."""
        found = find_tables(REGISTRY, table)[0]
        return {key: msgspec.json.decode(row) for key, row in found.rows(self.store)}

    def row(self, table: str, key: str) -> dict[str, Any]:
        """One row; empty when there is none."""
        found = find_tables(REGISTRY, table)[0]
        rows = [msgspec.json.decode(row) for _, row in found.rows(self.store, key)]
        return rows[0] if rows else {}

    # Mails

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Every mail that went out to this address, as a mail program opens it."""
        opened = BytesParser(EmailMessage, policy=policy.default)
        mails = [opened.parsebytes(raw) for raw in self._mails()]
        return [mail for mail in mails if address in str(mail["To"])]

    # Requests

    def get(self, path: str, service: str = "orders") -> tuple[int, Any]:
        """GET; returns the status and the body, parsed."""
        return self.request("GET", path, service=service)

    def post(self, path: str, body: Any, service: str = "orders") -> tuple[int, Any]:
        """POST JSON, or bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", path, raw, service=service)

    def request(
        self, method: str, path: str, body: bytes | None = None, *, service: str = "orders"
    ) -> tuple[int, Any]:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(urlsplit(self.urls[service]).netloc, timeout=60)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.status, json.loads(content) if is_json else content

    def until(self, fact: Callable[[], bool], timeout_seconds: float = 30) -> None:
        """Wait for a fact."""
        wait_until(fact, timeout_seconds)

    # Faults

    def kill(self, *services: str) -> None:
        """End services with SIGKILL; on the embedded engine that is everything."""
        self._kill(services)

    def restart(self, *services: str) -> None:
        """Start them again and wait until they work."""
        self._restart(services)


@contextmanager
def embedded(data: Path) -> Iterator[Shop]:
    """`sluice up` as its own process, on an empty data directory."""
    port = free_port(set())
    command = [sys.executable, "-m", "local", "up", "--data", str(data), "--port", str(port)]
    processes: list[subprocess.Popen[bytes]] = []

    def start(services: Sequence[str] = ()) -> None:
        with (data / "up.log").open("ab") as log:
            processes.append(
                subprocess.Popen(
                    [*command, "--no-demo-data"],
                    stdout=log,
                    stderr=log,
                )
            )
        wait_until(lambda: find_running(data) is not None, 30)

    def kill(services: Sequence[str] = ()) -> None:
        processes[-1].send_signal(signal.SIGKILL)
        processes[-1].wait(10)

    def mails() -> list[bytes]:
        return [file.read_bytes() for file in (data / "mails").glob("*.eml")]

    data.mkdir(parents=True, exist_ok=True)
    start()
    broker = EmbeddedBroker(data)
    url = f"http://127.0.0.1:{port}"
    urls = dict.fromkeys(REGISTRY.services, url)
    place = {"--data": str(data)}
    try:
        yield Shop(broker, EmbeddedStore(data), urls, urls, place, mails, kill, start)
    finally:
        broker.close()
        processes[-1].terminate()
        try:
            assert processes[-1].wait(20) == 0, (data / "up.log").read_text()[-2000:]
        finally:
            kill()  # one that does not end must not go on beside the other tests


@contextmanager
def on_dapr(cluster: Cluster, directory: Path) -> Iterator[Shop]:
    """Every service as a process with its daprd, on a running cluster."""
    names = list(REGISTRY.services)
    broker = KafkaBroker(cluster.kafka)
    apply(plan(topics_of(REGISTRY, read_topics()).values(), broker.topics()), broker)
    with ExitStack() as stack:
        started = stack.enter_context(
            launch_all(
                names,
                "functions",
                cluster,
                directory=directory,
                environment={"SLUICE_JWT_KEY": token_hex(32)},
            )
        )
        processes = dict(zip(names, started, strict=True))
        urls = {name: process.http_url for name, process in processes.items()}

        def kill(services: Sequence[str]) -> None:
            for name in services:
                processes[name].kill()

        def restart(services: Sequence[str]) -> None:
            for name in services:
                processes[name].begin()
            for name in services:
                processes[name].wait_until_consuming()

        sidecars = {name: process.dapr_url for name, process in processes.items()}

        def mails() -> list[bytes]:
            return _sent_through(cluster.moto_url)

        store = PostgresStore(cluster.postgres)
        place = {"--kafka": cluster.kafka, "--postgres": cluster.postgres}
        yield Shop(broker, store, urls, sidecars, place, mails, kill, restart)
        broker.close()


def event(topic: str, key: str, data: Any, *, id: str, time: str) -> Message:
    """Make the record of a structured CloudEvent."""
    envelope = {"specversion": "1.0", "id": id, "source": "/tests", "type": "test", "time": time}
    value = json.dumps({**envelope, "data": data}).encode()
    return Message(topic, key, value, {"content-type": "application/cloudevents+json"})


def now() -> str:
    """The current time as CloudEvents wants it."""
    return datetime.now(UTC).isoformat()


def _sent_through(moto_url: str) -> list[bytes]:
    """Every mail that moto's SES has taken."""
    with urlopen(f"{moto_url}/moto-api/data.json") as answer:
        models = json.load(answer)
    sent = models.get("ses", {}).get("RawMessage", [])  # absent before the first one
    return [mail["raw_data"].encode() for mail in sent]


def _events(record: Record) -> list[dict[str, Any]]:
    """The record as a structured CloudEvent; nothing for what another story left there."""
    if record.headers.get("content-type") != "application/cloudevents+json":
        return []
    return [msgspec.json.decode(record.value)]
