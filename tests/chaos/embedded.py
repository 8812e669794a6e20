"""The depot on the embedded engine: one process, `sluice up`, on an empty data directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.brokers.embedded import EmbeddedBroker
from local.cluster.ports import free_port
from local.finding import find_running
from local.lag import progress_rows
from local.states import EmbeddedStore
from tests.chaos.system import FUNCTIONS, System, paused
from tests.waiting import wait_until

READY_SECONDS = 60


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
    def processes(self) -> Sequence[str]:
        return ["sluice up"]

    def kill(self, name: str) -> None:
        self._process.kill()
        self._process.wait(10)

    def stop(self, name: str) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            ended = (0, -signal.SIGTERM, -signal.SIGKILL)  # by the signal itself while it starts
            assert self._process.wait(60) in ended, f"see {self.home}"

    def pause(self, name: str) -> Callable[[], None]:
        return paused([self._process.pid])

    def revive(self) -> None:
        if self._process.poll() is not None:
            self.revived += 1
            self._process = self._spawn()

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, READY_SECONDS)

    def depot(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self.broker.close()

    def _is_ready(self) -> bool:
        running = find_running(self._data)
        return running is not None and running.pid == self._process.pid

    def _spawn(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "tests.chaos.program", "local", "up", "--no-demo-data"]
        words += ["--data", str(self._data), "--port", str(self._port), "--functions", FUNCTIONS]
        with (self.home / "up.log").open("ab") as log:
            return subprocess.Popen(
                words, stdout=log, stderr=log, env=os.environ | self.environment | self._added
            )
