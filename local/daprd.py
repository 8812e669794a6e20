"""How a daprd is started: on which ports, with which components, and without what nobody uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from local.cluster.ports import DAPRD_ON_LOOPBACK, HOST, free_port

#: A daprd never has more to do than its one application, which has one processor: with more of them
#: Go looks for work on all, some thousand times a second. With one, on two cores, five idle daprds
#: took half as much of the processor, and `validate_inventory` did a tenth more events.
ENVIRONMENT = {"GOMAXPROCS": "1"}

_NAMES = ("app", "http", "grpc", "internal", "metrics")


def free_ports() -> dict[str, int]:
    """Ports for an application (`app`) and its daprd (`http`, `grpc`, `internal`, `metrics`)."""
    ports: dict[str, int] = {}
    for name in _NAMES:
        ports[name] = free_port(set(ports.values()))
    return ports


def command(daprd: Path, app_id: str, ports: Mapping[str, int], components: Path) -> list[str]:
    """The command line. No placement, no scheduler: there are no actors, workflows or jobs."""
    return [
        str(daprd),
        *("--app-id", app_id),
        *("--app-port", str(ports["app"]), "--app-protocol", "http"),
        *("--dapr-http-port", str(ports["http"]), "--dapr-grpc-port", str(ports["grpc"])),
        *("--dapr-internal-grpc-port", str(ports["internal"])),
        *("--metrics-port", str(ports["metrics"])),
        *("--resources-path", str(components)),
        *("--dapr-listen-addresses", HOST),
        *DAPRD_ON_LOOPBACK,
        # A batch of large orders, in base64, must pass.
        *("--max-body-size", "64Mi"),
        *("--log-level", "warn"),
    ]
