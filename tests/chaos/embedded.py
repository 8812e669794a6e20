"""The depot on the embedded engine: one process, `sluice up`, on an empty data directory."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.brokers.embedded import EmbeddedBroker
from local.cluster import process
from local.cluster.identity import ProcessId
from local.cluster.ports import free_port
from local.finding import find_running
from local.lag import progress_rows
from local.states import EmbeddedStore
from tests.chaos.nursery import nursery
from tests.chaos.system import FUNCTIONS, System, paused
from tests.waiting import wait_until

READY_SECONDS = 60
STOP_SECONDS = 60


class EmbeddedSystem(System):
    """`sluice up`, started anew on the same data whenever it has ended."""

    engine = "embedded"

    def __init__(self, home: Path, environment: Mapping[str, str] = {}) -> None:
        self._data = home / "data"
        store = EmbeddedStore(self._data)
        super().__init__(home, EmbeddedBroker(self._data), store, progress_rows(store))
        self._port = free_port(set())
        self._added = environment
        self._process = self._spawn()

    @property
    def _is_over(self) -> bool:
        return self._process.state() == "gone"

    @property
    def processes(self) -> Sequence[str]:
        return ["sluice up"]

    def kill(self, name: str) -> None:
        process.kill([self._process])

    def stop(self, name: str) -> None:
        process.stop(self._process, signal.SIGTERM, STOP_SECONDS)

    def pause(self, name: str) -> Callable[[], None]:
        return paused([self._process.pid])

    def revive(self) -> None:
        if self._is_over:
            self.revived += 1
            self._process = self._spawn()

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, READY_SECONDS)

    def depot(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        process.kill([self._process])
        self.broker.close()

    def _is_ready(self) -> bool:
        running = find_running(self._data)
        return running is not None and running.pid == self._process.pid

    def _spawn(self) -> ProcessId:
        words = ["local", "up", "--no-demo-data", "--data", str(self._data)]
        words += ["--port", str(self._port), "--functions", FUNCTIONS]
        environment = {**os.environ, **self.environment, **self._added}
        return nursery().spawn(words, environment, self.home / "up.log")
