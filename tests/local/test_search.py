"""sluice search: the index anew from the topic, and what the service finds in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from functions.domain.indexed import OrderQuery
from functions.domain.order import Order
from functions.domain.state import OrderState
from functions.search.order_index import OrderIndex
from local.brokers.embedded import EmbeddedBroker
from local.cli import app
from local.errors import Misuse
from local.finding import SCHEMAS
from local.loading import load_functions
from local.rebuilding import find_indexer, rebuild
from runtime.avro.codec import Codec
from runtime.avro.file import FileRegistry
from runtime.avro.schemas import schema_of
from runtime.record import Message
from runtime.sidecars.embedded import Store
from tests.local.http_service import Reply, Request, serving
from tests.local.memory_broker import MemoryBroker

SHIPPED = OrderState.SHIPPED
INDEXER = find_indexer(load_functions(["functions"]), "search.index_orders")


def message(id: str, state: str = "CREATED", **more: object) -> Message:
    order = {"id": id, "customerId": "ada", "product": "cup", "quantity": 1, "price": 1.5}
    return Message("orders", id, json.dumps({**order, "state": state, **more}).encode())


def in_the_index(data: Path) -> dict[str, OrderState]:
    index = OrderIndex.open({"SLUICE_DATA": str(data)})
    return {order.id: order.state for order in index.find(OrderQuery(limit=500)).orders}


def sluice(*words: str) -> Result:
    return CliRunner().invoke(app, ["search", *words])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with three orders on the topic, one of them decided, and no index."""
    Store.open(tmp_path).close()
    broker = EmbeddedBroker(tmp_path)
    try:
        broker.create("orders", 3)
        broker.publish([message("1"), message("2"), message("3"), message("2", "VALIDATED")])
        broker.publish([Message("orders", "4", b"?")])
    finally:
        broker.close()
    return tmp_path


def test_an_index_is_made_from_the_topic(data: Path) -> None:
    result = sluice("rebuild", "--data", str(data))

    assert result.exit_code == 0, result.stderr
    assert in_the_index(data) == {"1": "CREATED", "2": "VALIDATED", "3": "CREATED"}
    assert "from 5 records of 'orders'" in result.stdout
    assert "1 are not in it: see `sluice dlq list --function search.index_orders`" in result.stdout


def test_made_anew_it_is_the_same_whatever_stood_in_it(data: Path) -> None:
    sluice("rebuild", "--data", str(data))
    before = in_the_index(data)
    index = OrderIndex.open({"SLUICE_DATA": str(data)})
    INDEXER.call([Order(id="not on the topic", product="cup"), Order(id="1", state=SHIPPED)], index)

    result = sluice("rebuild", "--data", str(data), "--json")

    assert in_the_index(data) == before
    assert json.loads(result.stdout) == {
        "function": "search.index_orders",
        "topic": "orders",
        "records": 5,
        "refused": 1,
    }


def test_what_came_during_a_rebuild_is_in_the_new_index(tmp_path: Path) -> None:
    broker = MemoryBroker({"orders": 1})
    broker.publish([message("1"), message("2")])
    old = OrderIndex.open({"SLUICE_DATA": str(tmp_path)})

    def advance(records: int) -> None:
        if records == 2:  # the function at work writes into the index that is still in place
            broker.publish([message("2", "FAILED"), message("3")])
            INDEXER.call([Order(id="2", state=OrderState.FAILED), Order(id="3")], old)

    rebuilt = rebuild(INDEXER, broker, {"SLUICE_DATA": str(tmp_path)}, advance)

    assert in_the_index(tmp_path) == {"1": "CREATED", "2": "FAILED", "3": "CREATED"}
    assert (rebuilt.records, rebuilt.refused) == (4, 0)


def test_a_topic_that_is_avro_is_read_by_its_schemas(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codec = Codec(FileRegistry(data / SCHEMAS))
    id = codec.register("orders-value", schema_of(Order))
    broker = EmbeddedBroker(data)
    decided = Order(id="1", product="cup", state=OrderState.FAILED)
    broker.publish([Message("orders", "1", codec.write(id, decided))])
    broker.close()
    (data / "topics.toml").write_text('[topics.orders]\nformat = "avro"\n')
    monkeypatch.setenv("SLUICE_TOPICS", str(data / "topics.toml"))

    result = sluice("rebuild", "--data", str(data))

    assert result.exit_code == 0, result.stderr
    assert "1 are not in it" in result.stdout  # what was no event before
    assert in_the_index(data) == {"1": "FAILED", "2": "VALIDATED", "3": "CREATED"}


def test_the_old_index_stays_where_the_schemas_are_out_of_reach(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sluice("rebuild", "--data", str(data))
    broker = EmbeddedBroker(data)
    broker.publish([Message("orders", "1", b"\0\0\0\0\1?")])
    broker.close()
    (data / "topics.toml").write_text('[topics.orders]\nformat = "avro"\n')
    monkeypatch.setenv("SLUICE_TOPICS", str(data / "topics.toml"))

    result = sluice("rebuild", "--data", str(data), "--registry", "http://127.0.0.1:1")

    assert result.exit_code == 1
    assert "The schema registry at 127.0.0.1:1 cannot be used now. No answer" in result.stderr
    assert in_the_index(data) == {"1": "CREATED", "2": "VALIDATED", "3": "CREATED"}


def test_a_topic_that_is_not_there_is_an_empty_index(tmp_path: Path) -> None:
    rebuilt = rebuild(INDEXER, MemoryBroker(), {"SLUICE_DATA": str(tmp_path)})

    assert rebuilt.records == 0
    assert in_the_index(tmp_path) == {}


def test_a_server_that_is_away_is_an_error_in_a_line(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_SEARCH_URL", "http://127.0.0.1:1")

    result = sluice("rebuild", "--data", str(data))

    assert result.exit_code == 1
    assert "sluice: The search server at http://127.0.0.1:1 does not answer" in result.stderr


def test_a_function_that_fills_no_index_is_misuse() -> None:
    with pytest.raises(Misuse, match=r"'orders\.get_order'.*expected search\.index_orders"):
        find_indexer(load_functions(["functions"]), "orders.get_order")


def test_find_asks_the_service_and_shows_what_matches() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        order = {"id": "1", "state": "FAILED", "amount": 4.5, "customerId": "ada"}
        found = [{**order, "product": "cup"}, {**order, "id": "2", "product": ["cup", "pot"]}]
        return 200, json.dumps({"orders": found, "total": 7}).encode()

    with serving(answer) as url:
        words = ("find", "tea", "cup", "--state", "FAILED", "-n", "2", "--url", url)
        shown, plain = sluice(*words), sluice(*words, "--json")

    assert asked[0] == "/v1/search/orders?q=tea+cup&state=FAILED&limit=2"
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[1] == ["1", "FAILED", "ada", "4.5", "cup"]
    assert lines[2][-4:] == ["cup", "and", "1", "more"]
    assert lines[-1] == ["2", "of", "7"]
    assert json.loads(plain.stdout)["total"] == 7


def test_an_amount_is_shown_with_every_digit() -> None:
    amount = "12345678901234567.10"
    order = f'{{"id": "1", "state": "FAILED", "amount": {amount}, "product": "cup"}}'
    answer = f'{{"orders": [{order}], "total": 1}}'.encode()

    with serving(lambda request: (200, answer)) as url:
        shown, plain = (sluice("find", "--url", url, *words) for words in ((), ("--json",)))

    assert shown.stdout.splitlines()[1].split()[3] == amount
    assert f'"amount": {amount}' in plain.stdout
    assert shown.stdout.splitlines()[-1] == "1 of 1"


def test_what_the_service_refuses_is_an_error() -> None:
    with serving(lambda request: (400, b'{"detail":"state is odd"}')) as url:
        result = sluice("find", "--state", "odd", "--url", url)

    assert result.exit_code == 1
    assert "The service answers 400" in result.stderr
    assert "state is odd" in result.stderr


def test_the_index_of_a_cluster_s_service_is_not_guessed() -> None:
    result = sluice("rebuild", "--kafka", "127.0.0.1:1")

    assert result.exit_code == 2
    assert "Which index is meant?" in result.stderr
    assert "--data .platform/search" in result.stderr
