"""A service beside its daprd that loads a large lookup table when it starts."""

from __future__ import annotations

import random
import time
from contextlib import closing
from statistics import median

from local.bench import resident, store
from local.bench.arena import Arena
from local.bench.contestants.sluice import PACKAGE
from local.bench.table_program import READS, SERVICE, TOPIC, Loaded, customer, row_key
from local.errors import Failure
from local.launch import launch
from local.loading import load_functions
from local.topics import topics_of
from runtime.registry import Registry
from runtime.settings import Settings
from runtime.sidecars.dapr import DaprSidecar

#: Customers that are sent together.
_SENT = 50_000


def measure(arena: Arena, run: str, rows: int) -> tuple[Loaded, float]:
    """Load so many rows, and read some of them: what that took, and microseconds for one.

    Raises Failure when a row is missing in the end.
    """
    services = load_functions([PACKAGE]).services
    arena.make_topics(list(topics_of(Registry({SERVICE: services[SERVICE]}), {})))
    for start in range(0, rows, _SENT):
        numbers = range(start, min(start + _SENT, rows))
        arena.publish([customer(number) for number in numbers])
    keys = [row_key(number) for number in range(rows)]
    began = time.perf_counter()
    with launch(SERVICE, PACKAGE, arena.cluster, app_id=run, directory=arena.directory) as launched:
        assert launched.app is not None
        store.wait_for_rows(launched.dapr_url, keys, TOPIC, launched.check_alive)
        seconds = time.perf_counter() - began
        loaded = Loaded(seconds, resident.look(launched.app).peak_mb)
        found = sum(1 for _ in store.rows(launched.dapr_url, keys))
        if found != rows:
            raise Failure(f"{rows - found:,} of {rows:,} rows are missing in the table.")
        return loaded, _read(launched.ports["grpc"], keys)


def _read(port: int, keys: list[str]) -> float:
    """Read rows one by one, anywhere in the table, as a function does."""
    chosen = random.Random(len(keys))  # noqa: S311 - the same rows each time
    taken = []
    with closing(DaprSidecar(Settings(dapr_grpc_port=port))) as sidecar:
        for key in chosen.choices(keys, k=READS):
            began = time.perf_counter()
            sidecar.get([key])
            taken.append(time.perf_counter() - began)
    return median(taken) * 1e6
