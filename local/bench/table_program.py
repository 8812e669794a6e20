"""The processes that are measured on a large lookup table.

python -m local.bench.table_program fill DIR ROWS   writes a change for each row to the topic
python -m local.bench.table_program load DIR        prints what it took until the table has all
python -m local.bench.table_program read DIR ROWS DIR ROWS
                                                    prints the processor's time for a row of each
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

from local.bench import resident
from local.bench.embedded_program import only, settle
from local.bench.feeding import APPEND
from local.bench.workload import PARTITIONS
from runtime import event, log, memory, wire
from runtime.engine import EmbeddedEngine
from runtime.errors import SluiceError
from runtime.record import Message
from runtime.sidecars.embedded import EmbeddedSidecar, Store

#: The service that starts, the topic that its table is filled from, and the table.
SERVICE, TOPIC, _TABLE = "enrichment", "customers", "customers"
_TIME = datetime(2026, 1, 1, tzinfo=UTC)
READS = 2_000
#: Of these in a turn, where two tables are compared.
_TURN = 100
#: Odd, so that no two numbers become the same one.
_SCATTER = 2_654_435_761
_PATIENCE_SECONDS = 3600.0


class Loaded(msgspec.Struct):
    """How long the table took, and the most memory meanwhile, in millions of bytes."""

    seconds: float
    peak_mb: float


def fill(data: Path, rows: int) -> None:
    """Write so many customers to the topic."""
    with Store.open(data, durability="kill", partitions={TOPIC: PARTITIONS}) as store:
        for start in range(0, rows, APPEND):
            numbers = range(start, min(start + APPEND, rows))
            store.publish([customer(number) for number in numbers])


def load(data: Path) -> Loaded:
    """Start the service; return when its functions may run, because the table has caught up."""
    with Store.open(data) as store:
        engine = EmbeddedEngine(only(SERVICE), store)
        memory.relax()
        began = time.perf_counter()
        engine.start()
        settle(engine, _PATIENCE_SECONDS)
        seconds = time.perf_counter() - began
        engine.stop()
    return Loaded(seconds, resident.look_here().peak_mb)


def read(tables: Mapping[Path, int]) -> list[float]:
    """Read rows one by one, anywhere in these tables; return the medians in microseconds.

    The tables, of so many rows each, take turns: one after the other, the machine's speed would
    have changed in between. A turn has many reads, because one alone would pay for the caches that
    the other table's has filled. Of the processor's time: the clock's tells more of what else the
    machine does.
    """
    chosen = random.Random(READS)  # noqa: S311 - the same rows each time
    taken: list[list[float]] = [[] for _ in tables]
    with ExitStack() as stack:
        stores = [stack.enter_context(Store.open(data)) for data in tables]
        sidecars = [EmbeddedSidecar(store, SERVICE) for store in stores]
        for _ in range(READS // _TURN):
            for sidecar, rows, times in zip(sidecars, tables.values(), taken, strict=True):
                keys = [row_key(chosen.randrange(rows)) for _ in range(_TURN)]
                times += [_read(sidecar, key) for key in keys]
    return [median(times) * 1e6 for times in taken]


def row_key(number: int) -> str:
    """Where the state of a customer is."""
    return f"{_TABLE}/{_id(number)}"


def _read(sidecar: EmbeddedSidecar, key: str) -> float:
    began = time.thread_time()
    found = sidecar.get([key])
    seconds = time.thread_time() - began
    if key not in found:
        raise SluiceError(f"The row {key!r} is not there.")
    return seconds


def _id(number: int) -> str:
    """Ids in no order, as most are: rows that follow one another would be too easy to find."""
    return f"{number * _SCATTER % 2**32:08x}"


def customer(number: int) -> Message:
    """The event that brings a customer's row."""
    id = _id(number)
    row = {
        "id": id,
        "firstName": "Ann",
        "lastName": f"Lee {number}",
        "email": f"ann.lee.{number}@example.com",
        "address": f"{number} High Street, Exampleton",
        "level": "gold",
        "action": "created",
    }
    return event.write(TOPIC, id, row, id=f"e-{id}", source="/bench", type="Customer", time=_TIME)


def main(arguments: list[str]) -> None:
    """Do as the arguments say."""
    log.configure("warning")
    match arguments:
        case ["fill", data, rows]:
            fill(Path(data), int(rows))
        case ["load", data]:
            sys.stdout.buffer.write(wire.encode(load(Path(data))))
        case ["read", one, one_rows, other, other_rows]:
            tables = {Path(one): int(one_rows), Path(other): int(other_rows)}
            sys.stdout.buffer.write(wire.encode(read(tables)))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
