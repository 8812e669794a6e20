"""Orders that are posted and decided, by a service that is none."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local.bench import deciding
from local.errors import Failure


class Service(ThreadingHTTPServer):
    """Takes every order, and decides each in one way."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.state = 201, "VALIDATED"
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(f"POST {order['id']}")
        self.answer(self.server.status, b"")

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path.partition('?')[0]}")
        self.answer(200, json.dumps({"state": self.server.state}).encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_each_order_is_posted_and_its_decision_waited_for(service: Service):
    taken_ms = deciding.measure(service.server_port, "run", 2, rate=1000)

    assert sorted(service.asked) == [
        "GET /v1/orders/run-0/validated",
        "GET /v1/orders/run-1/validated",
        "POST run-0",
        "POST run-1",
    ]
    assert len(taken_ms) == 2
    assert all(0 < each < 10_000 for each in taken_ms)


def test_an_order_that_is_refused_fails_the_measurement(service: Service):
    service.status = 503

    with pytest.raises(Failure, match="POST /v1/orders was answered 503; expected 201"):
        deciding.measure(service.server_port, "run", 1, rate=1000)


def test_another_decision_fails_the_measurement(service: Service):
    service.state = "FAILED"

    with pytest.raises(Failure, match="'run-0' was decided FAILED; expected VALIDATED"):
        deciding.measure(service.server_port, "run", 1, rate=1000)
