"""One application and its daprd: two processes that start, stop and are killed together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local import daprd
from local.cluster import Cluster, process
from local.cluster.identity import ProcessId
from local.cluster.ports import HOST
from local.consuming import Consuming
from local.errors import Failure

#: How long it may take until a service consumes; generous, for machines that build besides. Kafka
#: forgets a member that was killed only after ten seconds.
READY_SECONDS = 90.0
#: How long each may take to end by itself; daprd first finishes what is under way.
_STOP_SECONDS = 20.0


class LaunchFailed(Failure):
    """A service did not start, or does not consume."""


class ServiceProcess:
    """An application on ports that are free, with the daprd that delivers to it.

    The application finds its ports in the environment, as `dapr run` sets them (APP_ID, APP_PORT,
    DAPR_HTTP_PORT, DAPR_GRPC_PORT) and as the runtime reads them (SLUICE_PORT). Ports stay the
    same over restarts.
    """

    def __init__(
        self,
        app_id: str,
        command: Sequence[str],
        cluster: Cluster,
        components: Path,
        directory: Path,
        environment: Mapping[str, str],
        spawn_app: Callable[..., ProcessId] = process.spawn,
    ) -> None:
        self.app_id = app_id
        self.directory = directory
        self.app: ProcessId | None = None
        self.daprd: ProcessId | None = None
        self._command, self._cluster, self._components = command, cluster, components
        self.ports = daprd.free_ports()
        self._environment = {**os.environ, **environment, **self._addresses()}
        self._spawn_app = spawn_app

    def __enter__(self) -> ServiceProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def http_url(self) -> str:
        """The application itself."""
        return f"http://{HOST}:{self.ports['app']}"

    @property
    def dapr_url(self) -> str:
        """Dapr's HTTP API."""
        return f"http://{HOST}:{self.ports['http']}"

    @property
    def app_log(self) -> Path:
        """All that the application prints, over all its starts."""
        return self.directory / "app.log"

    @property
    def daprd_log(self) -> Path:
        """All that daprd prints, over all its starts."""
        return self.directory / "daprd.log"

    def start(self) -> None:
        """Start what does not run, and wait until it consumes. Raises LaunchFailed."""
        try:
            self.begin()
            self.wait_until_consuming()
        except BaseException:
            self.stop()
            raise

    def begin(self) -> None:
        """Start what does not run, without waiting."""
        if not _runs(self.app):
            self.app = self._spawn_app(self._command, self._environment, self.app_log)
        if not _runs(self.daprd):
            argv = daprd.command(self._cluster.daprd, self.app_id, self.ports, self._components)
            environment = {**daprd.ENVIRONMENT, **self._environment}
            self.daprd = process.spawn(argv, environment, self.daprd_log)

    def stop(self) -> None:
        """End both properly and wait until they are gone; daprd first, it still delivers."""
        for each in (self.daprd, self.app):
            if each is not None:
                process.stop(each, signal.SIGTERM, _STOP_SECONDS)

    def kill(self) -> None:
        """End both as a power cut would, and wait until they are gone."""
        both = [each for each in (self.app, self.daprd) if each is not None]
        process.kill([*both, *(child for each in both for child in each.descendants())])

    def restart(self) -> None:
        """Start what was stopped or killed; what still runs is stopped first."""
        self.stop()
        self.start()

    def check_alive(self) -> None:
        """Raise LaunchFailed when one of the two has ended."""
        for name, each in (("app", self.app), ("daprd", self.daprd)):
            if not _runs(each):
                raise LaunchFailed(f"{self._words(name)} has ended. {self._last_lines()}")

    def wait_until_consuming(self, timeout_seconds: float = READY_SECONDS) -> None:
        """Wait until Kafka has given it partitions of everything it subscribes to."""
        deadline = time.monotonic() + timeout_seconds
        consuming = Consuming(self, self._cluster.kafka, self._components, self._environment)
        while missing := consuming.missing():
            self.check_alive()
            if time.monotonic() > deadline:
                raise LaunchFailed(
                    f"{self._words('app')} does not consume after {timeout_seconds:g} s: "
                    f"{missing}. {self._last_lines()}"
                )
            time.sleep(process.LOOK_SECONDS)

    def _addresses(self) -> dict[str, str]:
        return {
            "APP_ID": self.app_id,
            "APP_PORT": str(self.ports["app"]),
            "SLUICE_PORT": str(self.ports["app"]),
            "DAPR_HTTP_PORT": str(self.ports["http"]),
            "DAPR_GRPC_PORT": str(self.ports["grpc"]),
        }

    def _words(self, part: str) -> str:
        return f"The {part} of {self.app_id!r}"

    def _last_lines(self) -> str:
        logs = (("app", self.app_log), ("daprd", self.daprd_log))
        return " ".join(f"Last words of its {name}: {_last_line(log)}." for name, log in logs) + (
            f" Read the logs in {self.directory}."
        )


def _runs(process_id: ProcessId | None) -> bool:
    return process_id is not None and process_id.state() != "gone"


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return repr(lines[-1][:500]) if lines else "none"
