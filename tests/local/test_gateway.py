"""The gateway speaks as much of Dapr's API as examples need."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from local import gateway
from runtime.record import Record
from runtime.settings import Settings
from runtime.sidecars.base import Write
from runtime.sidecars.embedded import Store


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def client(store: Store) -> FlaskClient:
    app = Flask("test")
    app.add_url_rule("/greet/<name>", "orders.greet", lambda name: f"hello {name}")
    gateway.install(app, store, frozenset({"orders", "fraud"}), Settings())
    return app.test_client()


def written(store: Store, topic: str = "orders") -> Record:
    [record] = store.reader(topic).read(10)
    return record


def test_wraps_what_is_published_in_a_cloud_event(client, store):
    answer = client.post("/v1.0/publish/events/orders?metadata.partitionKey=k", json={"a": 1})

    event = json.loads(written(store).value)
    assert answer.status_code == 204
    assert written(store).key == "k"
    assert (event["type"], event["data"]) == ("com.dapr.event.sent", {"a": 1})


def test_keeps_a_cloud_event_as_it_is(client, store):
    body = b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":1.10}'

    client.post(
        "/v1.0/publish/events/orders", data=body, content_type="application/cloudevents+json"
    )

    assert written(store).value == body


def test_keeps_raw_bytes_as_they_are_with_other_metadata_as_headers(client, store):
    client.post(
        "/v1.0/publish/events/orders?metadata.rawPayload=true&metadata.origin=till", data=b"\xff"
    )

    assert written(store).value == b"\xff"
    assert written(store).headers == {"origin": "till"}


def test_takes_attributes_of_the_cloud_event_from_the_metadata(client, store):
    client.post("/v1.0/publish/events/orders?metadata.cloudevent.id=e-1", json=1)

    assert json.loads(written(store).value)["id"] == "e-1"


@pytest.mark.parametrize(("path", "status"), [("other/orders", 404), ("events/a b", 400)])
def test_refuses_an_unknown_pubsub_and_a_name_that_is_none(client, path, status):
    assert client.post(f"/v1.0/publish/{path}", json=1).status_code == status


def test_invokes_a_function_by_its_service(client):
    assert client.get("/v1.0/invoke/orders/method/greet/ida").text == "hello ida"


def test_invokes_no_function_of_another_service(client):
    answer = client.get("/v1.0/invoke/fraud/method/greet/ida")

    assert answer.status_code == 404
    assert "'fraud' has no function at '/greet/ida'" in answer.json["detail"]


def test_suggests_the_service_that_was_meant(client):
    answer = client.get("/v1.0/invoke/order/method/greet/ida")

    assert "Did you mean 'orders'?" in answer.json["detail"]


def test_reads_a_row_with_its_etag(client, store):
    store.transact("orders", [Write("orders/1", b'{"id":"1"}', None)])

    found = client.get("/v1.0/state/statestore/orders||orders/1")

    assert (found.status_code, found.json) == (200, {"id": "1"})
    assert found.headers["ETag"] == store.get("orders", ["orders/1"])["orders/1"].etag
    assert client.get("/v1.0/state/statestore/orders||orders/2").status_code == 204


def test_finds_a_row_without_being_told_its_service(client, store):
    store.transact("orders", [Write("orders/1", b'{"id":"1"}', None)])

    assert client.get("/v1.0/state/statestore/orders/1").json == {"id": "1"}


@pytest.mark.parametrize("place", ["orders||passwords/1", "passwords/1"])
def test_shows_no_row_that_holds_a_secret(client, store, place):
    row = b'{"password_hash":"$scrypt$ln=15,r=8,p=3$c2FsdHNhbHQ$aGFzaGhhc2g"}'
    store.transact("orders", [Write("passwords/1", row, None)])

    refused = client.get(f"/v1.0/state/statestore/{place}")

    assert refused.status_code == 403
    assert "scrypt" not in refused.text
