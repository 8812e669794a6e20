"""Nothing that we start can be reached from another machine, unless it is told to."""

import os
import socket
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from local.cluster import Cluster, find_cluster, process
from local.cluster.identity import identify
from local.launch import launch
from tests.local.command_line import CommandLine
from tests.security.listeners import exposed, listeners
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]

#: daprd asks the local network where other applications are, and cannot be kept from it (1.16.5).
#: No function of ours calls another one that way; docs/security.md.
MULTICAST_DNS = {"udp 0.0.0.0:5353", "udp [::]:5353"}


def test_a_listener_on_every_address_is_found() -> None:
    """Else the other tests would say nothing."""
    own = identify(os.getpid())
    with socket.socket() as everywhere, socket.socket() as here:
        everywhere.bind(("0.0.0.0", 0))
        here.bind(("127.0.0.1", 0))
        for each in (everywhere, here):
            each.listen()
        found = listeners([own])
        open_port, own_port = (each.getsockname()[1] for each in (everywhere, here))

    assert f"tcp 127.0.0.1:{own_port}" in found
    assert exposed(found) >= {f"tcp 0.0.0.0:{open_port}"}
    assert f"tcp 127.0.0.1:{own_port}" not in exposed(found)


def test_sluice_up_listens_on_loopback(tmp_path: Path) -> None:
    up = CommandLine(tmp_path).start("up", "--port", "0")
    assert "ready" in up.stdout.readline()
    found = listeners([identify(up.pid)])
    up.terminate()
    up.communicate(timeout=20)

    assert len(found) == 1
    assert exposed(found) == set()


@pytest.mark.platform
def test_the_cluster_listens_on_loopback(cluster: Cluster) -> None:
    known = find_cluster(cluster.directory)  # with the ports of members that were asked for since
    assert known
    running = {member.name: member for member in known.members() if member.process()}
    assert running.keys() >= {"kafka", "postgres", "moto"}  # the others are there when asked for
    for member in running.values():
        found = listeners([member.process()])

        assert f"tcp {member.address}" in str(found)
        assert exposed(found) == set()


@pytest.mark.platform
def test_a_service_and_its_daprd_listen_on_loopback(cluster: Cluster, tmp_path: Path) -> None:
    with launch("shelf", "tests.local.small_shop", cluster, directory=tmp_path) as service:
        found = listeners([service.app, service.daprd])

    ports = {int(place.rpartition(":")[2]) for place in found if place.startswith("tcp")}
    assert set(service.ports.values()) <= ports
    assert exposed(found) - MULTICAST_DNS == set()


@pytest.mark.platform
def test_what_dapr_run_starts_listens_on_loopback(cluster: Cluster, tmp_path: Path) -> None:
    """Two pairs of dapr.yaml are enough: all are started alike."""
    document = yaml.safe_load((ROOT / "dapr.yaml").read_text())
    common = document["common"]
    assert common["runtimePath"] == ".platform/loopback"
    (tmp_path / "components").mkdir()
    document["common"] = {
        "runtimePath": str(cluster.runtime_path),
        "configFilePath": str(cluster.runtime_path / ".dapr" / "config.yaml"),
        "resourcesPaths": [str(tmp_path / "components")],
        **{name: common[name] for name in ("apiListenAddresses", "placementHostAddress")},
    }
    waits = [sys.executable, "-c", "import time; time.sleep(600)"]
    document["apps"] = [
        {"appID": app["appID"], "appDirPath": str(tmp_path), "command": waits}
        for app in document["apps"][:2]
    ]
    run_file = tmp_path / "dapr.yaml"
    run_file.write_text(yaml.safe_dump(document))
    environment = os.environ | {"HOME": str(tmp_path)}
    command = [str(cluster.dapr), "run", "-f", str(run_file)]
    running = process.spawn(command, environment, tmp_path / "dapr.log")
    try:
        # Four ports for each daprd; the dapr command itself has none.
        wait_until(lambda: len(_tcp(listeners([running]))) >= 8, 60)
        found = listeners([running])
    finally:
        family = [running, *running.descendants()]
        process.kill(family)

    assert exposed(found) - MULTICAST_DNS == set()


def _tcp(found: set[str]) -> set[str]:
    return {place for place in found if place.startswith("tcp")}


def test_docker_publishes_ports_on_loopback_only() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    published = [str(port) for each in services.values() for port in each.get("ports", [])]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert not any(each.get("network_mode") == "host" for each in services.values())


def test_every_daprd_in_docker_listens_on_loopback() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    sidecars = {name: each["command"] for name, each in services.items() if "-daprd" in name}

    assert sidecars
    for command in sidecars.values():
        told = dict(pairwise(command))
        for flag in ("dapr-listen-addresses", "metrics-listen-address"):
            assert told[f"--{flag}"] == "127.0.0.1"
        assert told["--dapr-internal-grpc-listen-address"] == "127.0.0.1"
