"""The real server on a free port."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, request

from runtime import FakeClock, Headers, Retry, Table, function, metrics
from runtime.arguments import Resources
from runtime.catching_up import CatchingUp
from runtime.gate import Held, gate_of
from runtime.host import make_app
from runtime.receiver import Receiver
from runtime.registry import Service
from runtime.reply import Reply
from runtime.requests import Request
from runtime.routes import Parked, routes_of
from runtime.server import Server
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Shelf
from tests.waiting import wait_until

THREADS = 2


@function(http="GET /v1/shelves/{product}", waits=True)
def await_shelf(product: str, shelves: Table[Shelf]) -> Shelf:
    """Wait for a shelf."""
    if (shelf := shelves.get(product)) is None:
        raise Retry(f"The shelf {product!r} is not there yet.")
    return shelf


@function(http="GET /v1/reserved/{product}", waits=True)
def await_reserved(product: str, shelves: Table[Shelf], headers: Headers) -> str:
    """Wait for a shelf, and say who asked."""
    await_shelf(product, shelves)
    return headers["who"]


@function(http="POST /v1/shelves/{product}/sold", waits=True)
def sell(product: str, shelves: Table[Shelf]) -> Shelf:
    """Sell one piece of a shelf, when there is one."""
    shelf = await_shelf(product, shelves)
    shelves.put(product, Shelf(shelf.sold + 1))
    return Shelf(shelf.sold + 1)


@function(http="POST /v1/echo")
def echo(new: list[str]) -> list[str]:
    """Answer with the body."""
    return new


class Site:
    """A server with few threads, serving on a thread of its own."""

    def __init__(self, **settings: Any) -> None:
        self.port = free_port()
        self.sidecar = RecordingSidecar()
        functions = (await_shelf, await_reserved, sell, echo)
        service = Service("shop", {f.spec.name: f.spec for f in functions})
        self.running = Running(
            service, self.sidecar, Settings(**settings), clock=FakeClock(), resources=Resources({})
        )
        self.app = app = make_app([self.running], Settings(**settings))
        self.finish = threading.Event()
        self.entered = threading.Event()
        self.inside: list[int] = []
        app.add_url_rule("/slow", "slow", self._slow)
        app.add_url_rule("/deliveries/events/<path:topic>", "deliveries", methods=["POST"])
        routes_of(app).add("deliveries", _SlowReceiver(self))
        app.add_url_rule("/seen", "seen", _seen)
        self.server = Server(app, "127.0.0.1", self.port, threads=THREADS)
        self.thread = threading.Thread(target=self.server.serve, args=(self._set_ready,))
        self.ready = threading.Event()

    def start(self) -> None:
        self.thread.start()
        assert self.ready.wait(10)

    def stop(self) -> None:
        self.finish.set()
        self.server.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()

    def get(self, path: str, method: str = "GET", **options: Any) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, **options)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def put(self, product: str) -> None:
        self.sidecar.transact([Write(f"shelves/{product}", b'{"sold":1}', ANY)])
        self.running.waiters.notify([f"shelves/{product}"])

    @property
    def waiting(self) -> int:
        return self.running.waiters._count

    @property
    def asleep(self) -> int:
        """How many wait that have looked at their rows once more."""
        return len(self.server._long_polls)

    @property
    def reads(self) -> int:
        return self.sidecar.calls.count("get")

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Have no thread for requests until the block ends; what they ask for in it has come."""
        with ThreadPoolExecutor(THREADS) as pool:
            held = [pool.submit(self.get, "/slow") for _ in range(THREADS)]
            wait_until(lambda: len(self.inside) == THREADS)
            yield
            self.get("/healthz")  # its turn on the loop comes after theirs
            self.finish.set()
            assert [each.result(10)[0] for each in held] == [200] * THREADS

    def _set_ready(self) -> None:
        self.ready.set()

    def _slow(self) -> str:
        self.inside.append(threading.get_ident())
        self.entered.set()
        assert self.finish.wait(10)
        return "done"


class _SlowReceiver(Receiver):
    """Takes deliveries, and until it may finish it says nothing."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.running, CatchingUp([], lambda topic: {}, 0), fills_tables=False)
        self._site = site

    def answer(self, topic: str, body: bytes) -> Reply:
        self._site._slow()
        return Reply(200, [], topic.encode())


def _seen() -> dict[str, Any]:
    return {"path": request.path, "query": request.args, "token": request.headers.get("__key")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def together() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


def test_answers_a_request(site: Site) -> None:
    assert site.get("/v1/echo", "POST", body=b'["a"]') == (200, b'["a"]')


def test_hands_on_what_was_asked(site: Site) -> None:
    _, body = site.get("/seen?a=1&b=%20", headers={"__key": "k"})

    assert body == b'{"path":"/seen","query":{"a":"1","b":" "},"token":"k"}\n'


def test_a_name_in_a_path_may_hold_a_slash(site: Site) -> None:
    site.put("a/b")

    assert site.get("/v1/shelves/a%2Fb") == (200, b'{"sold":1}')


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


def test_head_is_answered_without_a_body(site: Site) -> None:
    site.put("socks")

    assert site.get("/v1/shelves/socks", "HEAD") == (200, b"")
    assert site.get("/v1/shelves/socks")[0] == 200


def test_head_waits_without_a_thread_too(site: Site, together: ThreadPoolExecutor) -> None:
    answers = [together.submit(site.get, "/v1/shelves/socks", "HEAD") for _ in range(THREADS + 1)]
    wait_until(lambda: site.waiting == THREADS + 1)
    meanwhile, _ = site.get("/v1/echo", "POST", body=b"[]")
    site.put("socks")

    assert meanwhile == 200
    assert [answer.result(10) for answer in answers] == [(200, b"")] * (THREADS + 1)


def test_many_requests_wait_without_a_thread_each(site: Site, together: ThreadPoolExecutor) -> None:
    answers = [together.submit(site.get, f"/v1/shelves/{n % 5}") for n in range(40)]
    wait_until(lambda: site.waiting == 40)
    meanwhile, _ = site.get("/healthz")
    for number in range(5):
        site.put(str(number))

    assert meanwhile == 200
    assert [answer.result(10)[0] for answer in answers] == [200] * 40


def test_deliveries_that_wait_for_their_turn_leave_the_clients_their_threads(
    site: Site, together: ThreadPoolExecutor
) -> None:
    path = "/deliveries/events/sales"
    delivered = [together.submit(site.get, path, "POST") for _ in range(THREADS + 1)]
    wait_until(lambda: len(site.inside) == THREADS)
    meanwhile = site.get("/v1/echo", "POST", body=b'["a"]')
    site.finish.set()

    assert meanwhile == (200, b'["a"]')
    assert [answer.result(10) for answer in delivered] == [(200, b"sales")] * (THREADS + 1)


def test_who_watches_is_answered_while_every_thread_waits_for_the_platform(
    site: Site, together: ThreadPoolExecutor
) -> None:
    hanging = [together.submit(site.get, "/slow") for _ in range(THREADS + 1)]
    assert site.entered.wait(10)
    meanwhile = [site.get(path)[0] for path in ("/healthz", "/metrics")]
    site.finish.set()

    assert meanwhile == [200, 200]
    assert [answer.result(10)[0] for answer in hanging] == [200] * (THREADS + 1)


def test_a_wait_ends_after_its_timeout(site: Site) -> None:
    status, body = site.get("/v1/shelves/socks?timeout=50")

    assert (status, b"Waited 50 ms." in body, site.waiting) == (504, True, 0)


def test_equal_requests_that_wait_are_run_once_for_all_of_them(
    site: Site, together: ThreadPoolExecutor
) -> None:
    counted = metrics.request("runtime.await_shelf", 200)._value
    before = counted.get()
    answers = [together.submit(site.get, "/v1/shelves/socks") for _ in range(50)]
    wait_until(lambda: site.asleep == 50)
    with site.busy():
        reads = site.reads
        site.put("socks")
        wait_until(lambda: site.asleep == 0)

    assert [answer.result(10) for answer in answers] == [(200, b'{"sold":1}')] * 50
    assert site.reads == reads + 1
    assert counted.get() == before + 50


def test_one_that_leaves_harms_none_that_waits_for_the_same(
    site: Site, together: ThreadPoolExecutor
) -> None:
    leaving = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    leaving.request("GET", "/v1/shelves/socks")
    wait_until(lambda: site.asleep == 1)
    staying = [together.submit(site.get, "/v1/shelves/socks") for _ in range(2)]
    wait_until(lambda: site.asleep == 3)
    leaving.close()
    wait_until(lambda: site.waiting == 2)
    site.put("socks")

    assert [answer.result(10)[0] for answer in staying] == [200, 200]


def test_one_answer_is_never_for_two_that_headers_tell_apart(
    site: Site, together: ThreadPoolExecutor
) -> None:
    answers = [
        together.submit(site.get, "/v1/reserved/socks", headers={"who": str(number)})
        for number in range(20)
    ]
    wait_until(lambda: site.asleep == 20)
    with site.busy():
        site.put("socks")
        wait_until(lambda: site.asleep == 0)

    assert [answer.result(10) for answer in answers] == [
        (200, f'"{number}"'.encode()) for number in range(20)
    ]


def test_what_a_request_changes_it_changes_for_itself(
    site: Site, together: ThreadPoolExecutor
) -> None:
    answers = [together.submit(site.get, "/v1/shelves/socks/sold", "POST") for _ in range(5)]
    wait_until(lambda: site.asleep == 5)
    with site.busy():
        site.put("socks")
        wait_until(lambda: site.asleep == 0)
    said = sorted(answer.result(10) for answer in answers)

    assert said == [(200, b'{"sold":%d}' % sold) for sold in range(2, 7)]


def test_of_two_that_share_a_run_each_has_a_deadline_of_its_own(site: Site) -> None:
    found = site.server._routes.find("GET", "/v1/shelves/socks")
    assert found is not None
    route, request = found[0], Request(found[1])
    parked = route.begin(request)
    assert isinstance(parked, Parked)
    late = replace(parked, wait_ms=10_000, moment=parked.moment - 9.9)
    early = replace(parked, wait_ms=60_000)

    def wait(parked: Parked) -> Future[Reply]:
        loop = site.server._loop
        assert loop is not None
        waiting = site.server._long_polls.wait(route, request, parked, loop.create_future())
        return asyncio.run_coroutine_threadsafe(waiting, loop)

    with site.busy():
        reads = site.reads
        waiting = [wait(late), wait(early)]
        wait_until(lambda: time.monotonic() > late.deadline)
    told = waiting[0].result(10)
    wait_until(lambda: site.asleep == 1)

    assert (told.status, b"Waited 10000 ms." in told.body) == (504, True)
    assert site.reads == reads + 1
    site.put("socks")
    assert waiting[1].result(10).status == 200


def test_too_many_waiters_are_refused(together: ThreadPoolExecutor) -> None:
    site = Site(max_waiting_requests=1)
    site.start()
    first = together.submit(site.get, "/v1/shelves/socks")
    wait_until(lambda: site.waiting == 1)
    second, _ = site.get("/v1/shelves/socks")
    site.put("socks")
    answered, _ = first.result(10)
    site.stop()

    assert (second, answered) == (503, 200)


def test_stopping_finishes_what_is_under_way(together: ThreadPoolExecutor) -> None:
    site = Site()
    site.start()
    slow = together.submit(site.get, "/slow")
    assert site.entered.wait(10)
    site.server.stop()
    site.finish.set()

    assert slow.result(10) == (200, b"done")
    site.stop()


def test_stopping_does_not_wait_for_those_who_wait(together: ThreadPoolExecutor) -> None:
    site = Site()
    site.start()
    waiting = together.submit(site.get, "/v1/shelves/socks?timeout=600000")
    wait_until(lambda: site.waiting == 1)
    site.stop()

    assert waiting.exception(10) is not None or waiting.result()[0] >= 500


def test_a_commit_after_the_stop_wakes_nobody_and_fails_nobody(
    together: ThreadPoolExecutor,
) -> None:
    site = Site()
    site.start()
    together.submit(site.get, "/v1/shelves/socks?timeout=600000")
    wait_until(lambda: site.waiting == 1)
    site.stop()

    site.put("socks")


def test_stopping_before_it_serves_ends_it() -> None:
    site = Site()
    site.server.stop()
    site.thread.start()
    site.thread.join(10)

    assert (site.thread.is_alive(), site.ready.is_set()) == (False, False)


def test_a_taken_port_is_named_and_nobody_is_told_that_it_serves(site: Site) -> None:
    told: list[str] = []
    second = Server(Flask("second"), "127.0.0.1", site.port, threads=1)
    with pytest.raises(OSError, match=f"Port {site.port} of 127.0.0.1 cannot be used"):
        second.serve(lambda: told.append("ready"))

    assert told == []


def test_a_client_that_goes_away_makes_room_for_another_one() -> None:
    site = Site(max_waiting_requests=1)
    site.start()
    try:
        leaving = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
        leaving.request("GET", "/v1/shelves/socks?timeout=60000")
        wait_until(lambda: site.waiting == 1)
        leaving.close()

        wait_until(lambda: site.waiting == 0)
    finally:
        site.stop()


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
