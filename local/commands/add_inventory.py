"""sluice add-inventory"""

from __future__ import annotations

from typing import Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka
from local.output import print_json, say


def add_inventory(
    underpants: Annotated[
        int,
        typer.Option(
            "-u", "--underpants", envvar="SLUICE_UNDERPANTS", min=0, help="Level of UNDERPANTS."
        ),
    ] = 20,
    jumpers: Annotated[
        int,
        typer.Option("-j", "--jumpers", envvar="SLUICE_JUMPERS", min=0, help="Level of JUMPERS."),
    ] = 10,
    data: Data = DATA,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """Set the stock levels of UNDERPANTS and JUMPERS. A level is absolute, no delta."""
    from local.derived import STOCK_TOPIC
    from local.finding import open_broker
    from local.publishing import envelope

    levels = {"UNDERPANTS": underpants, "JUMPERS": jumpers}
    messages = [
        envelope(STOCK_TOPIC, product, str(level).encode(), type="sluice.counted")
        for product, level in levels.items()
    ]
    broker = open_broker(data, kafka)
    try:
        broker.publish(messages)
    finally:
        broker.close()
    if as_json:
        print_json(levels)
    else:
        say(", ".join(f"{product} {level}" for product, level in levels.items()))
