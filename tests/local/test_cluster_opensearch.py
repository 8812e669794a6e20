"""OpenSearch comes up beside the others for who asks for it, and keeps what it was given."""

import json
from urllib.request import Request, urlopen

import pytest

from local.cluster import Cluster, find_cluster

pytestmark = pytest.mark.platform


def ask(cluster: Cluster, method: str, path: str, body: object = None) -> dict:
    content = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = Request(f"{cluster.search_url}{path}", content, headers, method=method)
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_a_document_survives_a_crash(search_server: Cluster):
    ask(search_server, "PUT", "/crash/_doc/1", {"fact": 7})

    search_server.kill("opensearch")
    search_server.start("opensearch")

    ask(search_server, "GET", "/_cluster/health/crash?wait_for_status=yellow&timeout=30s")
    assert ask(search_server, "GET", "/crash/_doc/1")["_source"] == {"fact": 7}


def test_it_is_one_of_the_cluster_s_members(search_server: Cluster):
    states = {member.name: member.state for member in search_server.status()}

    assert states | {"registry": "ready"} == dict.fromkeys(
        ("kafka", "postgres", "moto", "opensearch", "registry"), "ready"
    )
    assert find_cluster(search_server.directory) == search_server
