"""sluice import-orders"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from local.commands.options import DATA, FUNCTIONS, AsJson, Data, Functions, Kafka, Registry, Url
from local.output import print_json, say


def import_orders(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Order book, .csv or .csv.gz.")],
    orders_only: Annotated[
        bool,
        typer.Option("--orders-only", help="Do not derive stock levels and customers."),
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            envvar="SLUICE_TIMEOUT",
            metavar="SECONDS",
            min=0,
            help="How long an order may stay undecided.",
        ),
    ] = 600.0,
    data: Data = DATA,
    kafka: Kafka = None,
    registry: Registry = None,
    address: Url = None,
    packages: Functions = FUNCTIONS,
    as_json: AsJson = False,
) -> None:
    """Send an order book through the workflow.

    Returns when every order is decided. Every row is accepted or rejected with a reason. What the
    file lacks, stock and customers, is derived from it. Running it again changes nothing.
    """
    from local import report
    from local.avro_values import reader
    from local.commands.lag import read_lags
    from local.finding import open_broker, service_url
    from local.http import Client
    from local.order_book import OrderBook
    from local.order_import import OrderImport
    from local.progress import progress_bar

    book = OrderBook.read(file)
    url, token = service_url("orders", data, kafka, address)

    def caught_up(topics: Sequence[str]) -> bool:
        lags = read_lags(packages, data, kafka)
        return not any(entry.lag for entry in lags if entry.topic in topics)

    broker = open_broker(data, kafka)
    try:
        avro = reader(registry, data, kafka)
        target = OrderImport(broker, lambda: Client(url, token), caught_up, timeout, avro)
        with progress_bar("rows", book.rows) as advance:
            decisions = target.run(book, advance, derive=not orders_only)
    finally:
        broker.close()
    if as_json:
        print_json(book.summary())
        return
    lines = [*report.of_book(book), *([] if orders_only else report.of_derived(book))]
    for line in (*lines, *report.of_decisions(decisions)):
        say(line)
