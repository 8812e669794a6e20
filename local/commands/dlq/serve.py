"""sluice dlq serve"""

from __future__ import annotations

from typing import Annotated

import typer

from local.commands.dlq.options import Postgres
from local.commands.options import DATA, Data, Kafka, Registry
from local.output import say

Port = Annotated[
    int,
    typer.Option(
        "--port", envvar="SLUICE_DLQ_PORT", min=0, max=65535, help="Its port; 0 takes any."
    ),
]


def serve(
    port: Port = 8095,
    data: Data = DATA,
    kafka: Kafka = None,
    postgres: Postgres = None,
    registry: Registry = None,
) -> None:
    """Serve the HTTP API on dead letters until stopped: on a cluster there is no gateway.

    It listens on loopback unless SLUICE_HOST says otherwise, and asks for APP_API_TOKEN; without
    one it answers on loopback only. Prints a line with "ready" when it serves.
    """
    from dataclasses import replace

    from local.dead_letters import DeadLetters
    from local.dead_letters.serving import serve_api
    from runtime import log
    from runtime.settings import Settings

    settings = replace(Settings.read(), port=port)
    log.configure(settings.log_level)
    with DeadLetters.open(data, kafka=kafka, postgres=postgres, registry=registry) as letters:
        serve_api(letters, settings, lambda url: say(f"ready: {url}/v1/dead-letters"))
