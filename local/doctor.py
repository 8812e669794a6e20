"""Is everything there that Sluice needs? One check after the other, each with its cure."""

from __future__ import annotations

import importlib.metadata
import shutil
import socket
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.finding import DATABASE, find_running, service_ports

PYTHON = (3, 11)
#: How long a program that holds a port may take to say whether it is ours.
_ANSWER_SECONDS = 2.0
_PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Check:
    """What was looked at. What `blocks` keeps `sluice up` from starting; the rest may be put right.

    `cure` is what to do, empty where nothing is.
    """

    name: str
    found: str
    cure: str = ""
    blocks: bool = False

    @property
    def ok(self) -> bool:
        """Nothing to do."""
        return not self.cure


def checks(data: Path, port: int, kafka: str | None) -> Iterator[Check]:
    """Look at everything. Changes nothing, and needs nothing to run."""
    yield _python()
    yield _dependencies()
    yield _data(data)
    yield _store(data)
    yield _port(data, port)
    yield from _platform()
    yield from _service_ports()
    if kafka:
        yield _kafka(kafka)


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON:
        return Check("python", found)
    return Check("python", found, f"Install Python {PYTHON[0]}.{PYTHON[1]} or later.", blocks=True)


def _dependencies() -> Check:
    missing = [name for name in _required() if not _installed(name)]
    if not missing:
        return Check("dependencies", f"all {len(_required())} installed")
    return Check("dependencies", f"missing: {', '.join(missing)}", "Run `make install`.", True)


def _required() -> list[str]:
    """The names in pyproject.toml, or those of the installed package."""
    try:
        document = tomllib.loads((_PROJECT / "pyproject.toml").read_text())
        entries = document["project"]["dependencies"]
    except (OSError, KeyError):
        entries = importlib.metadata.requires("sluice") or []
    plain = [entry for entry in entries if "extra ==" not in entry]
    return ["".join(_name_of(entry)) for entry in plain]


def _name_of(requirement: str) -> Iterator[str]:
    for character in requirement:
        if not (character.isalnum() or character in "-_."):
            return
        yield character


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _data(data: Path) -> Check:
    place = data if data.exists() else data.absolute().parent
    while not place.exists():
        place = place.parent
    if place.is_dir() and _writable(place):
        return Check("data directory", str(data))
    return Check("data directory", f"{data} cannot be written", "Name another with --data.", True)


def _writable(directory: Path) -> bool:
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


def _store(data: Path) -> Check:
    from runtime.errors import SluiceError
    from runtime.sidecars.embedded import Store

    if not (data / DATABASE).exists():
        return Check("store", "none yet; `sluice up` makes it")
    try:
        with Store.open(data, exclusive=False) as store:
            return Check("store", f"answers, {len(store.topics.all())} topics")
    except SluiceError as error:
        return Check("store", str(error), "Restore a copy, or name another --data.", blocks=True)


def _port(data: Path, port: int) -> Check:
    running = find_running(data)
    if running is not None and running.port == port:
        return Check(f"port {port}", f"served by `sluice up`, pid {running.pid}")
    if _free(port):
        return Check(f"port {port}", "free")
    return Check(f"port {port}", "taken by another program", "Choose another with --port.", True)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _platform() -> Iterator[Check]:
    """What only a cluster needs."""
    from local.cluster import find_cluster

    cluster = find_cluster()
    build = "Run `sluice cluster up`, which builds or finds it."
    for name, path in _programs():
        yield Check(name, str(path)) if path else Check(name, "not built yet", build)
    if cluster is None:
        yield Check("cluster", "not running", "Run `sluice cluster up` to work on real Kafka.")
        return
    for member in cluster.status():
        state = f"{member.state} at {member.address}"
        cure = "" if member.state == "ready" else f"Look at {member.log}."
        yield Check(member.name, state, cure)


def _programs() -> Iterator[tuple[str, Path | None]]:
    from local.cluster.layout import Layout
    from local.cluster.settings import Settings

    layout = Layout(Settings.from_environment().platform_dir)
    for name, built in (("daprd", layout.daprd), ("dapr", layout.dapr)):
        on_path = shutil.which(name)
        yield name, built if built.exists() else Path(on_path) if on_path else None


def _service_ports() -> Iterator[Check]:
    from local.errors import Failure

    try:
        ports = service_ports()
    except Failure as error:
        yield Check("services' ports", str(error), "Run it from a checkout of the project.")
        return
    taken = {name: port for name, port in ports.items() if not _free(port)}
    strangers = [f"{name} {port}" for name, port in taken.items() if not _is_ours(port)]
    if strangers:
        cure = "Stop the programs that hold them, or change `appPort` in dapr.yaml."
        yield Check("services' ports", f"held by others: {', '.join(strangers)}", cure)
    else:
        yield Check("services' ports", f"{len(ports) - len(taken)} free, {len(taken)} serving")


def _is_ours(port: int) -> bool:
    """Whether a service of ours answers there."""
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status == 200 and b'"status"' in answer.read(1000)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _kafka(address: str) -> Check:
    from local.brokers.kafka import KafkaBroker
    from runtime.errors import SluiceError

    try:
        return Check("Kafka", f"{len(KafkaBroker(address, patience_seconds=3).topics())} topics")
    except SluiceError as error:
        return Check("Kafka", str(error), "Start it, or correct --kafka.")
