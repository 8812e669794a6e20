"""daprd's contract: what is subscribed to, and an answer for every delivery."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from runtime import FakeClock, Retries, Table, daprd, function, metrics
from runtime.arguments import Resources
from runtime.catching_up import CatchingUp
from runtime.errors import PlatformDown
from runtime.host import make_app
from runtime.registry import Service
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import NOON_MS, Overwriting, Sale, Shelf

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
    """A service behind a daprd that this test plays."""

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


@pytest.fixture
def app() -> App:
    return App()


def test_subscribes_each_topic_once_with_its_component(app: App) -> None:
    subscribed = app.client.get("/dapr/subscribe").json

    assert subscribed is not None
    assert sorted((s["pubsubname"], s["topic"]) for s in subscribed) == [
        ("events", "sales"),
        ("events-2", "sales"),
        ("retries", "runtime.count.retry"),
        ("retries", "runtime.count_again.retry"),
        ("retries", "runtime.set_level.retry"),
        ("tables", "levels"),
    ]


def test_both_components_of_a_topic_bring_their_events_to_the_same_functions(app: App) -> None:
    app.deliver(SALE)
    app.deliver(SALE, SALE, component="events-2")  # whose first one is known already

    assert (app.sold(), app.sold("tallies")) == (2, 2)


def test_a_second_component_is_not_asked_for_where_there_is_none() -> None:
    subscribed = App(second_pubsub="").client.get("/dapr/subscribe").json

    assert subscribed is not None
    assert {s["pubsubname"] for s in subscribed} == {"events", "tables", "retries"}


def test_subscribes_raw_and_in_bulk(app: App) -> None:
    subscribed = app.client.get("/dapr/subscribe").json

    assert subscribed is not None
    assert all(s["metadata"] == {"rawPayload": "true"} for s in subscribed)
    assert all(s["bulkSubscribe"]["enabled"] for s in subscribed)
    assert all(s["route"] == f"/deliveries/{s['pubsubname']}/{s['topic']}" for s in subscribed)


def test_events_are_in_a_hurry_and_what_is_tried_again_is_not(app: App) -> None:
    subscribed = app.client.get("/dapr/subscribe").json
    assert subscribed is not None
    waits = {s["pubsubname"]: s["bulkSubscribe"]["maxAwaitDurationMs"] for s in subscribed}

    assert waits == {"events": 5, "events-2": 5, "tables": 25, "retries": 100}


def test_a_longer_wait_is_one_for_all() -> None:
    subscribed = App(batch_wait_ms=500).client.get("/dapr/subscribe").json

    assert subscribed is not None
    assert {s["bulkSubscribe"]["maxAwaitDurationMs"] for s in subscribed} == {500}


def test_every_entry_is_a_success_when_all_is_handled(app: App) -> None:
    assert app.deliver(SALE, SALE) == [("0", "SUCCESS"), ("1", "SUCCESS")]
    assert (app.sold(), app.sold("tallies"), app.topics()) == (2, 2, ["sold", "sold"])


def test_a_bad_entry_is_a_success_too_and_a_dead_letter_of_each_function(app: App) -> None:
    assert app.deliver(b"\xff", SALE) == [("0", "SUCCESS"), ("1", "SUCCESS")]
    assert app.sold() == 1
    assert sorted(set(app.topics())) == [
        "runtime.count.dead-letters",
        "runtime.count_again.dead-letters",
        "sold",
    ]


@pytest.mark.parametrize("bare", [{"event": ""}, {"event": None}, {"metadata": None}])
def test_entries_as_go_writes_what_is_empty(app: App, bare: dict[str, Any]) -> None:
    body = {"topic": "sales", "entries": [{**entry(0, SALE, "sales"), **bare}]}

    assert app.post("/deliveries/events/sales", body).status_code == 200


def test_key_and_headers_come_with_the_record(app: App) -> None:
    body = {"topic": "sales", "entries": [entry(0, b"{", "sales", tenant="north")]}
    app.post("/deliveries/events/sales", body)

    letter = app.sidecar.messages[0]
    assert (letter.key, letter.headers["tenant"]) == ("socks", "north")
    assert not any(name.startswith("__") for name in letter.headers)


@pytest.mark.parametrize("operation", ["get", "transact", "publish"])
def test_all_entries_come_again_when_the_platform_is_down(app: App, operation: Any) -> None:
    app.running.start()
    app.sidecar.fail_next(operation, PlatformDown("gone"))
    first = app.deliver(SALE, SALE)
    second = app.deliver(SALE, SALE)

    assert (first, second) == (
        [("0", "RETRY"), ("1", "RETRY")],
        [("0", "SUCCESS"), ("1", "SUCCESS")],
    )
    assert (app.sold(), app.sold("tallies"), app.topics()) == (2, 2, ["sold", "sold"])


def test_a_topic_nobody_reads_comes_again_and_is_not_dropped(app: App) -> None:
    assert app.deliver(SALE, topic="unknown") == [("0", "RETRY")]


def test_a_retry_topic_reaches_its_function_only(app: App) -> None:
    app.deliver(SALE, topic="runtime.count.retry", component="retries")

    assert (app.sold(), app.sold("tallies")) == (1, 0)


def test_functions_wait_for_the_tables_and_tables_do_not(app: App) -> None:
    app.ends = {0: (0, 1)}
    before = app.deliver(SALE)
    filled = app.deliver(5, topic="levels", component="tables")
    after = app.deliver(SALE)

    assert (before, filled, after) == ([("0", "RETRY")], [("0", "SUCCESS")], [("0", "SUCCESS")])
    assert app.sold() == 1


def test_the_tables_are_what_is_awaited_until_they_are_filled(app: App) -> None:
    app.ends = {0: (0, 1)}
    app.deliver(SALE)
    during = app.client.get("/healthz").json
    app.deliver(5, topic="levels", component="tables")
    app.deliver(SALE)

    assert during is not None
    assert [each["what"] for each in during["awaits"]] == ["the lookup tables"]
    assert app.client.get("/healthz").json == {"status": "ok"}


def test_what_is_awaited_is_not_said_at_every_delivery(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    log = SimpleNamespace(warning=lambda name, **_: said.append(name), debug=lambda name, **_: None)
    monkeypatch.setattr("runtime.daprd.log", log)
    app.running.start()
    app.sidecar.fail_next("get", PlatformDown("gone", awaited="the store"))
    app.deliver(SALE)
    app.sidecar.fail_next("get", PlatformDown("the rows changed ten times"))
    app.deliver(SALE)

    assert said == ["delivery.put_off"]


def test_what_is_no_delivery_is_no_success(app: App) -> None:
    assert app.client.post("/deliveries/events/sales", data=b"{").status_code >= 400


def test_the_clock_binding_is_accepted_and_ticks(app: App) -> None:
    options = app.client.options("/clock").status_code
    tick = app.client.post("/clock").status_code

    assert (options, tick) == (204, 204)
    assert app.sidecar.rows["sweeps/all"] == b'{"sold":1}'


def test_a_tick_during_an_outage_is_no_failure(app: App) -> None:
    app.sidecar.fail_next("get", PlatformDown("gone"))

    assert app.client.post("/clock").status_code == 204


def test_a_tick_does_not_wait_for_the_one_before(app: App) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        leave.wait(10)

    app.running.tick = hang  # type: ignore[method-assign]
    first = threading.Thread(target=lambda: app.client.post("/clock"))
    first.start()
    entered.wait(10)
    entered.clear()
    answer = app.client.post("/clock").status_code
    leave.set()
    first.join()

    assert (answer, entered.is_set()) == (204, False)


def test_no_schedule_runs_on_a_store_that_is_refused() -> None:
    app = App(Overwriting())
    app.client.post("/clock")

    assert "sweeps/all" not in app.sidecar.rows


def test_daprd_needs_the_token_too() -> None:
    app = App(app_api_token="s3cret")

    assert app.client.get("/dapr/subscribe").status_code == 401
    assert app.post("/deliveries/events/sales", {}).status_code == 401


def test_a_topic_of_somebodys_own_making_makes_no_series() -> None:
    app = App()
    app.sidecar.fail_next("get", PlatformDown("gone"))
    app.deliver(b"{}", topic="made-up-by-a-caller")
    app.sidecar.fail_next("get", PlatformDown("gone"))
    app.deliver(b"{}")

    names = {sample.labels["topic"] for sample in metrics.OUTAGES.collect()[0].samples}
    assert "sales" in names
    assert "made-up-by-a-caller" not in names
