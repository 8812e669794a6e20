"""A service behind a daprd that a test plays."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec
from werkzeug.test import TestResponse

from runtime import FakeClock, Retries, Table, daprd, function
from runtime.arguments import Resources
from runtime.catching_up import CatchingUp
from runtime.host import make_app
from runtime.registry import Service
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import NOON_MS, Sale, Shelf

ONCE = Retries(attempts=1)


@function(subscribes="sales", publishes="sold", retries=ONCE)
def count(sale: Sale, shelves: Table[Shelf]) -> Sale:
    """Count a sale."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    return sale


@function(subscribes="sales", retries=ONCE)
def count_again(sale: Sale, tallies: Table[Shelf]) -> None:
    """Count a sale in another table."""
    with tallies.edit(sale.product, Shelf) as tally:
        tally.sold += sale.pieces


@function(subscribes="levels", fills_table=True, retries=ONCE)
def set_level(level: int, levels: Table[Shelf]) -> None:
    """Fill a lookup table."""
    levels.put("level", Shelf(level))


@function(every="1m")
def sweep(sweeps: Table[Shelf]) -> None:
    """Count the minutes."""
    with sweeps.edit("all", Shelf) as row:
        row.sold += 1


class App:
    """The service, and what daprd asks of it."""

    def __init__(self, sidecar: RecordingSidecar | None = None, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.sidecar = sidecar or RecordingSidecar(publishes_in_transaction=False)
        service = Service(
            "shop", {f.spec.name: f.spec for f in (count, count_again, set_level, sweep)}
        )
        self.running = Running(
            service, self.sidecar, self.settings, clock=FakeClock(), resources=Resources({})
        )
        self.ends: Mapping[int, tuple[int, int]] = {}
        fillers = [c for c in self.running.consumers if c.spec.fills_table]
        tables = CatchingUp(fillers, lambda topic: self.ends, 60)
        app = make_app([self.running], self.settings)
        daprd.install(app, self.running, tables, self.settings)
        self.client = app.test_client()

    def deliver(self, *events: Any, topic: str = "sales", component: str = "events") -> Any:
        """Post a bulk delivery as daprd does; return the statuses."""
        body = {"topic": topic, "entries": [entry(n, e, topic) for n, e in enumerate(events)]}
        answer = self.post(f"/deliveries/{component}/{topic}", body)
        assert answer.status_code == 200
        assert answer.json is not None
        return [(status["entryId"], status["status"]) for status in answer.json["statuses"]]

    def post(self, path: str, body: Any) -> TestResponse:
        return self.client.post(path, data=msgspec.json.encode(body))

    def sold(self, table: str = "shelves") -> int:
        row = self.sidecar.rows.get(f"{table}/socks")
        return 0 if row is None else int(msgspec.json.decode(row)["sold"])

    def topics(self) -> list[str]:
        return [message.topic for message in self.sidecar.messages]


def entry(number: int, event: Any, topic: str, **metadata: str) -> dict[str, Any]:
    raw = event if isinstance(event, bytes) else msgspec.json.encode(event)
    return {
        "entryId": f"{number}",
        "event": base64.b64encode(raw).decode(),
        "contentType": "application/octet-stream",
        "metadata": {
            "__key": "socks",
            "__offset": f"{number}",
            "__partition": "0",
            "__topic": topic,
            "__timestamp": f"{NOON_MS}",
            **metadata,
        },
    }


SALE = {"product": "socks", "pieces": 1}
