"""What daprd asks before it delivers: subscriptions, and a clock."""

from __future__ import annotations

import threading

import pytest

from runtime.errors import PlatformDown
from tests.runtime.behind_daprd import App
from tests.runtime.making import Overwriting


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

    assert waits == {"events": 2, "events-2": 2, "tables": 25, "retries": 100}


def test_a_longer_wait_is_one_for_all() -> None:
    subscribed = App(batch_wait_ms=500).client.get("/dapr/subscribe").json

    assert subscribed is not None
    assert {s["bulkSubscribe"]["maxAwaitDurationMs"] for s in subscribed} == {500}


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
