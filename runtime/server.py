"""Serves a Flask application with granian, in this process, on loopback.

granian's own WSGI workers are processes of their own; one service is one process here, so granian
is embedded with its RSGI interface and the few lines between RSGI and WSGI are ours. They also let
a request wait for a row without holding a thread (`runtime.host.Parked`).
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from flask import Flask
from flask import Response as Answer
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server as Granian

from runtime.gate import ADMITTED, DELIVERIES, Holding, gate_of, too_large
from runtime.host import (
    CAN_PARK,
    DEADLINE,
    HEALTH,
    METRICS,
    PARKED,
    Parked,
    too_many_waiting,
)
from runtime.log import logger
from runtime.problems import problem

log = logger("server")

#: How long a client may take for the head of a request, for its body, and for its next request on
#: the same connection. One that never finishes holds a connection this long, and nobody up.
PATIENCE_SECONDS = 30.0
#: So much of a body that is refused is read and thrown away, as long as more of it comes within so
#: many seconds: a client that is still sending when the connection is closed sees that, and not
#: the answer.
MOST_DRAINED_BYTES = 64 * 1024 * 1024
DRAINING_SECONDS = 0.5
#: Connections at a time; further ones wait until one of them is closed.
MOST_CONNECTIONS = 8192

Reply = tuple[int, list[tuple[str, str]], bytes]


class Server:
    """One HTTP server. `serve` blocks until `stop` is called from another thread or a signal."""

    def __init__(
        self,
        app: Flask,
        host: str,
        port: int,
        *,
        threads: int,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._app = app
        self._gate = gate_of(app)
        self._patience_seconds = patience_seconds
        self._host, self._port = host, port
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        # daprd delivers every partition at once, and a function takes one after the other: on the
        # same threads a topic of many partitions would leave none to the clients.
        self._deliveries = ThreadPoolExecutor(threads, thread_name_prefix="delivery")
        # Whoever watches must be answered when all the others wait for a platform that is silent.
        self._watching = ThreadPoolExecutor(1, thread_name_prefix="watching")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._granian: Granian | None = None
        self._stopping = threading.Event()
        self._waits: set[asyncio.Event] = set()

    def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until stopped; `ready` is called when requests are answered.

        Raises OSError when the port is taken.
        """
        self._refuse_taken_port()
        asyncio.run(self._serve(ready))

    def stop(self) -> None:
        """End `serve`: requests under way are finished, waiting ones are cut off."""
        self._stopping.set()
        if self._loop is not None and self._granian is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        assert self._granian is not None
        self._granian.stop()  # type: ignore[no-untyped-call]
        for changed in self._waits:
            changed.set()

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
        for pool in (self._pool, self._deliveries, self._watching):
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
            status, headers, content = await self._answer(scope, protocol, holding)
        protocol.response_bytes(status, headers, content)

    async def _answer(self, scope: Any, protocol: Any, holding: Holding) -> Reply:
        refusal = self._gate.refusal(scope.path, scope.query_string, scope.headers.items())
        parts = _parts(protocol)
        body = refusal or await self._body(scope.path, parts, holding)
        if isinstance(body, Answer):
            if body.status_code != HTTPStatus.REQUEST_TIMEOUT:
                await self._drain(scope, parts)
            return _reply(body)
        environ = _environ(scope)
        reply = await self._run(environ, body)
        if PARKED in environ:
            gone = asyncio.ensure_future(protocol.client_disconnect())
            try:
                reply = await self._wait(environ, body, gone)
            finally:
                gone.cancel()
        return reply

    async def _body(
        self, path: str, parts: AsyncIterator[bytes], holding: Holding
    ) -> bytes | Answer:
        """Read the body; its length need not have been said, and need not be true."""
        most, delivered = self._gate.most_bytes(path), path.startswith(DELIVERIES)
        read, size = [], 0
        try:
            async with asyncio.timeout(self._patience_seconds):
                async for part in parts:
                    size += len(part)
                    if size > most:
                        return too_large(most)
                    if not delivered and not holding.take(len(part)):
                        return problem(503, "Too much is being sent already.", retry_after="1")
                    read.append(part)
        except TimeoutError:
            return problem(408, f"The body did not come in {self._patience_seconds:g} s.")
        return b"".join(read)

    async def _drain(self, scope: Any, parts: AsyncIterator[bytes]) -> None:
        """Throw the rest of the body away, as far as that is a matter of moments."""
        if int(scope.headers.get("content-length") or 0) > MOST_DRAINED_BYTES:
            return
        size = 0
        with contextlib.suppress(TimeoutError, StopAsyncIteration):
            async with asyncio.timeout(self._patience_seconds):
                while size <= MOST_DRAINED_BYTES:
                    size += len(await asyncio.wait_for(anext(parts), DRAINING_SECONDS))

    async def _run(self, environ: dict[str, Any], body: bytes) -> Reply:
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        loop = asyncio.get_running_loop()
        pool = self._pool_of(environ["PATH_INFO"])
        return await loop.run_in_executor(pool, _call, self._app, environ)

    def _pool_of(self, path: str) -> ThreadPoolExecutor:
        if path.startswith(DELIVERIES):
            return self._deliveries
        return self._watching if path in (HEALTH, METRICS) else self._pool

    async def _wait(
        self, environ: dict[str, Any], body: bytes, gone: asyncio.Future[None]
    ) -> Reply:
        """Run the request again whenever a row it waits for has changed, until its deadline.

        `gone` is done when the client has left: then its place is free for another one at once.
        """
        parked: Parked = environ.pop(PARKED)
        environ[DEADLINE] = parked.deadline
        changed = asyncio.Event()
        gone.add_done_callback(lambda _: changed.set())
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(changed.set)

        while not (self._stopping.is_set() or gone.done()):
            with parked.waiters.waiting(parked.keys, wake) as accepted:
                if not accepted:
                    return _reply(too_many_waiting())
                changed.clear()
                reply = await self._run(environ, body)
                again: Parked | None = environ.pop(PARKED, None)
                if again is None:
                    return reply
                # Having found one row it may wait for another one now: then begin with that.
                if set(again.keys) <= set(parked.keys):
                    await self._sleep(changed, parked.deadline, gone)
                parked = again
        return _reply(problem(503, "The server is stopping.", retry_after="1"))

    async def _sleep(
        self, changed: asyncio.Event, deadline: float, gone: asyncio.Future[None]
    ) -> None:
        """Wait for the change, at most until the deadline or until server or client leave."""
        self._waits.add(changed)
        try:
            if not (self._stopping.is_set() or gone.done()):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), deadline - time.monotonic())
        finally:
            self._waits.discard(changed)


def _reply(answer: Answer) -> Reply:
    return answer.status_code, list(answer.headers), answer.get_data()


async def _parts(protocol: Any) -> AsyncIterator[bytes]:
    """The body as it comes; granian's own iterator can be begun once only."""
    async for part in protocol:
        yield part


def _environ(scope: Any) -> dict[str, Any]:
    """Make a WSGI environment (PEP 3333). Header names keep their underscores: Dapr's `__key`."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # granian has decoded it already; WSGI wants UTF-8 bytes dressed as latin-1 (PEP 3333).
        "PATH_INFO": scope.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        CAN_PARK: True,
        ADMITTED: True,
    }
    for name, value in scope.headers.items():
        plain = name.upper().replace("-", "_")
        environ[plain if plain == "CONTENT_TYPE" else f"HTTP_{plain}"] = value
    return environ


def _call(app: Flask, environ: dict[str, Any]) -> Reply:
    """Call the WSGI application on a thread of the pool."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [int(status.split(" ", 1)[0]), headers]
        return lambda data: None

    result = app(environ, start_response)
    try:
        content = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return started[0], started[1], content
