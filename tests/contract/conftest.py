"""Runs every fact on every platform that has what the fact needs."""

import itertools
import subprocess
import urllib.request
from collections.abc import Iterator
from urllib.error import URLError

import pytest

from local.cluster import Cluster
from local.cluster.ports import DAPRD_ON_LOOPBACK, free_port
from local.components import render
from runtime.settings import Settings
from runtime.sidecars.dapr import DaprSidecar
from tests.contract.platforms import LACKS, PLATFORMS, Platform, dapr
from tests.waiting import wait_until

_numbers = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*features): runs on platforms that have all of them")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "platform" in metafunc.fixturenames:
        wanted = {f for mark in metafunc.definition.iter_markers("needs") for f in mark.args}
        able = [name for name in PLATFORMS if wanted.isdisjoint(LACKS[name])]
        params = [pytest.param(name, marks=_marks(name)) for name in able]
        metafunc.parametrize("platform", params, indirect=True)


def _marks(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.platform] if name == "dapr" else []


@pytest.fixture
def platform(request, tmp_path) -> Iterator[Platform]:
    if request.param == "dapr":
        sidecar, kafka = request.getfixturevalue("daprd")
        yield dapr(sidecar, kafka, f"fact-{next(_numbers)}-")
        return
    with PLATFORMS[request.param](tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def daprd(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DaprSidecar, str]]:
    """A daprd without an application, on real Kafka and PostgreSQL; and Kafka's address."""
    home = tmp_path_factory.mktemp("daprd")
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
        yield sidecar, cluster.kafka
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


@pytest.fixture
def sidecar(platform):
    return platform.sidecar
