"""Bodies at the real server: as much as is allowed, and no longer than they may take."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime.gate import Held, gate_of
from runtime.server import Server
from runtime.settings import Settings
from tests.runtime.site import THREADS, Site
from tests.waiting import wait_until


def test_a_body_may_come_in_pieces(site: Site) -> None:
    pieces = iter([b'["', b"a" * 100_000, b'"]'])
    status, body = site.get("/v1/echo", "POST", body=pieces, encode_chunked=True)

    assert (status, len(body)) == (200, 100_004)


def test_a_body_over_the_limit_is_refused_unread(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.putrequest("POST", "/v1/echo")
    connection.putheader("Content-Length", str(Settings().max_body_bytes + 1))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()

    assert status == 413


def test_a_body_that_claims_a_length_and_comes_in_pieces_is_bounded_all_the_same(
    site: Site,
) -> None:
    most = Settings().max_body_bytes
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", site.port), 10) as connection:
        connection.sendall(POST + both)
        with contextlib.suppress(OSError):  # it may be cut off meanwhile
            connection.sendall(b"%x\r\n" % (most + 1) + b"[" * (most + 1) + b"\r\n0\r\n\r\n")
        answer = connection.recv(65536)

    assert answer[:12] == b"HTTP/1.1 413"


@pytest.fixture
def impatient() -> Iterator[Site]:
    """It gives every client half a second."""
    site = Site()
    site.server = Server(site.app, "127.0.0.1", site.port, threads=THREADS, patience_seconds=0.5)
    site.thread = threading.Thread(target=site.server.serve, args=(site._set_ready,))
    site.start()
    yield site
    site.stop()


def rest_of(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    connection.settimeout(30)
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/echo HTTP/1.1\r\nHost: localhost\r\n"
SIZED = POST + b"Content-Length: 9\r\n\r\n["
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n["


@pytest.mark.parametrize(
    ("begun", "answer"),
    [
        (b"", b""),
        (b"GET /healthz HT", b""),
        (GET + b"X-", b""),
        (SIZED, b" 408 "),
        (CHUNKED, b" 408 "),
    ],
)
def test_a_client_that_never_finishes_is_cut_off(
    impatient: Site, begun: bytes, answer: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port)) as connection:
        connection.sendall(begun)
        said = rest_of(connection)

    assert answer in said
    assert said.count(b"HTTP/1.1") == bool(answer)


def test_a_client_that_only_trickles_is_cut_off_too(impatient: Site) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port)) as connection:
        connection.sendall(GET)
        connection.settimeout(0.1)

        wait_until(lambda: not took_more(connection))


def took_more(connection: socket.socket) -> bool:
    """Send one more header; False when the other side has hung up."""
    try:
        connection.sendall(b"X-A: b\r\n")
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_hundreds_that_never_finish_hold_nobody_up(site: Site) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(200):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            slow.sendall(SIZED if number % 2 else GET)

        assert site.get("/v1/echo", "POST", body=b'["a"]') == (200, b'["a"]')


def test_who_has_no_token_is_refused_before_the_body_is_read() -> None:
    site = Site(app_api_token="s3cret-token")
    site.start()
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(
            b"POST /deliveries/events/sales HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 900000000\r\n\r\n"
        )
        said = rest_of(connection)
    site.stop()

    assert b" 401 " in said
    assert not site.entered.is_set()


@pytest.mark.parametrize("in_pieces", [True, False])
@pytest.mark.parametrize(("token", "expected"), [("s3cret-token", 413), ("wrong", 401)])
def test_who_sends_too_much_is_told_so_and_nothing_of_it_is_kept(
    in_pieces: bool, token: str, expected: int
) -> None:
    site = Site(app_api_token="s3cret-token")
    site.start()
    headers = {"dapr-api-token": token}
    pieces = [b"a" * 100_000] * 100
    body = iter(pieces) if in_pieces else b"".join(pieces)
    status, _ = site.get("/v1/echo", "POST", body=body, headers=headers, encode_chunked=in_pieces)
    site.stop()

    assert status == expected
    assert gate_of(site.app).held.bytes == 0


def test_bodies_are_bounded_over_all_requests_also_those_that_wait(
    together: ThreadPoolExecutor,
) -> None:
    site = Site()
    gate_of(site.app).held = Held(10)
    site.start()
    waiting = together.submit(site.get, "/v1/shelves/socks", body=b"12345678")
    wait_until(lambda: site.waiting == 1)
    second, body = site.get("/v1/echo", "POST", body=b'["a"]')
    site.put("socks")
    first, _ = waiting.result(10)
    third, _ = site.get("/v1/echo", "POST", body=b'["a"]')
    site.stop()

    assert (first, second, third) == (200, 503, 200)
    assert b"Too much is being sent" in body
    assert gate_of(site.app).held.bytes == 0
