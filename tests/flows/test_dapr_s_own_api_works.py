"""What Dapr's documentation shows works: publish, invoke and state over the sidecar's HTTP API."""

import http.client
import json
from urllib.parse import urlsplit

from tests.flows.shop import Shop

_JSON = {"content-type": "application/json"}


def call(url: str, body: object = None) -> tuple[int, bytes]:
    """Send one request; returns status and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        data = None if body is None else json.dumps(body)
        connection.request("GET" if data is None else "POST", parts.path, data, _JSON)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_an_event_published_through_the_sidecar_arrives(shop: Shop) -> None:
    order = {"id": "by-publish", "customerId": "1", "product": "P", "quantity": 1, "price": 1}
    url = f"{shop.sidecars['orders']}/v1.0/publish/events/orders"

    status, _ = call(url, order | {"state": "CREATED"})

    assert status == 204
    assert shop.get("/v1/orders/by-publish")[0] == 200


def test_a_function_answers_through_the_sidecar(shop: Shop) -> None:
    shop.order("by-invoke", "P", 1)
    url = f"{shop.sidecars['orders']}/v1.0/invoke/orders/method/v1/orders/by-invoke"

    status, body = call(url)

    assert (status, json.loads(body)["id"]) == (200, "by-invoke")


def test_a_row_is_found_through_the_sidecar(shop: Shop) -> None:
    shop.stock("BY-STATE", 7)
    url = f"{shop.sidecars['inventory']}/v1.0/state/statestore/stock%2FBY-STATE"

    status, body = call(url)

    assert (status, json.loads(body).get("level")) == (200, 7), body
