"""What a fresh system starts with: the nine customers, and the stock of `add-inventory`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from local import topics
from local.brokers.base import Broker
from local.derived import CUSTOMERS_TOPIC, STOCK_TOPIC
from local.loading import load_functions
from runtime import event
from runtime.record import Message

#: What `sluice add-inventory` sets without flags.
STOCK = {"UNDERPANTS": 20, "JUMPERS": 10}
SOURCE = "sluice/demo-data"


def seed(broker: Broker, packages: Sequence[str]) -> bool:
    """Make the topics that are missing, and publish the data unless there are customers already.

    Returns whether it published.
    """
    listed = topics.read_topics(topics.TOPICS_FILE)
    wanted = topics.topics_of(load_functions(packages), listed)
    topics.apply(topics.plan(wanted.values(), broker.topics()), broker)
    if any(high > 0 for _, high in broker.watermarks(CUSTOMERS_TOPIC).values()):
        return False
    broker.publish(list(messages(packages)))
    return True


def messages(packages: Sequence[str]) -> Iterator[Message]:
    """Yield the events, always with the same ids.

    Customers come from `<package>.customers.seeds`; a package without it has none, and an
    application that is not ours gets no stock either.
    """
    for package in packages:
        seeds = _seeds(package)
        if seeds is None:
            continue
        for customer in seeds:
            yield _message(CUSTOMERS_TOPIC, customer.id, customer)
        for product, level in STOCK.items():
            yield _message(STOCK_TOPIC, product, level)


def customers(packages: Sequence[str]) -> list[Any]:
    """Return the customers of `<package>.customers.seeds`, of those packages that have any."""
    return [customer for package in packages for customer in _seeds(package) or ()]


def _seeds(package: str) -> Sequence[Any] | None:
    name = f"{package}.customers.seeds"
    try:
        return tuple(importlib.import_module(name).CUSTOMERS)
    except ModuleNotFoundError as error:
        if error.name is not None and name.startswith(error.name):
            return None
        raise


def _message(topic: str, key: str, data: object) -> Message:
    now = datetime.now(UTC)
    return event.write(topic, key, data, id=key, source=SOURCE, type=f"{topic}.demo", time=now)
