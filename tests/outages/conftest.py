"""The bakery, started once for all outages."""

from collections.abc import Iterator

import pytest

from local.cluster import Cluster
from tests.outages.shop import Bakery, bakery


@pytest.fixture(scope="session")
def open_bakery(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakery]:
    """Two services with their daprds, on Kafka and PostgreSQL."""
    with bakery(cluster, tmp_path_factory.mktemp("bakery")) as opened:
        yield opened
