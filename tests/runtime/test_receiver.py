"""daprd's contract: an answer for every delivery."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from runtime import metrics
from runtime.errors import PlatformDown
from tests.runtime.behind_daprd import SALE, App, entry


@pytest.fixture
def app() -> App:
    return App()


def test_both_components_of_a_topic_bring_their_events_to_the_same_functions(app: App) -> None:
    app.deliver(SALE)
    app.deliver(SALE, SALE, component="events-2")  # whose first one is known already

    assert (app.sold(), app.sold("tallies")) == (2, 2)


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
    monkeypatch.setattr("runtime.receiver.log", log)
    app.running.start()
    app.sidecar.fail_next("get", PlatformDown("gone", awaited="the store"))
    app.deliver(SALE)
    app.sidecar.fail_next("get", PlatformDown("the rows changed ten times"))
    app.deliver(SALE)

    assert said == ["delivery.put_off"]


def test_what_is_no_delivery_is_no_success(app: App) -> None:
    assert app.client.post("/deliveries/events/sales", data=b"{").status_code >= 400


def test_a_topic_of_somebodys_own_making_makes_no_series() -> None:
    app = App()
    app.sidecar.fail_next("get", PlatformDown("gone"))
    app.deliver(b"{}", topic="made-up-by-a-caller")
    app.sidecar.fail_next("get", PlatformDown("gone"))
    app.deliver(b"{}")

    names = {sample.labels["topic"] for sample in metrics.OUTAGES.collect()[0].samples}
    assert "sales" in names
    assert "made-up-by-a-caller" not in names
