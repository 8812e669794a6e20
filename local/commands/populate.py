"""sluice populate"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka, Url
from local.errors import Misuse
from local.output import print_json, say, warn

if TYPE_CHECKING:
    from local.http import Client


def populate(
    rate: Annotated[
        float, typer.Option("--rate", envvar="SLUICE_RATE", help="Orders per second.")
    ] = 1.0,
    count: Annotated[
        int | None, typer.Option("--count", min=0, help="Stop after so many orders.")
    ] = None,
    data: Data = DATA,
    kafka: Kafka = None,
    address: Url = None,
    as_json: AsJson = False,
) -> None:
    """Keep ordering, and pay for every order that is accepted.

    One order a second, of the customers 0 to 5 and three products in turn, each with a payment of
    CZK 1000.00 on the topic `payments`. While the orders service is down it waits, and sends the
    same order again. Ctrl-C ends it; then it says how many there were.
    """
    from local.finding import open_broker, service_url
    from local.http import Client
    from local.populating import Counts, Populator
    from local.progress import progress_bar
    from local.stopping import stopping

    if not 0 < rate < float("inf"):
        raise Misuse(f"--rate is {rate:g}; expected a number of orders per second above 0.")
    kept: list[Client] = []

    def connect() -> Client:
        # Asked each time: a service that was started again may have another port.
        url, token = service_url("orders", data, kafka, address)
        if not kept or kept[-1].url != url:
            kept.append(Client(url, token))
        return kept[-1]

    counts = Counts()
    broker = open_broker(data, kafka)
    populator = Populator(connect, broker, warn, counts)
    try:
        with progress_bar("orders", count) as advance, stopping(populator.stopped):
            populator.run(rate, advance, count)
    finally:
        for client in kept:
            client.close()
        broker.close()
    if as_json:
        print_json(vars(counts))
    else:
        say(f"{counts.accepted} accepted, {counts.refused} refused, {counts.paid} paid")
