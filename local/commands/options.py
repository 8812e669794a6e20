"""The options that several commands share, each with its environment variable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="SLUICE_DATA",
        metavar="DIR",
        help="Directory of the embedded engine's state.",
    ),
]

Kafka = Annotated[
    str | None,
    typer.Option(
        "--kafka",
        envvar="SLUICE_KAFKA",
        metavar="HOST:PORT",
        help="Work on this cluster instead of a data directory.",
    ),
]

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="SLUICE_URL",
        metavar="URL",
        help="Where the service answers, when it is not where dapr.yaml says.",
    ),
]

Functions = Annotated[
    list[str],
    typer.Option(
        "--functions",
        envvar="SLUICE_FUNCTIONS",
        metavar="PACKAGE",
        help="Package of functions; may be given several times.",
    ),
]

AsJson = Annotated[
    bool, typer.Option("--json", envvar="SLUICE_JSON", help="Print JSON, for programs.")
]

Reveal = Annotated[
    bool,
    typer.Option(
        "--reveal",
        envvar="SLUICE_REVEAL",
        help="Show personal data unmasked. Secrets are never shown.",
    ),
]

Registry = Annotated[
    str | None,
    typer.Option(
        "--registry",
        envvar="SLUICE_SCHEMA_REGISTRY",
        metavar="URL",
        help="Schema registry of Avro values; a data directory has its own.",
    ),
]

Raw = Annotated[
    bool,
    typer.Option("--raw", envvar="SLUICE_RAW", help="Show Avro values as the bytes they are."),
]

#: Defaults, written once.
DATA = Path(".sluice")
FUNCTIONS = ["functions"]
