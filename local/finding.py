"""Where does it run? A `sluice up` by its data directory, a cluster by its Kafka address."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.errors import Failure, Misuse, nearest
from local.private import write_private

if TYPE_CHECKING:
    from local.brokers.base import Broker

DATABASE = "sluice.db"
#: The schema registry of a data directory, once there is an Avro topic.
SCHEMAS = "schemas.db"
_UP = "up.json"
#: The services' ports on Dapr; design section 9.
_DAPR_YAML = Path(__file__).resolve().parents[1] / "dapr.yaml"


@dataclass(frozen=True)
class Running:
    """A `sluice up` that serves: what it wrote down about itself when it became ready."""

    port: int
    pid: int
    url: str
    #: What functions ask for, and what Dapr's own API does.
    token: str | None = None
    dapr_token: str | None = None
    services: Sequence[str] = ()


def write_running(data: Path, running: Running) -> None:
    """Note in the data directory that it is served, so that the other commands find it."""
    path = data / _UP
    draft = path.with_suffix(".draft")
    write_private(draft, json.dumps(vars(running)))
    draft.replace(path)


def forget_running(data: Path) -> None:
    """Take the note away; does nothing when there is none."""
    (data / _UP).unlink(missing_ok=True)


def find_running(data: Path) -> Running | None:
    """Return the `sluice up` of this data directory, or None when none is alive."""
    try:
        running = Running(**json.loads((data / _UP).read_text()))
        os.kill(running.pid, 0)
    except (OSError, ValueError, TypeError):
        return None  # never started, stopped, or killed: its note outlived it
    return running


def open_broker(data: Path, kafka: str | None) -> Broker:
    """Open the topics of a cluster when `kafka` is given, else those of the data directory.

    Raises Misuse when there is neither.
    """
    if kafka:
        from local.brokers.kafka import KafkaBroker

        return KafkaBroker(_checked_address(kafka))
    if not (data / DATABASE).exists():
        raise Misuse(
            f"There is no data in {str(data)!r}; expected the directory of a `sluice up` or "
            "`sluice demo`. Start one, name its directory with --data, or a cluster with --kafka."
        )
    from local.brokers.embedded import EmbeddedBroker

    return EmbeddedBroker(data)


def service_url(
    service: str,
    data: Path,
    kafka: str | None,
    url: str | None = None,
    *,
    daprs_way: bool = False,
) -> tuple[str, str | None]:
    """Return the base URL of a service, and the token a request to it needs.

    `daprs_way` says that the gateway is to be called by Dapr's own API, which may have a token of
    its own. A `url` that was given is taken as it is. On the embedded engine every service is
    behind the gateway. Raises Failure when nothing runs, Misuse when there is no such service.
    """
    if kafka or url:
        own = url or f"http://127.0.0.1:{_service_port(service)}"
        return own, os.environ.get("APP_API_TOKEN")
    running = find_running(data)
    if running is None:
        raise Failure(
            f"Nothing serves the data directory {str(data)!r}. Start it with "
            f"`sluice up --data {data}`, or name a cluster with --kafka HOST:PORT."
        )
    if service not in running.services:
        raise Misuse(f"There is no service {service!r}. {nearest(service, running.services)}")
    return running.url, running.dapr_token if daprs_way else running.token


def service_ports() -> dict[str, int]:
    """Read the services' ports from dapr.yaml. Raises Failure when it cannot be read."""
    import yaml

    try:
        document: Any = yaml.safe_load(_DAPR_YAML.read_text())
        return {app["appID"]: int(app["appPort"]) for app in document["apps"]}
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise Failure(f"The ports cannot be read from {str(_DAPR_YAML)!r}: {error!r}.") from error


def _service_port(service: str) -> int:
    ports = service_ports()
    if service not in ports:
        raise Misuse(f"There is no service {service!r} in dapr.yaml. {nearest(service, ports)}")
    return ports[service]


def _checked_address(text: str) -> str:
    for server in text.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise Misuse(
                f"--kafka is {text!r}; expected HOST:PORT such as 127.0.0.1:9092, "
                "several separated by commas."
            )
    return text
