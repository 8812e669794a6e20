"""Serves a Flask application with granian, in this process, on loopback.

granian's own WSGI workers are processes of their own; one service is one process here, so granian
is embedded with its RSGI interface. Functions are asked directly, and may wait for a row without
holding a thread (`runtime.routes`); what lies between RSGI and Flask for all else is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from flask import Response as Answer
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server as Granian

from runtime import signals, wsgi
from runtime.bodies import Bodies
from runtime.crew import Crew
from runtime.gate import ADMITTED, Holding, gate_of
from runtime.host import HEALTH, METRICS
from runtime.log import logger
from runtime.long_polls import LongPolls
from runtime.parked import Parked
from runtime.receiver import Receiver
from runtime.reply import Reply
from runtime.requests import Request
from runtime.routes import Route, routes_of

log = logger("server")

#: How long a client may take for the head of a request, for its body, and for its next request on
#: the same connection. One that never finishes holds a connection this long, and nobody up.
PATIENCE_SECONDS = 30.0
#: Connections at a time; further ones wait until one of them is closed.
MOST_CONNECTIONS = 8192


class Server:
    """One HTTP server. `serve` blocks until `stop` is called from another thread or a signal."""

    def __init__(
        self,
        app: Flask,
        host: str,
        port: int,
        *,
        threads: int,
        eager_threads: int | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._app = app
        self._gate = gate_of(app)
        self._bodies = Bodies(self._gate, patience_seconds)
        self._patience_seconds = patience_seconds
        self._host, self._port = host, port
        self._routes = routes_of(app)
        self._crew = Crew(threads, eager_threads or threads, "request")
        self._long_polls = LongPolls(self._crew)
        # daprd delivers every partition at once, and a function takes one after the other: on the
        # same threads a topic of many partitions would leave none to the clients.
        self._deliveries = ThreadPoolExecutor(threads, thread_name_prefix="delivery")
        # Whoever watches must be answered when all the others wait for a platform that is silent.
        self._watching = ThreadPoolExecutor(1, thread_name_prefix="watching")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._granian: Granian | None = None
        self._stopping = threading.Event()

    def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until stopped; `ready` is called when requests are answered.

        Raises OSError when the port is taken.
        """
        self._refuse_taken_port()
        asyncio.run(self._serve_awake(ready))

    def stop(self) -> None:
        """End `serve`: requests under way are finished, waiting ones are cut off."""
        self._stopping.set()
        self._long_polls.end()
        if self._loop is not None and self._granian is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        assert self._granian is not None
        self._granian.stop()  # type: ignore[no-untyped-call]
        self._long_polls.wake_all()

    async def _serve_awake(self, ready: Callable[[], None]) -> None:
        with signals.waking(asyncio.get_running_loop()):
            await self._serve(ready)

    async def _serve(self, ready: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._granian = Granian(
            self,
            address=self._host,
            port=self._port,
            interface=Interfaces.RSGI,
            # daprd and all the others speak HTTP/1.1; what nobody speaks nobody can abuse.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=int(self._patience_seconds * 1000)),
            websockets=False,
            log_enabled=False,
            backlog=1024,
            backpressure=MOST_CONNECTIONS,
        )
        serving = asyncio.create_task(self._granian.serve())
        await self._answering(serving)
        if self._stopping.is_set():  # asked before there was anything to stop
            self.stop()
        else:
            ready()
        await serving
        self._crew.close()
        for pool in (self._deliveries, self._watching):
            pool.shutdown(wait=False, cancel_futures=True)

    def _refuse_taken_port(self) -> None:
        """granian would share the port with another server that shares, and never say so."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._host, self._port))
            except OSError as error:
                raise OSError(
                    error.errno,
                    f"Port {self._port} of {self._host} cannot be used: {error.strerror}. "
                    "Stop what holds it, or choose another with SLUICE_PORT.",
                ) from None

    async def _answering(self, serving: asyncio.Task[None]) -> None:
        while not serving.done():
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self._host, self._port)
                writer.close()
                return
            await asyncio.sleep(0.01)
        await serving

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request (RSGI 1.5)."""
        with self._gate.held.holding() as holding:
            reply = await self._answer(scope, protocol, holding)
        protocol.response_bytes(*reply)

    async def _answer(self, scope: Any, protocol: Any, holding: Holding) -> Reply:
        refusal = self._gate.refusal(scope.path, scope.query_string, scope.headers.items())
        if refusal is not None:
            await self._bodies.throw_away(scope, protocol)
            return Reply.of_answer(refusal)
        body = await self._bodies.read(scope, protocol, holding)
        if isinstance(body, Answer):
            return Reply.of_answer(body)
        found = self._routes.find(scope.method, scope.path)
        if found is None:
            return await self._ask_application(scope, body)
        route, path = found
        if isinstance(route, Receiver):
            receive = functools.partial(route.answer, path["topic"], body)
            return await asyncio.get_running_loop().run_in_executor(self._deliveries, receive)
        query, headers = wsgi.query_of(scope.query_string), wsgi.headers_of(scope.headers)
        received = Request(path, query, headers, body)
        return await self._ask(route, received, protocol)

    async def _ask_application(self, scope: Any, body: bytes) -> Reply:
        environ = wsgi.environ_of(scope, body) | {ADMITTED: True}
        ask = functools.partial(wsgi.call, self._app, environ)
        if scope.path in (HEALTH, METRICS):
            return await asyncio.get_running_loop().run_in_executor(self._watching, ask)
        reply: Reply = await self._crew.run(ask)
        return reply

    async def _ask(self, route: Route, received: Request, protocol: Any) -> Reply:
        begun: Reply | Parked = await self._crew.run(lambda: route.begin(received))
        if isinstance(begun, Reply):
            return route.done(begun)
        gone = asyncio.ensure_future(protocol.client_disconnect())
        try:
            reply = await self._long_polls.wait(route, received, begun, gone)
            return reply if gone.done() else route.done(reply)  # nobody hears it any more
        finally:
            gone.cancel()
