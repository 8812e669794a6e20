"""The real platform for tests: one cluster of their own, on free ports, for the whole run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cluster import Cluster, down, up


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Kafka, PostgreSQL and moto, running; nothing of them is left at the end."""
    directory = tmp_path_factory.mktemp("cluster")
    try:
        yield up(directory, ports="free")
    finally:
        down(directory, keep_data=False)


@pytest.fixture
def cluster_home(tmp_path: Path) -> Iterator[Path]:
    """The folder of a cluster that a command brings up and keeps; nothing of it is left."""
    home = tmp_path / "cluster"
    yield home
    down(home, keep_data=False)


@pytest.fixture(scope="session")
def search_server(cluster: Cluster) -> Cluster:
    """The same with OpenSearch; only the tests that ask for it start it."""
    return up(cluster.directory, ports="free", extra=["opensearch"])


@pytest.fixture(scope="session")
def registry_server(cluster: Cluster) -> Cluster:
    """The same with a schema registry."""
    return up(cluster.directory, ports="free", extra=["registry"])
