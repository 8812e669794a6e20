"""How calls travel to daprd: on connections that are kept, each call once, whatever breaks.

The server is gRPC's own, so that what is said is what gRPC means by it.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import grpc
import pytest
from dapr.proto import api_service_v1, api_v1

from runtime.errors import PlatformDown, PlatformSilent, PlatformSlow
from runtime.sidecars.connection import Connection
from tests.waiting import wait_until

BODY = 20_000
#: The largest message that the server takes.
TAKES = 3_000_000


class Daprd(api_service_v1.DaprServicer):  # type: ignore[misc]
    """Answers with what it is asked for, and keeps who asked for what."""

    def __init__(self) -> None:
        self.peers: list[str] = []
        self.asked: list[str] = []
        self.metadata: dict[str, str] = {}
        self.seconds_left = 0.0
        self.refusal: tuple[grpc.StatusCode, str] | None = None
        self.gate = threading.Event()
        self.gate.set()

    def GetBulkState(self, request: Any, context: Any) -> Any:
        self.peers.append(context.peer())
        self.asked.extend(request.keys)
        self.metadata = dict(context.invocation_metadata())
        self.seconds_left = context.time_remaining()
        self.gate.wait(10)
        if self.refusal:
            context.abort(*self.refusal)
        items = [api_v1.BulkStateItem(key=key, data=b"x" * BODY) for key in request.keys]
        return api_v1.GetBulkStateResponse(items=items)


class Relay:
    """Stands between a client and a server; may end the connection in the place of an answer."""

    def __init__(self, upstream: int) -> None:
        self.loses_answer = False
        #: What else it does to a client: end the connection properly, or reset it.
        self.resets = False
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def hang_up(self) -> None:
        """End all connections."""
        for client in self._clients:
            with suppress(OSError):  # it has ended by itself
                client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                self._threads.append(threading.Thread(target=self._serve, args=[client]))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._upstream))
        with client, server, suppress(OSError):
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is client:
                        server.sendall(data)
                    elif not self.loses_answer:
                        client.sendall(data)
                    elif len(data) > 1000:  # what is shorter is not the message
                        self._lose(client)
                        return

    def _lose(self, client: socket.socket) -> None:
        self.loses_answer = False
        if self.resets:
            at_once = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)


@pytest.fixture
def daprd() -> Daprd:
    return Daprd()


@pytest.fixture
def server(daprd: Daprd) -> Iterator[grpc.Server]:
    limit = [("grpc.max_receive_message_length", TAKES)]
    server = grpc.server(ThreadPoolExecutor(8), options=limit)
    api_service_v1.add_DaprServicer_to_server(daprd, server)
    yield server
    daprd.gate.set()
    server.stop(0).wait()


@pytest.fixture
def port(server: grpc.Server) -> int:
    found: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return found


@pytest.fixture
def relay(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    yield relay
    relay.close()


@pytest.fixture
def connection(relay: Relay) -> Iterator[Connection]:
    connection = Connection(relay.port, deadline_seconds=5, token="a secret")
    yield connection
    connection.close()


def read(connection: Connection, *keys: str) -> list[str]:
    request = api_v1.GetBulkStateRequest(store_name="statestore", keys=keys)
    return [item.key for item in connection.call("GetBulkState", request).items]


def test_calls_one_after_the_other_share_a_connection(connection: Connection, daprd: Daprd) -> None:
    assert [read(connection, key) for key in "abc"] == [["a"], ["b"], ["c"]]
    assert len(set(daprd.peers)) == 1


def test_calls_at_the_same_time_have_a_connection_each(
    connection: Connection, daprd: Daprd
) -> None:
    daprd.gate.clear()
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(read, connection, str(key)) for key in range(4)]
        wait_until(lambda: len(daprd.peers) == 4, 5)
        daprd.gate.set()

    assert [answer.result() for answer in answers] == [["0"], ["1"], ["2"], ["3"]]
    assert len(set(daprd.peers)) == 4


def test_large_messages_go_both_ways(connection: Connection) -> None:
    keys = [f"{number}/{'k' * 50_000}" for number in range(40)]

    assert read(connection, *keys) == keys


def test_what_is_more_than_daprd_takes_is_told_as_such(connection: Connection) -> None:
    with pytest.raises(PlatformSlow, match="Too much for one call"):
        read(connection, "k" * 3 * TAKES)

    assert read(connection, "a") == ["a"]


def test_daprd_is_told_the_token_and_how_long_anybody_waits(
    connection: Connection, daprd: Daprd
) -> None:
    read(connection, "a")

    assert daprd.metadata["dapr-api-token"] == "a secret"
    assert 4 < daprd.seconds_left <= 5


@pytest.mark.parametrize("resets", [False, True])
def test_a_call_whose_connection_breaks_is_not_sent_again(
    connection: Connection, relay: Relay, daprd: Daprd, resets: bool
) -> None:
    """daprd may have done what it was told; to do it twice is for those who know of it."""
    read(connection, "a")
    relay.loses_answer, relay.resets = True, resets
    with pytest.raises(PlatformSilent) as silent:
        read(connection, "b")

    assert silent.value.awaited == connection.daprd
    assert read(connection, "c") == ["c"]
    assert daprd.asked == ["a", "b", "c"]


def test_a_connection_that_daprd_has_closed_meanwhile_is_opened_anew(
    daprd: Daprd, relay: Relay, connection: Connection
) -> None:
    read(connection, "a")
    relay.hang_up()

    assert read(connection, "b") == ["b"]


def test_a_refusal_is_told_in_the_words_of_daprd(connection: Connection, daprd: Daprd) -> None:
    daprd.refusal = (grpc.StatusCode.INTERNAL, "no row of 100 % för dig.")

    with pytest.raises(PlatformDown, match=r"INTERNAL: no row of 100 % för dig\.$"):
        read(connection, "a")


def test_a_refused_call_leaves_the_connection_open(connection: Connection, daprd: Daprd) -> None:
    daprd.refusal = (grpc.StatusCode.INTERNAL, "no")
    with pytest.raises(PlatformDown):
        read(connection, "a")
    daprd.refusal = None
    read(connection, "b")

    assert len(set(daprd.peers)) == 1


def test_a_broken_call_is_told_in_words_that_mean_something(
    connection: Connection, relay: Relay
) -> None:
    relay.loses_answer = True
    with pytest.raises(PlatformSilent, match="the connection broke within the call"):
        read(connection, "a")


def test_whoever_listens_and_says_nothing_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        connection = Connection(mute.getsockname()[1], deadline_seconds=0.2, token="")
        with pytest.raises(PlatformSilent, match=r"No answer in 0\.2 s") as silent:
            read(connection, "a")

    assert silent.value.awaited == connection.daprd


def test_each_call_has_a_deadline_of_its_own(connection: Connection, daprd: Daprd) -> None:
    read(connection, "a")
    daprd.gate.clear()
    request = api_v1.GetBulkStateRequest(store_name="statestore", keys=["b"])

    assert not connection.answers("GetBulkState", request, 0.2)


def test_a_daprd_that_wants_to_end_waits_for_no_idle_line(
    connection: Connection, server: grpc.Server
) -> None:
    """Go's server, which daprd's is, waits 5 s; gRPC's own, which this is, waits as it is told."""
    read(connection, "a")
    ended = server.stop(grace=60)

    def has_ended() -> bool:
        connection.tidy()
        return ended.is_set()

    wait_until(has_ended, 5)


def test_a_line_that_nobody_has_spoken_on_is_kept(connection: Connection, daprd: Daprd) -> None:
    read(connection, "a")
    connection.tidy()
    read(connection, "b")

    assert len(set(daprd.peers)) == 1


def test_an_answer_after_the_connection_was_closed_leaves_nothing_open(
    connection: Connection, daprd: Daprd
) -> None:
    daprd.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(read, connection, "a")
        wait_until(lambda: daprd.asked == ["a"], 5)
        connection.close()
        daprd.gate.set()

    assert answer.result() == ["a"]
    assert not connection._lines


def test_whoever_is_no_daprd_is_told_apart() -> None:
    """A web server has the port that was given for daprd's."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        connection = Connection(server.server_port, deadline_seconds=5, token="")
        with pytest.raises(PlatformSilent, match="daprd is not there: the connection broke"):
            read(connection, "a")
