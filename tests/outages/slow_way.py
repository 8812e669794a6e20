"""A way to a server on which everything takes as long as a test says."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from local.cluster.ports import HOST


class SlowWay:
    """Listens on a free port of loopback and passes on to `port`, what is sent after a delay.

    `delay_seconds` may be changed at any time: it is added to every exchange.
    """

    def __init__(self, port: int) -> None:
        self.delay_seconds = 0.0
        self._to = port
        self._closed = threading.Event()
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with the next exchange."""
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection((HOST, self._to))
        except OSError:
            client.close()
            return
        for source, target, is_slow in ((client, server, True), (server, client, False)):
            ends = (source, target, is_slow)
            threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_slow: bool) -> None:
        with source, target, suppress(OSError):  # one of the two has gone
            while (data := source.recv(65536)) and not self._closed.is_set():
                if is_slow:
                    self._closed.wait(self.delay_seconds)
                target.sendall(data)
            # Wakes the other direction, which waits on the same two.
            for each in (source, target):
                each.shutdown(socket.SHUT_RDWR)
