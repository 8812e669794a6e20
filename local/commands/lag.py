"""sluice lag"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from local.commands.options import DATA, FUNCTIONS, AsJson, Data, Functions, Kafka
from local.output import print_json, print_table

if TYPE_CHECKING:
    from local.lag import Lag


def lag(
    data: Data = DATA,
    kafka: Kafka = None,
    packages: Functions = FUNCTIONS,
    as_json: AsJson = False,
) -> None:
    """Show how far behind each function is."""
    found = read_lags(packages, data, kafka)
    if as_json:
        print_json([{**vars(entry), "lag": entry.lag} for entry in found])
        return
    print_table(
        ("FUNCTION", "TOPIC", "PARTITION", "POSITION", "END", "LAG"),
        [(e.function, e.topic, e.partition, e.position, e.end, e.lag) for e in found],
    )


def read_lags(packages: list[str], data: Path, kafka: str | None) -> list[Lag]:
    """Return the lag of every function on every partition."""
    from local.brokers.kafka import KafkaBroker
    from local.commands.tables import open_store
    from local.finding import open_broker
    from local.lag import consumer_groups, lags, progress_rows
    from local.loading import load_functions

    broker = open_broker(data, kafka)
    try:
        if isinstance(broker, KafkaBroker):
            positions = consumer_groups(broker)
        else:
            positions = progress_rows(open_store(data, None))
        return list(lags(load_functions(packages), broker, positions))
    finally:
        broker.close()
