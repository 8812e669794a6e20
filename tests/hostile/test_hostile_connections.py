"""What is no decent HTTP is refused or cut off, and the next client is served."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.cluster.ports import free_port
from runtime import FakeClock, function
from runtime.arguments import Resources
from runtime.host import make_app
from runtime.registry import Service
from runtime.server import Server
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar

GOOD = b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\n\r\n"
REQUESTS = [
    b"\r\n",
    b"\x00",
    b"GET\r\n\r\n",
    b"GET  /v1/echo/a HTTP/1.1\r\n\r\n",
    b"GET /v1/echo/a HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET /v1/echo/%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1/echo/%ff%fe HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1/echo/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1/echo/\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1/echo/%ed%a0%80 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET //v1/echo/a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://other/v1/echo/a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"BREW /v1/echo/a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1/echo/a?%ff=%fe&&&=%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\nX: \xff\xfe\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\nCe-Id: \xff\r\nCe-Time: \xe9\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 5000 + b"\r\n",
    b"GET /v1/echo/a HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
    b"GET /v1/echo/" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n[]",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n[]",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nExpect: everything\r\nContent-Length: 2\r\n\r\n[]",
    b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@function(http="GET /v1/echo/{word}")
def echo(word: str) -> list[str]:
    """Answer with the word."""
    return [word]


@function(http="POST /v1/echo")
def echo_all(words: list[str]) -> list[str]:
    """Answer with the words."""
    return words


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port(set())
    service = Service("shop", {each.spec.name: each.spec for each in (echo, echo_all)})
    running = Running(
        service, RecordingSidecar(), Settings(), clock=FakeClock(), resources=Resources({})
    )
    server = Server(make_app([running], Settings()), "127.0.0.1", port, threads=2)
    ready = threading.Event()
    thread = threading.Thread(target=server.serve, args=(ready.set,))
    thread.start()
    assert ready.wait(20)
    yield port
    server.stop()
    thread.join(20)
    assert not thread.is_alive()


def send(port: int, request: bytes) -> bytes:
    """Send these bytes and nothing more; return the beginning of what comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(65536)
        except OSError:  # it was hung up on
            return b""


def is_served(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/v1/echo/a")
        answer = connection.getresponse()
        return (answer.status, answer.read()) == (200, b'["a"]')
    finally:
        connection.close()


def check(port: int, request: bytes) -> None:
    answer = send(port, request)
    status = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0

    assert status < 500, answer[:500]
    assert b"Traceback" not in answer
    assert is_served(port)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda raw: ascii(raw[:60]))
def test_a_malformed_request_hurts_nobody(port: int, request_: bytes) -> None:
    check(port, request_)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(number=st.integers(0, len(REQUESTS) - 1), at=st.integers(0, 10_000), junk=st.binary())
def test_a_request_with_junk_in_it_hurts_nobody(
    port: int, number: int, at: int, junk: bytes
) -> None:
    request = REQUESTS[number]
    at %= len(request)
    check(port, request[:at] + junk + request[at + 1 :])
