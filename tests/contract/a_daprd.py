"""A daprd without an application, on real Kafka and PostgreSQL."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from local.cluster import Cluster
from local.cluster.ports import DAPRD_ON_LOOPBACK, free_port
from local.components import render
from runtime.settings import Settings
from runtime.sidecars.dapr import DaprSidecar
from tests.waiting import wait_until


@contextmanager
def daprd_of(cluster: Cluster, home: Path) -> Iterator[tuple[DaprSidecar, subprocess.Popen[bytes]]]:
    """Start one, and end it."""
    folder = render(
        home,
        kafka=cluster.kafka,
        postgres=cluster.postgres,
        only=["events", "retries", "statestore"],
    )
    ports: list[int] = []
    for _ in range(4):
        ports.append(free_port(set(ports)))
    http, grpc, internal, metrics = ports
    command = [cluster.daprd, "--app-id", "contract", "--resources-path", folder]
    command += ["--dapr-http-port", http, "--dapr-grpc-port", grpc, "--metrics-port", metrics]
    command += ["--dapr-internal-grpc-port", internal, "--dapr-listen-addresses", "127.0.0.1"]
    command += [*DAPRD_ON_LOOPBACK, "--max-body-size", "64Mi", "--log-level", "warn"]
    with (home / "daprd.log").open("wb") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)
    sidecar = DaprSidecar(Settings(dapr_grpc_port=grpc, kafka=cluster.kafka))
    try:
        wait_until(lambda: _is_healthy(http), 30)
        yield sidecar, process
    finally:
        sidecar.close()
        process.terminate()
        process.wait(20)


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1.0/healthz/outbound") as answer:
            return answer.status < 300
    except (URLError, ConnectionError):
        return False
