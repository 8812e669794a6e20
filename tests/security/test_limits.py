"""Above each limit there is an answer or a dead letter with its reason, and nothing falls over."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.finding import find_running
from runtime.dead_letters import DeadLetter
from runtime.event import MOST_HEADER_CHARACTERS
from runtime.gate import MOST_HEADER_BYTES, MOST_URL_BYTES
from runtime.record import Record
from runtime.settings import Settings
from tests.local.command_line import CommandLine
from tests.runtime.making import Shop
from tests.runtime.test_metrics import tell

MOST = Settings().max_body_bytes
LINE = {"product": "JUMPERS", "quantity": 1, "price": 1}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    data = tmp_path_factory.mktemp("data")
    up = CommandLine(data).start("up", "--port", "0")
    assert "ready" in up.stdout.readline()
    yield find_running(data).port
    up.terminate()
    up.communicate(timeout=20)


def post(port: int, body: bytes, path: str = "/v1/orders", **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None
    finally:
        connection.close()


def order(**fields: object) -> bytes:
    return json.dumps({"id": "limits", "customerId": "1", **LINE, **fields}).encode()


def test_a_body_over_the_limit_is_413(port: int) -> None:
    status, problem = post(port, order(po="x" * MOST))

    assert (status, problem["title"]) == (413, "Request Entity Too Large")
    assert f"at most {MOST} bytes" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[" * 500_000, "nested too deeply"),
        (b'{"id":' * 100_000, "nested too deeply"),
        (order()[:-1] + b',"price":' + b"9" * 900_000 + b"}", "price"),
        (b'{"id":"1","product":"x","quantity":' + b"9" * 900_000 + b"}", "quantity"),
        (b'{"id":"1","product":"x","quantity":1,"price":1e999999999}', "price"),
        (b'{"id":"1","product":"x","quantity":1,"price":1e-999999999}', "price"),
        (b'{"id":"1","product":"x","quantity":1,"price":NaN}', ""),
        (order(id="x" * 257), "256"),
        (order(product="x" * 257), "256"),
        (order(quantity=2**31), "quantity"),
        (b'{"id":"1","lines":[' + b"{}," * 5000 + b"{}]}", "at most 5000"),
        (b'{"id":"1",' + b",".join(b'"k%d":1' % n for n in range(50_000)) + b"}", ""),
    ],
)
def test_what_nobody_means_is_refused_in_no_time_and_in_few_words(
    port: int, body: bytes, said: str
) -> None:
    began = time.monotonic()
    status, problem = post(port, body)

    assert status in (400, 422)
    assert said in problem["detail"]
    assert len(json.dumps(problem)) < 3000
    assert time.monotonic() - began < 20


def raw(port: int, head: bytes) -> bytes:
    """Send the head of a request, return the first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head)
        return connection.recv(4096).partition(b"\r\n")[0]


def test_too_many_or_too_long_headers_are_431(port: int) -> None:
    begin = b"GET /v1/orders HTTP/1.1\r\nHost: localhost\r\n"
    many = b"".join(b"X-%d: a\r\n" % n for n in range(200))

    for headers in (many, b"X: " + b"a" * MOST_HEADER_BYTES, b"X: " + b"a" * 300_000):
        assert b" 431 " in raw(port, begin + headers + b"\r\n\r\n")


def test_too_long_a_url_is_414(port: int) -> None:
    for length in (MOST_URL_BYTES, 300_000):
        assert b" 414 " in raw(port, b"GET /v1/orders?%s HTTP/1.1\r\n\r\n" % (b"a" * length))


def test_a_page_has_a_size_and_a_wait_has_an_end(port: int) -> None:
    for query in ("limit=1000000000", "limit=-1", "timeout=999999999"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        path = "/v1/orders/nowhere" if "timeout" in query else "/v1/orders"
        connection.request("GET", f"{path}?{query}")

        assert connection.getresponse().status in (400, 422)
        connection.close()


def sale(value: bytes, **headers: str) -> Record:
    return Record("sales", 0, 0, "socks", value, headers, 0)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (sale(b'"' + b"x" * Settings().max_event_bytes + b'"'), "expected at most 1048576"),
        (sale(b"[" * 500_000), "nested too deeply"),
        (sale(b'{"product":"x","pieces":' + b"9" * 900_000 + b"}"), ""),
        (sale(b'{"product":"x"}', a="x" * MOST_HEADER_CHARACTERS), "headers have 65537"),
        (sale(b'{"product":"x"}', **{"a" * MOST_HEADER_CHARACTERS: "x"}), "headers have 65537"),
    ],
)
def test_an_event_over_a_limit_is_a_dead_letter_with_a_reason_and_its_bytes(
    record: Record, said: str
) -> None:
    shop = Shop(tell)
    shop.deliver(record, Record("sales", 0, 1, "k", b'{"product":"y"}', {}, 0))
    [letter] = [m for m in shop.sidecar.messages if m.topic == tell.spec.dead_letter_topic]
    sold = [m for m in shop.sidecar.messages if m.topic == "sold"]

    assert letter.value == record.value
    assert said in DeadLetter.read(letter.headers).message
    assert len(DeadLetter.read(letter.headers).message) <= 2000
    assert len(sold) == 1
    assert json.loads(sold[0].value)["data"] == {"product": "y", "pieces": 1}
