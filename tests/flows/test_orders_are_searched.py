"""Every order is found in its latest state, whatever happens to the search server meanwhile."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

import functions.search
from functions.domain.line import Line
from functions.domain.order import Order
from functions.search.index_orders import index_orders
from functions.search.order_index import OrderIndex
from local.cli import app
from local.cluster import Cluster
from local.launch import launch
from tests.flows.shop import Shop, event, now
from tests.waiting import wait_until

INDEX = "searched-orders"
INDEXER = "search.index_orders"


@dataclass
class Finder:
    """A shop, the address of its search service, and the settings of its index."""

    shop: Shop
    url: str
    settings: dict[str, str]
    #: End the search service with SIGKILL, and start it again.
    crash: Callable[[], None]

    def ask(self, **query: Any) -> tuple[int, Any]:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request("GET", f"/v1/search/orders?{urlencode(query)}")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def found(self, **query: Any) -> list[Any]:
        return list(self.page(**query)["orders"])

    def page(self, **query: Any) -> Any:
        """Ask until the server is able to: an index that was just made is not at once."""
        answers: list[tuple[int, Any]] = []

        def is_able() -> bool:
            answers.append(self.ask(**query))
            return answers[-1][0] != 503

        wait_until(is_able, 60)
        assert answers[-1][0] == 200, answers[-1]
        return answers[-1][1]

    def states(self, **query: Any) -> dict[str, str]:
        return {order["id"]: order["state"] for order in self.found(limit=500, **query)}

    def until(self, fact: Callable[[], bool], timeout_seconds: float = 60) -> None:
        wait_until(fact, timeout_seconds)


@pytest.fixture(params=["embedded", pytest.param("dapr", marks=pytest.mark.platform)])
def finder(request: pytest.FixtureRequest) -> Finder:
    """The same story with an index in a file, and with OpenSearch."""
    found: Finder = request.getfixturevalue(f"{request.param}_finder")
    return found


@pytest.fixture(scope="module")
def embedded_finder(embedded_shop: Shop) -> Finder:
    data = embedded_shop.place["--data"]

    def crash() -> None:
        embedded_shop.kill("search")
        embedded_shop.restart("search")

    return Finder(embedded_shop, embedded_shop.urls["search"], {"SLUICE_DATA": data}, crash)


@pytest.fixture(scope="module")
def dapr_finder(
    dapr_shop: Shop, search_server: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Finder]:
    """A search service of its own beside the shop's: it is added later, and reads all there is."""
    settings = {"SLUICE_SEARCH_URL": search_server.search_url, "SLUICE_SEARCH_INDEX": INDEX}
    home = tmp_path_factory.mktemp("search")
    with launch(
        *("search", "functions", search_server),
        app_id="search-server",
        directory=home,
        environment=settings,
    ) as service:

        def crash() -> None:
            service.kill()
            service.restart()

        yield Finder(dapr_shop, service.http_url, settings, crash)


def test_an_order_is_found_in_its_latest_state(finder: Finder) -> None:
    shop = finder.shop
    shop.stock("SEARCHED LAMP", 5)
    shop.order("searched-1", "SEARCHED LAMP", 2, price=0.10, customerId="searcher")
    assert shop.decision("searched-1") == "VALIDATED"
    shop.order("searched-2", "SEARCHED LAMP", 4, customerId="searcher")
    assert shop.decision("searched-2") == "FAILED"

    decided = {"searched-1": "VALIDATED", "searched-2": "FAILED"}
    finder.until(lambda: finder.states(product="SEARCHED LAMP") == decided)

    assert finder.states(customerId="searcher") == decided
    assert finder.states(q="lamp SEARCHED") == decided
    assert finder.states(q="searched", state="FAILED") == {"searched-2": "FAILED"}
    [found] = finder.found(customerId="searcher", state="VALIDATED")
    assert (found["price"], found["amount"], found["quantity"]) == (0.10, 0.20, 2)


def test_many_orders_are_all_found_page_by_page(finder: Finder) -> None:
    lines = (Line("SEARCHED NAIL", 1), Line("SEARCHED SCREW", 2))
    messages = [
        event(
            "orders",
            id,
            {"id": id, "state": "FAILED", "lines": [{"product": each.product} for each in lines]},
            id=id,
            time=now(),
        )
        for id in (f"many-{number:04}" for number in range(1200))
    ]
    finder.shop.broker.publish(messages)

    finder.until(lambda: finder.page(product="SEARCHED SCREW")["total"] == 1200)

    ids: list[str] = []
    while True:
        page = finder.page(product="SEARCHED SCREW", limit=500, after=ids[-1] if ids else "")
        ids += [order["id"] for order in page["orders"]]
        if "after" not in page:
            break
    assert ids == [message.key for message in messages]


def test_a_search_service_killed_amid_orders_misses_none(finder: Finder) -> None:
    def publish(state: str) -> None:
        finder.shop.broker.publish(
            [
                event(
                    "orders",
                    id,
                    {"id": id, "state": state, "product": "SEARCHED CORK"},
                    id=f"{id} {state}",
                    time=now(),
                )
                for id in ids
            ]
        )

    ids = [f"killed-{number:03}" for number in range(400)]
    publish("VALIDATED")
    finder.crash()
    publish("SHIPPED")
    finder.crash()

    finder.until(lambda: finder.states(product="SEARCHED CORK") == dict.fromkeys(ids, "SHIPPED"))


def test_an_index_made_anew_is_what_the_topic_says(finder: Finder) -> None:
    shop = finder.shop
    shop.stock("SEARCHED VASE", 1)
    shop.order("anew-1", "SEARCHED VASE", 1)
    shop.order("anew-2", "SEARCHED VASE", 1)
    shop.decisions(["anew-1", "anew-2"])
    finder.until(lambda: sorted(states_of(finder)) == ["FAILED", "VALIDATED"])
    before = finder.found(product="SEARCHED VASE")
    index_orders([Order(id="ghost", product="SEARCHED VASE")], OrderIndex.open(finder.settings))
    finder.until(lambda: "ghost" in finder.states(product="SEARCHED VASE"))

    place = [word for option in shop.place.items() for word in option if option[0] != "--postgres"]
    result = CliRunner().invoke(
        app, ["search", "rebuild", *place], env={**os.environ, **finder.settings}
    )

    assert result.exit_code == 0, result.output
    finder.until(lambda: finder.found(product="SEARCHED VASE") == before)
    shop.order("anew-3", "SEARCHED VASE", 1)
    finder.until(lambda: "anew-3" in finder.states(product="SEARCHED VASE"))


def states_of(finder: Finder) -> list[str]:
    return list(finder.states(product="SEARCHED VASE").values())


@pytest.mark.platform
def test_while_the_server_is_away_orders_go_on_and_are_found_when_it_is_back(
    dapr_finder: Finder, search_server: Cluster
) -> None:
    shop = dapr_finder.shop
    given_up = len(shop.dead_letters(INDEXER))
    search_server.kill("opensearch")
    try:
        shop.order("unseen", "SEARCHED BOAT", 1)
        assert shop.decision("unseen") == "FAILED"
        assert dapr_finder.ask(product="SEARCHED BOAT")[0] == 503
    finally:
        search_server.start("opensearch")

    dapr_finder.until(
        lambda: dapr_finder.states(product="SEARCHED BOAT") == {"unseen": "FAILED"}, 120
    )

    assert len(shop.dead_letters(INDEXER)) == given_up


@pytest.mark.platform
def test_an_order_that_the_server_refuses_is_a_dead_letter_and_the_others_are_found(
    dapr_finder: Finder,
) -> None:
    shop = dapr_finder.shop
    long = "€" * 256  # 768 bytes, and OpenSearch takes ids of 512
    ids = [f"beside-{number}" for number in range(20)]

    def order(id: str) -> Any:
        data = {"id": id, "state": "FAILED", "product": "SEARCHED ROPE", "quantity": 1}
        return event("orders", id, data, id=f"rope {id}", time=now())

    shop.broker.publish([order(id) for id in (*ids[:10], long, *ids[10:])])

    dapr_finder.until(lambda: set(dapr_finder.states(product="SEARCHED ROPE")) == set(ids))
    dapr_finder.until(lambda: len(refused(shop, long)) == 1)
    [entry] = refused(shop, long)
    assert "must be no longer than 512 bytes" in entry.letter.message
    assert entry.letter.attempts == 1


def refused(shop: Shop, id: str) -> list[Any]:
    return [entry for entry in shop.dead_letters(INDEXER) if entry.record.key == id]


@pytest.mark.platform
def test_every_chart_of_the_dashboard_is_answered_by_the_index(
    dapr_finder: Finder, search_server: Cluster
) -> None:
    dapr_finder.shop.order("charted", "SEARCHED CHART", 3, price=1.5)
    dapr_finder.until(lambda: bool(dapr_finder.states(product="SEARCHED CHART")))

    for aggregation in charts():
        kind, field = aggregation["type"], aggregation["params"]["field"]
        asked = {"size": 0, "aggs": {"chart": {kind: {"field": field}}}}
        request = Request(
            f"{search_server.search_url}/{INDEX}/_search",
            json.dumps(asked).encode(),
            {"content-type": "application/json"},
        )
        with urlopen(request) as answer:
            chart = json.load(answer)["aggregations"]["chart"]
        assert chart.get("buckets") or chart.get("value"), f"{kind} of {field}: {chart}"


def charts() -> list[Any]:
    """What the charts count by, and what they sum."""
    file = Path(functions.search.__file__).with_name("dashboard.ndjson")
    saved = [json.loads(line)["attributes"] for line in file.read_text().splitlines()]
    states = [json.loads(each["visState"]) for each in saved if "visState" in each]
    return [a for state in states for a in state["aggs"] if "field" in a["params"]]
