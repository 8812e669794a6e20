"""Orders that are posted and decided, by a service that is none."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from local.bench import deciding
from local.errors import Failure
from tests.local.http_service import Reply, Request, serving


class Service:
    """Takes every order, and decides each in one way."""

    def __init__(self) -> None:
        self.server_port = 0
        self.status, self.state = 201, "VALIDATED"
        self.asked: list[str] = []

    def answer(self, request: Request) -> Reply:
        if request.method == "POST":
            self.asked.append(f"POST {json.loads(request.body)['id']}")
            return self.status, b""
        self.asked.append(f"GET {request.path.partition('?')[0]}")
        return 200, json.dumps({"state": self.state}).encode()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    with serving(made.answer) as url:
        made.server_port = urlsplit(url).port or 0
        yield made


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
