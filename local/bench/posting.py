"""How many orders a second can be posted, each answered when it is on the log?"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from local.bench.workload import PRODUCTS
from local.cluster.ports import HOST
from local.errors import Failure

#: Clients that each keep a connection open and have one request under way.
CLIENTS = 16
_PATIENCE_SECONDS = 30.0


def measure(port: int, run: str, count: int) -> float:
    """Post `count` new orders; return requests per second. Raises Failure unless all are 201."""
    requests = [_request(f"{run}-{number}", number) for number in range(count)]
    shares = [requests[client::CLIENTS] for client in range(CLIENTS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        accepted = sum(clients.map(lambda share: _post_all(port, share), shares))
    seconds = time.perf_counter() - began
    if accepted != count:
        raise Failure(f"{count - accepted} of {count} orders were not answered with 201.")
    return count / seconds


def _request(id: str, number: int) -> bytes:
    order = {
        "id": id,
        "customerId": "c-0001",
        "product": f"p-{number % PRODUCTS:03}",
        "quantity": 1,
        "price": 4.95,
    }
    body = json.dumps(order)
    head = f"POST /v1/orders HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()


def _post_all(port: int, requests: Sequence[bytes]) -> int:
    """Send one after the other on one connection; return how many were answered with 201.

    By hand: a client library takes more processor time for a request than the server.
    """
    with socket.create_connection((HOST, port), _PATIENCE_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sum(_post(connection, request) for request in requests)


def _post(connection: socket.socket, request: bytes) -> bool:
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    while len(body) < _length(head):
        body += _more(connection)
    return head.startswith(b"HTTP/1.1 201")


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise Failure("The server closed a connection in the middle of an answer.")
    return received


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
