"""How long does somebody wait who posts an order and asks for its decision?"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection

from local.bench.workload import CUSTOMERS, posted
from local.cluster.ports import HOST
from local.errors import Failure

#: So many may wait at the same time; later ones would be posted late.
_CLIENTS = 64
#: How long a decision may stay out.
_PATIENCE_SECONDS = 30


def measure(port: int, run: str, count: int, rate: float) -> list[float]:
    """Post so many orders evenly; return the milliseconds from each POST to its decision.

    Each client waits by a long poll of `GET /v1/orders/{id}/validated`, on the connection of its
    POST. Raises Failure when an order is answered with anything but VALIDATED.
    """
    start = time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as clients:
        return list(
            clients.map(
                lambda number: _decide(port, f"{run}-{number}", number, start + number / rate),
                range(count),
            )
        )


def _decide(port: int, id: str, number: int, due: float) -> float:
    time.sleep(max(0.0, due - time.perf_counter()))
    began = time.perf_counter()
    with closing(HTTPConnection(HOST, port, timeout=_PATIENCE_SECONDS + 10)) as client:
        order = posted(id, number, number % CUSTOMERS)  # for another customer each time
        _ask(client, "POST", "/v1/orders", HTTPStatus.CREATED, order)
        path = f"/v1/orders/{id}/validated?timeout={_PATIENCE_SECONDS * 1000}"
        decided = _ask(client, "GET", path, HTTPStatus.OK)
        taken_ms = (time.perf_counter() - began) * 1000
    if (state := json.loads(decided)["state"]) != "VALIDATED":
        raise Failure(f"Order {id!r} was decided {state}; expected VALIDATED.")
    return taken_ms


def _ask(
    client: HTTPConnection, method: str, path: str, expected: HTTPStatus, body: bytes = b""
) -> bytes:
    client.request(method, path, body or None, {"content-type": "application/json"})
    answer = client.getresponse()
    text = answer.read()
    if answer.status != expected:
        raise Failure(f"{method} {path} was answered {answer.status}; expected {expected:d}.")
    return text
