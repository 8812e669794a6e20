"""Clients that wait, at a service that is none."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local.bench import waiting_clients
from local.errors import Failure


class Service(ThreadingHTTPServer):
    """Has its clients wait until `tell`, and answers them all with one status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.told = threading.Event()
        self.waiting, self.looks = 0, 0
        self.lock = threading.Lock()

    def tell(self) -> dict[str, float]:
        moment = time.perf_counter()
        self.told.set()
        return {"a": moment, "b": moment}


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self.answer(200, f"# TYPE x gauge\nsluice_waiting_requests {self.server.waiting}.0\n")
        elif self.path.endswith("timeout=0"):
            self.server.looks += 1
            self.answer(504, "")
        elif self.server.status == 200:
            with self.server.lock:
                self.server.waiting += 1
            self.server.told.wait(10)
            self.answer(200, "{}")
        else:
            self.answer(self.server.status, "")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

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


def test_each_client_has_its_time_from_the_event_on(service: Service):
    seen: list[int] = []

    taken_ms = waiting_clients.measure(
        service.server_port, ["a", "b", "a"], service.tell, lambda: seen.append(service.waiting)
    )

    assert (seen, service.looks) == ([3], 1)
    assert len(taken_ms) == 3
    assert all(0 < each < 10_000 for each in taken_ms)


def test_another_answer_fails_the_measurement(service: Service):
    service.status = 503

    with pytest.raises(Failure, match="order 'a' was answered 503; expected 200"):
        waiting_clients.measure(service.server_port, ["a"], service.tell)
