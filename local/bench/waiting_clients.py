"""Many clients that each wait for one order, all in this process: one clock, no thread each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus

from local.cluster.ports import HOST
from local.errors import Failure
from runtime.host import METRICS
from runtime.routes import MOST_WAIT_MS

#: Connections that are being opened at a time: more would overrun the server's queue of them.
_OPENING = 100
_LOOK_SECONDS = 0.05
_PATIENCE_SECONDS = 60.0
#: How many requests wait, as the service itself counts them.
_GAUGE = b"sluice_waiting_requests "


def measure(
    port: int,
    ids: Sequence[str],
    publish: Callable[[], Mapping[str, float]],
    all_wait: Callable[[], None] = lambda: None,
) -> list[float]:
    """Have a client wait for each id; return the milliseconds from its event to its answer.

    An id may be wanted by many. Once all of them wait, `all_wait` is called and then `publish`,
    on another thread; it returns the moment (`time.perf_counter`) at which it sent each id's event.
    Raises Failure when one is answered with anything but 200, or too late by a minute.
    """
    return asyncio.run(_measure(port, ids, publish, all_wait))


async def _measure(
    port: int,
    ids: Sequence[str],
    publish: Callable[[], Mapping[str, float]],
    all_wait: Callable[[], None],
) -> list[float]:
    room = asyncio.Semaphore(_OPENING)
    clients = [asyncio.create_task(_wait(port, id, room)) for id in ids]
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await _until_all_wait(port, clients)
        await asyncio.to_thread(all_wait)
        sent = await asyncio.to_thread(publish)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answered = await asyncio.gather(*clients)
    except TimeoutError:
        done = sum(client.done() for client in clients)
        raise Failure(f"{done:,} of {len(ids):,} waiting clients were answered, no more.") from None
    finally:
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
    return [(moment - sent[id]) * 1000 for id, moment in zip(ids, answered, strict=True)]


async def _wait(port: int, id: str, room: asyncio.Semaphore) -> float:
    """Ask for an order; return when its answer came."""
    async with room:
        reader, writer = await _ask(port, f"/v1/orders/{id}?timeout={MOST_WAIT_MS}")
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        moment = time.perf_counter()
    finally:
        writer.close()
    status = head.split(b" ", 2)[1].decode()
    if status != str(HTTPStatus.OK.value):
        raise Failure(f"A client that waits for order {id!r} was answered {status}; expected 200.")
    return moment


async def _until_all_wait(port: int, clients: Sequence[asyncio.Task[float]]) -> None:
    while await _waiting(port) < len(clients):
        for client in clients:
            if client.done():
                client.result()  # raises what went wrong
        await asyncio.sleep(_LOOK_SECONDS)
    # Each of them looks once more after it was counted. This one's turn comes after theirs.
    await _read(port, "/v1/orders/nobody-s?timeout=0")


async def _waiting(port: int) -> int:
    lines = (await _read(port, METRICS)).splitlines()
    counts = [float(line.removeprefix(_GAUGE)) for line in lines if line.startswith(_GAUGE)]
    return int(counts[0]) if counts else 0


async def _read(port: int, path: str) -> bytes:
    reader, writer = await _ask(port, path)
    try:
        return await reader.read()
    finally:
        writer.close()


async def _ask(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HOST, port)
    with suppress(ConnectionError):  # reading says so too
        writer.write(f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
    return reader, writer
