"""sluice up"""

from __future__ import annotations

from typing import Annotated

import typer

from local.commands.options import DATA, FUNCTIONS, Data, Functions
from local.output import say

Port = Annotated[
    int,
    typer.Option(
        "--port", envvar="SLUICE_PORT", min=0, max=65535, help="The gateway's port; 0 takes any."
    ),
]
NoDemoData = Annotated[
    bool,
    typer.Option("--no-demo-data", envvar="SLUICE_NO_DEMO_DATA", help="Start with empty tables."),
]


def up(
    data: Data = DATA,
    port: Port = 8080,
    packages: Functions = FUNCTIONS,
    no_demo_data: NoDemoData = False,
) -> None:
    """Run every function on the embedded engine until stopped.

    Prints a line with "ready" when it serves. A fresh data directory gets nine customers and a
    little stock, unless told otherwise. Ctrl-C or SIGTERM stops it; what was under way goes on at
    the next start.
    """
    import os
    from dataclasses import replace
    from pathlib import Path

    from local import demo_data
    from local.loading import load_functions
    from local.serving import Embedded
    from local.topics import TOPICS_FILE, read_topics, topics_of
    from runtime import log
    from runtime.settings import Settings

    # Events, mails and documents tell of people: whatever is written here is its owner's only.
    os.umask(0o077)
    settings = Settings.read()
    settings = replace(settings, port=port, topics=settings.topics or str(TOPICS_FILE))
    log.configure(settings.log_level)
    registry = load_functions(packages)
    listed = read_topics(Path(settings.topics))
    embedded = Embedded(registry, data, topics_of(registry, listed), settings)
    if not no_demo_data and _fresh(embedded.store.log.watermarks("customers")):
        embedded.store.publish(list(demo_data.messages(packages)))
    count = len(registry.functions())
    embedded.serve(lambda: say(f"ready: {count} functions at {embedded.url}, data in {data}"))


def _fresh(marks: dict[int, tuple[int, int]]) -> bool:
    return all(high == 0 for _, high in marks.values())
