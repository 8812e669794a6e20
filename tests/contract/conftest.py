"""Runs every fact on every platform that has what the fact needs."""

import itertools
from collections.abc import Iterator

import pytest

from local.cluster import Cluster
from runtime.sidecars.dapr import DaprSidecar
from tests.contract.a_daprd import daprd_of
from tests.contract.platforms import LACKS, PLATFORMS, Platform, dapr

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
    with daprd_of(cluster, tmp_path_factory.mktemp("daprd")) as (sidecar, _):
        yield sidecar, cluster.kafka


@pytest.fixture
def sidecar(platform):
    return platform.sidecar
