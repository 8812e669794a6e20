"""Every setting of the runtime, read once from the environment; nothing else reads it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from runtime.errors import SluiceError
from runtime.log import LEVELS

#: The embedded engine's choices; they are explained where it keeps its file.
DURABILITIES = ("full", "acknowledged", "kill")


@dataclass(frozen=True)
class Settings:
    """A setting `name` is the variable SLUICE_NAME; tokens and ports keep Dapr's own names."""

    #: How long an event's id is remembered after it was handled.
    retention_seconds: int = 7 * 24 * 3600
    #: Pauses before the attempts of a failing event that come later, where the function does not
    #: say its own: seconds between commas, or "none" for dead letters after those at once.
    retry_seconds: str = "5,30,120,600"
    #: Who is told of every event that fails, as package.module:function; see runtime/hooks.py.
    error_hook: str = ""
    #: A larger record on a topic becomes a dead letter.
    max_event_bytes: int = 1024 * 1024
    #: A larger request body is answered with 413.
    max_body_bytes: int = 1024 * 1024
    #: Most records daprd hands over at once, and how long it may wait for more.
    batch_events: int = 5000
    batch_wait_ms: int = 2
    #: How long daprd may take over one call; after that the platform counts as down.
    platform_seconds: float = 10.0
    #: Requests that may wait for a row at the same time; further ones get 503.
    max_waiting_requests: int = 2000
    #: How often a waiting request looks for what another process wrote.
    wait_poll_seconds: float = 0.2
    #: How long functions wait for lookup tables of their service into which nothing comes, though
    #: they have not caught up.
    tables_wait_seconds: float = 60.0
    #: Routes that ask who is signed in, and where that is asked: see `runtime.access`.
    protected_routes: str = ""
    session_url: str = ""
    #: Threads that run functions in one process.
    threads: int = 16
    #: Where the gateway or the service listens.
    host: str = "127.0.0.1"
    port: int = 8080
    log_level: str = "info"
    #: When the embedded engine waits for the disk: full, acknowledged or kill; see docs/why.md.
    durability: str = "acknowledged"
    #: Names of the Dapr components; see components/.
    pubsub: str = "events"
    second_pubsub: str = "events-2"
    tables_pubsub: str = "tables"
    retries_pubsub: str = "retries"
    statestore: str = "statestore"
    #: The broker itself: asked where a topic ends and which one it is, and by the tools.
    kafka: str = ""
    #: How long a consumer group may stand at an offset that is not there before it begins again.
    standstill_seconds: float = 30.0
    #: The name of the application at Dapr, after which its consumer groups are called; without it
    #: that of the service.
    app_id: str = ""
    #: The list of topics, which says of which the values are Avro; without one all are JSON.
    topics: str = ""
    #: Where their schemas are: the address of a schema registry, or a file of this machine.
    schema_registry: str = ""
    #: What a registry that asks for it is told, as user:secret.
    schema_registry_credentials: str = ""
    dapr_grpc_port: int = 50001
    #: Sent to daprd, and expected from it.
    dapr_api_token: str = ""
    app_api_token: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the environment; raises SluiceError that names the setting and its value."""
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {}
        for field in fields(cls):
            name = _variable(field.name)
            if name in environ:
                given[field.name] = _convert(name, environ[name], type(field.default))
        return cls(**given)

    @property
    def later_seconds(self) -> tuple[float, ...]:
        """The pauses of `retry_seconds`."""
        return _seconds(self.retry_seconds)


def _variable(name: str) -> str:
    if name in ("app_id", "dapr_grpc_port", "dapr_api_token", "app_api_token"):
        return name.upper()
    return f"SLUICE_{name.upper()}"


def _convert(name: str, value: str, wanted: type) -> Any:
    try:
        found = wanted(value)
    except ValueError:
        expected = "a whole number" if wanted is int else "a number"
    else:
        if name == "SLUICE_LOG_LEVEL":
            found = found.lower()
        is_right, expected = _check(name, found)
        if is_right:
            return found
    given = f"has {len(value)} characters" if name.endswith("_TOKEN") else f"is {value!r}"
    raise SluiceError(f"The setting {name} {given}; expected {expected}.")


def _check(name: str, value: Any) -> tuple[bool, str]:
    """Refuse what would only fail much later, with a worse message."""
    if name.endswith("_PORT"):
        return 0 <= value <= 65535, "a port from 0 to 65535"
    if name == "DAPR_API_TOKEN":
        return value.isascii() and value.isprintable(), "printable ASCII, without a line break"
    if name == "SLUICE_LOG_LEVEL":
        return value in LEVELS, "debug, info, warning or error"
    if name == "SLUICE_DURABILITY":
        return value in DURABILITIES, "full, acknowledged or kill"
    if name == "SLUICE_RETRY_SECONDS":
        return _are_seconds(value), 'numbers above 0 between commas, such as 5,30,120, or "none"'
    if name == "SLUICE_SESSION_URL":
        return value == "" or _is_address(value), "an address such as http://127.0.0.1:3004/session"
    if name == "SLUICE_TABLES_WAIT_SECONDS":
        return 0 <= value < math.inf, "a number from 0"
    if isinstance(value, int | float):
        return 0 < value < math.inf, "a number above 0"
    return True, ""


def _seconds(text: str) -> tuple[float, ...]:
    return () if text.strip().lower() == "none" else tuple(map(float, text.split(",")))


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _are_seconds(text: str) -> bool:
    try:
        return all(0 < seconds < math.inf for seconds in _seconds(text))
    except ValueError:
        return False
