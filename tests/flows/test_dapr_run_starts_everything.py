"""`dapr run -f dapr.yaml` starts every service; an order is decided; `dapr invoke` asks for it."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.cluster import Cluster
from local.components import render
from local.daprd import free_ports
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def orders_port(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """dapr.yaml as it is, but for the addresses of this cluster and ports that are free."""
    home = tmp_path_factory.mktemp("run")
    document = with_free_ports(yaml.safe_load((ROOT / "dapr.yaml").read_text()))
    document["common"] |= {
        "runtimePath": str(cluster.runtime_path),
        "configFilePath": str(cluster.runtime_path / ".dapr" / "config.yaml"),
        "resourcesPaths": [
            str(render(home / "components", kafka=cluster.kafka, postgres=cluster.postgres))
        ],
    }
    document["common"]["env"] |= {
        "SLUICE_KAFKA": cluster.kafka,
        "AWS_ENDPOINT_URL": cluster.moto_url,
        "PYTHONPATH": str(ROOT),
    }
    run_file = home / "dapr.yaml"
    run_file.write_text(yaml.safe_dump(document))
    with (home / "dapr.log").open("wb") as log:
        running = subprocess.Popen(
            [str(cluster.dapr), "run", "-f", str(run_file)],
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,
            env=os.environ | {"HOME": str(home)},
        )
    try:
        yield next(a["appPort"] for a in document["apps"] if a["appID"] == "orders")
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(60)
        finally:
            end_group(running.pid)
            running.wait(10)


#: By its name in the file, each port. `dapr run` chooses those that are not named among the ones
#: that the system numbers outgoing connections with, one of which may have it before daprd does.
PORTS = {
    "appPort": "app",
    "daprHTTPPort": "http",
    "daprGRPCPort": "grpc",
    "daprInternalGRPCPort": "internal",
    "metricsPort": "metrics",
}


def with_free_ports(document: dict[str, Any]) -> dict[str, Any]:
    for app in document["apps"]:
        ports = free_ports()
        app |= {name: ports[port] for name, port in PORTS.items()}
        app["env"]["SLUICE_PORT"] = str(app["appPort"])
        app["appDirPath"] = str(ROOT)
        app["command"] = [sys.executable, *app["command"][1:]]
    return document


def end_group(group: int) -> None:
    """`dapr run` ends its children; this makes sure of it."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def request(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return request(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def test_an_order_is_decided(cluster: Cluster, orders_port: int) -> None:
    wait_until(lambda: answers(orders_port), 90)
    order = {"id": "run-1", "customerId": "1", "product": "UNHEARD-OF", "quantity": 1, "price": 1}

    status, _ = request(orders_port, "POST", "/v1/orders", order)
    assert status == 201
    status, decided = request(orders_port, "GET", "/v1/orders/run-1/validated?timeout=60000")

    assert (status, decided["state"]) == (200, "FAILED")

    command = [str(cluster.dapr), "invoke", "-a", "orders", "-m", "v1/orders/run-1", "-v", "GET"]
    invoked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert '"id":"run-1"' in invoked.stdout
