"""How many orders a second can be posted, each answered when it is on the log?"""

from __future__ import annotations

import itertools
import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack

from local.bench.workload import posted
from local.cluster.ports import HOST
from local.errors import Failure

#: Clients that each keep a connection open and have one request under way.
CLIENTS = 16
_PATIENCE_SECONDS = 30.0


def measure(port: int, run: str, count: int) -> float:
    """Post `count` new orders; return requests per second. Raises Failure unless all are 201.

    The clients share one thread, and speak HTTP by hand: a thread for each, or a client library,
    takes more processor time for a request than the server.
    """
    requests = [_request(f"{run}-{number}", number) for number in range(count)]
    began = time.perf_counter()
    accepted = _post_all(port, requests)
    seconds = time.perf_counter() - began
    if accepted != count:
        raise Failure(f"{count - accepted} of {count} orders were not answered with 201.")
    return count / seconds


def _request(id: str, number: int) -> bytes:
    body = posted(id, number, 1)
    head = f"POST /v1/orders HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def _post_all(port: int, requests: Sequence[bytes]) -> int:
    """Send all over `CLIENTS` connections; return how many were answered with 201."""
    left = iter(requests)
    accepted = answered = 0
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for first in itertools.islice(left, CLIENTS):
            connection = socket.create_connection((HOST, port), _PATIENCE_SECONDS)
            stack.enter_context(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(first)
            selector.register(connection, selectors.EVENT_READ, connection)
        while answered < len(requests):
            ready = selector.select(_PATIENCE_SECONDS)
            if not ready:
                raise Failure(f"No answer within {_PATIENCE_SECONDS:g} s.")
            for key, _ in ready:
                accepted += _is_created(key.data)
                answered += 1
                if following := next(left, None):
                    key.data.sendall(following)
    return accepted


def _is_created(connection: socket.socket) -> bool:
    """Read one answer."""
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
