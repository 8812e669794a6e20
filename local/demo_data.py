"""What a fresh system starts with: the nine customers, and the stock of `add-inventory`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from local.derived import CUSTOMERS_TOPIC, STOCK_TOPIC
from runtime import event
from runtime.record import Message

#: What `sluice add-inventory` sets without flags.
STOCK = {"UNDERPANTS": 20, "JUMPERS": 10}
SOURCE = "sluice/demo-data"


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
