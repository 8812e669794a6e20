"""The schema registry comes up beside the others for who asks for it, and forgets no number."""

from __future__ import annotations

from contextlib import closing

import pytest

from local.cluster import Cluster
from runtime.avro.registry import open_registry

pytestmark = pytest.mark.platform


def test_a_schema_survives_a_crash(registry_server: Cluster) -> None:
    with closing(open_registry(registry_server.registry_url, 30)) as registry:
        id = registry.register("crash-value", '"string"')

    registry_server.kill("registry")
    registry_server.start("registry")

    with closing(open_registry(registry_server.registry_url, 30)) as registry:
        assert list(registry.schema(id)) == ['"string"']


def test_it_is_one_of_the_cluster_s_members(registry_server: Cluster) -> None:
    states = {member.name: member.state for member in registry_server.status()}

    assert states["registry"] == "ready"
