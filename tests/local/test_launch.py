"""A service on the real platform: it works, dies, comes back and leaves nothing behind."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from local.launch import launch, launch_all
from local.service_process import LaunchFailed, ServiceProcess
from runtime.record import Message
from tests.waiting import wait_until

pytestmark = pytest.mark.platform

SHOP = "tests.local.small_shop"


@pytest.fixture
def app_id() -> str:
    return f"shelf-{uuid4()}"


@pytest.fixture
def shelf(cluster: Cluster, app_id: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    with launch("shelf", SHOP, cluster, app_id=app_id, directory=tmp_path) as service:
        yield service


def sell(cluster: Cluster, product: str) -> None:
    broker = KafkaBroker(cluster.kafka)
    broker.publish([Message("sales", product, json.dumps({"product": product}).encode(), {})])
    broker.close()


def sold(service: ServiceProcess, product: str) -> int:
    url = f"{service.dapr_url}/v1.0/state/statestore/shelves%2F{product}"
    with urllib.request.urlopen(url) as answer:
        text = answer.read()
    return int(json.loads(text)["row"]["sold"]) if text else 0


def test_consumes_when_it_is_there(cluster: Cluster, shelf: ServiceProcess, app_id: str):
    sell(cluster, app_id)

    wait_until(lambda: sold(shelf, app_id) == 1)


def test_goes_on_where_it_was_after_it_was_killed(
    cluster: Cluster, shelf: ServiceProcess, app_id: str
):
    sell(cluster, app_id)
    wait_until(lambda: sold(shelf, app_id) == 1)

    shelf.kill()
    sell(cluster, app_id)
    shelf.restart()

    wait_until(lambda: sold(shelf, app_id) == 2)


def test_keeps_its_state_in_a_file(cluster: Cluster, app_id: str, tmp_path: Path):
    state = tmp_path / "state.db"
    with launch("shelf", SHOP, cluster, app_id=app_id, directory=tmp_path, sqlite=state) as shelf:
        sell(cluster, app_id)
        wait_until(lambda: sold(shelf, app_id) == 1)

    assert state.exists()


def test_leaves_no_process_when_stopped(shelf: ServiceProcess):
    shelf.stop()

    assert [each.state() for each in (shelf.app, shelf.daprd) if each] == ["gone", "gone"]


def test_several_services_run_side_by_side(cluster: Cluster, tmp_path: Path):
    with launch_all(["till", "shelf"], SHOP, cluster, directory=tmp_path) as (till, shelf):
        product = f"jumpers-{uuid4()}"
        request = urllib.request.Request(
            f"{till.http_url}/sales", json.dumps({"product": product}).encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 201
        wait_until(lambda: sold(shelf, product) == 1)


def test_a_service_that_does_not_start_tells_its_last_words(cluster: Cluster, tmp_path: Path):
    with pytest.raises(LaunchFailed, match="There is no service 'cellar'"):
        launch("cellar", SHOP, cluster, directory=tmp_path)
