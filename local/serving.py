"""One process that is the whole system: the embedded engine and the gateway in front of it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from local import gateway
from local.avro_values import AvroValues
from local.brokers.embedded import EmbeddedBroker
from local.dead_letters import DeadLetters, api
from local.errors import Failure
from local.finding import SCHEMAS, Running, forget_running, write_running
from local.states import EmbeddedStore
from local.topics import Topic
from runtime import memory
from runtime.access import refuse_unknown
from runtime.arguments import Resources
from runtime.engine import EmbeddedEngine
from runtime.host import make_app
from runtime.registry import Registry
from runtime.server import Server
from runtime.settings import Settings
from runtime.sidecars.embedded import Durability, Store

#: How long `stop` waits for functions that are at work.
STOP_SECONDS = 10.0


class Embedded:
    """The functions of a registry over a data directory, served on one port.

    Make one, then `serve`. Raises StoreRefused when another process serves the directory.
    """

    def __init__(
        self,
        registry: Registry,
        data: Path,
        topics: Mapping[str, Topic],
        settings: Settings,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        refuse_unknown(settings, registry)
        self._data = data
        self._settings = replace(
            settings,
            port=settings.port or free_port(settings.host),
            # Of Avro topics; without an address of a registry the data directory has its own.
            schema_registry=settings.schema_registry or str(data / SCHEMAS),
        )
        refuse_taken(self._settings.host, self._settings.port)
        self.store = Store.open(data, durability=cast(Durability, settings.durability))
        for topic in topics.values():
            self.store.topics.create(topic.name, topic.partitions, topic.retention_ms)
        # Mails and documents lie beside the database unless the environment says otherwise, and
        # so do the keys that functions make up for this machine.
        local = {"SLUICE_DATA": str(data), "SLUICE_LOCAL_SECRETS": str(data / "secrets")}
        resources = Resources({**environ, **local})
        self.engine = EmbeddedEngine(registry, self.store, self._settings, resources=resources)
        self.services = sorted(registry.services)

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return f"http://{self._settings.host}:{self._settings.port}"

    def serve(self, ready: Callable[[], None]) -> None:
        """Deliver and answer until SIGTERM or Ctrl-C; `ready` is called once both happen.

        Raises StoreRefused or PlatformDown when the store cannot be used.
        """
        app = make_app(self.engine.services, self._settings)
        gateway.install(app, self.store, frozenset(self.services), self._settings)
        avro = AvroValues(self._settings.schema_registry)
        letters = DeadLetters(EmbeddedBroker(self.store), EmbeddedStore(self._data), avro)
        api.install(app, letters, self._settings)
        server = Server(
            app,
            self._settings.host,
            self._settings.port,
            threads=self._settings.threads,
            eager_threads=1,  # what a request waits for is in this process
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        try:
            memory.relax()
            self.engine.start()
            server.serve(lambda: self._begin(ready))
        finally:
            forget_running(self._data)
            self.engine.stop(STOP_SECONDS)
            self.store.close()

    def _begin(self, ready: Callable[[], None]) -> None:
        port, token = self._settings.port, self._settings.app_api_token or None
        dapr_token = self._settings.dapr_api_token or token
        running = Running(port, os.getpid(), self.url, token, dapr_token, self.services)
        write_running(self._data, running)
        ready()


def free_port(host: str) -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def refuse_taken(host: str, port: int) -> None:
    """Raise Failure when the port is taken: the server would share it with one of its kind."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Failure(
                f"Port {port} of {host} cannot be used: {error.strerror}. "
                "Stop what holds it, or choose another with --port (0 takes any)."
            ) from error
