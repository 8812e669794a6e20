"""A real server on a free port, with few threads, for tests that are its clients."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import request

from runtime import FakeClock, Headers, Retry, Table, function
from runtime.arguments import Resources
from runtime.catching_up import CatchingUp
from runtime.host import make_app
from runtime.receiver import Receiver
from runtime.registry import Service
from runtime.reply import Reply
from runtime.routes import routes_of
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
