"""The depot on both engines, killed at every point once for all tests that look at it."""

from collections.abc import Iterator

import pytest

from local.cluster import Cluster
from tests.chaos.campaign import Result, kill_at_every_point
from tests.chaos.embedded import EmbeddedSystem
from tests.chaos.on_dapr import DaprSystem


@pytest.fixture(scope="module")
def embedded_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedSystem]:
    """`sluice up` with the depot's functions, on an empty data directory."""
    with EmbeddedSystem(tmp_path_factory.mktemp("embedded")) as system:
        system.wait_until_ready()
        yield system


@pytest.fixture(scope="module")
def dapr_system(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaprSystem]:
    """The depot's services with their daprds, on Kafka and PostgreSQL."""
    with DaprSystem(tmp_path_factory.mktemp("dapr"), cluster) as system:
        system.wait_until_ready()
        yield system


@pytest.fixture(scope="module")
def embedded_result(embedded_system: EmbeddedSystem) -> Result:
    return kill_at_every_point(embedded_system)


@pytest.fixture(scope="module")
def dapr_result(dapr_system: DaprSystem) -> Result:
    return kill_at_every_point(dapr_system)
