"""The embedded engine's disk is full, or somebody else holds its file: it waits, and goes on."""

from __future__ import annotations

import http.client
import json
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from local.bench import cpu
from local.brokers.embedded import EmbeddedBroker
from local.child import serving
from local.cluster.identity import identify
from local.finding import DATABASE, Running
from local.states import EmbeddedStore
from runtime.errors import PlatformDown
from runtime.record import Message
from tests.outages.shop import FUNCTIONS, Answer
from tests.waiting import wait_until

#: It needs none, but takes longer than what is quick.
pytestmark = pytest.mark.platform

#: Nobody waits longer: 5 s for another process that writes, and a busy machine.
BOUND_SECONDS = 20.0
#: Measured are up to 2 s: the longest pause between two tries.
RECOVERED_SECONDS = 20.0
BUSY = 0.5
#: The log still fits below this, the database does not.
FILE_BYTES = 65536

Way = Callable[[Running, Path], Any]


@contextmanager
def limited(running: Running, data: Path) -> Iterator[None]:
    """The system refuses to let its files grow."""
    before = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (FILE_BYTES, before[1]))
    yield
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def full(running: Running, data: Path) -> Iterator[None]:
    """Something else has filled the disk."""
    filler = data / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


@contextmanager
def held(running: Running, data: Path) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    other = sqlite3.connect(data / DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def may_mount() -> bool:
    """Whether this user may have a small disk of his own."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"]).returncode == 0


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@dataclass
class Outage:
    """What it did."""

    refused: list[Answer]
    again: list[Answer]
    health: dict[str, Any]
    health_after: dict[str, Any]
    cpu: float
    going_on_after: float
    decisions: dict[str, int]
    reserved: int
    topics: dict[str, int]
    log: str


#: A full disk needs a small one; where nobody may mount one, the limit stands for it.
WAYS: dict[str, Way] = {"limited": limited, "held": held} | ({"full": full} if may_mount() else {})


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def outage(way: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    data = tmp_path_factory.mktemp(way)
    if way != "full":
        yield suffer(data, WAYS[way])
        return
    with small_disk(data):
        yield suffer(data, WAYS[way])


def suffer(data: Path, way: Way) -> Outage:
    """Order, be refused, order again; `way` keeps the engine from writing meanwhile."""
    with serving(data, [FUNCTIONS]) as running:
        ids = [f"before-{number}" for number in range(20)]
        assert {order(running, id).status for id in ids} == {201}
        wait_until(lambda: decisions(data, ids) == dict.fromkeys(ids, 1))
        process = identify(running.pid)
        with way(running, data):
            began, before = time.monotonic(), cpu.seconds([process])
            ids += publish(data)
            refused = [order(running, f"during-{number}") for number in range(20)]
            wait_until(lambda: time.monotonic() - began > 3)
            health = told(running)
            share = (cpu.seconds([process]) - before) / (time.monotonic() - began)
        ended = time.monotonic()
        wait_until(lambda: order(running, "after").status == 201, RECOVERED_SECONDS)
        wait_until(lambda: decisions(data, ["after"]) == {"after": 1}, RECOVERED_SECONDS)
        going_on_after = time.monotonic() - ended
        again = [order(running, answer.id) for answer in refused]
        ids += ["after", *(answer.id for answer in refused)]
        wait_until(lambda: decisions(data, ids) == dict.fromkeys(ids, 1))
        wait_until(lambda: told(running) == {"status": "ok"})
        with closing(EmbeddedBroker(data)) as broker:
            topics = {t: sum(1 for _ in broker.read(t)) for t in broker.topics()}
        [(_, stock)] = EmbeddedStore(data).scan("oven||stock/tart")
        return Outage(
            refused,
            again,
            health,
            told(running),
            share,
            going_on_after,
            decisions(data, ids),
            msgspec.json.decode(stock)["reserved"],
            topics,
            (data / "up.log").read_text(errors="replace"),
        )


def order(running: Running, id: str) -> Answer:
    asked = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    try:
        connection.request("POST", "/orders", json.dumps({"id": id, "cake": "tart"}))
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    retry_after = answer.headers.get("retry-after")
    return Answer(id, asked, answer.status, retry_after, time.monotonic() - asked)


def publish(data: Path) -> list[str]:
    """Append orders past the engine, as far as that is possible; return those that are there."""
    ids = [f"event-{number}" for number in range(20)]
    try:
        with closing(EmbeddedBroker(data)) as broker:
            broker.publish([event(id) for id in ids])
    except PlatformDown:
        return []
    return ids


def event(id: str) -> Message:
    value = json.dumps({"id": id, "cake": "tart"}).encode()
    return Message("cake-orders", id, value, {})


def decisions(data: Path, ids: list[str]) -> dict[str, int]:
    found = dict(EmbeddedStore(data).scan("counter||taken/"))
    rows = {id: found.get(f"counter||taken/{id}", b"{}") for id in ids}
    return {id: msgspec.json.decode(row).get("decisions", 0) for id, row in rows.items()}


def told(running: Running) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.status == 200
        found: dict[str, Any] = json.loads(answer.read())
    finally:
        connection.close()
    return found


def test_every_order_is_decided_exactly_once(outage: Outage) -> None:
    assert set(outage.decisions.values()) == {1}
    assert outage.reserved == len(outage.decisions)


def test_no_event_has_failed_and_none_is_doubled(outage: Outage) -> None:
    assert {t: n for t, n in outage.topics.items() if not t.startswith("cake-") and n} == {}
    assert outage.topics["cake-decisions"] == len(outage.decisions)


def test_a_request_is_told_in_time_when_to_come_again(outage: Outage) -> None:
    assert {(answer.status, answer.retry_after) for answer in outage.refused} == {(503, "5")}
    assert max(answer.seconds for answer in outage.refused) < BOUND_SECONDS


def test_a_refused_order_is_accepted_when_it_comes_again(outage: Outage) -> None:
    assert {answer.status for answer in outage.again} == {201}


def test_health_says_what_is_awaited(outage: Outage) -> None:
    assert outage.health["status"] == "waiting"
    assert "writing" in outage.health["awaits"][0]["what"]
    assert outage.health_after == {"status": "ok"}


def test_the_log_says_once_that_it_waits_and_once_that_it_goes_on(outage: Outage) -> None:
    assert outage.log.count("platform.awaited") == 1
    assert outage.log.count("platform.back") == 1
    assert "Traceback" not in outage.log


def test_nobody_is_busy_with_waiting(outage: Outage) -> None:
    assert outage.cpu < BUSY


def test_work_goes_on_by_itself(outage: Outage) -> None:
    assert outage.going_on_after < RECOVERED_SECONDS
