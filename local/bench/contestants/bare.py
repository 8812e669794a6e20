"""A loop over confluent-kafka with its stock in a dict: no runtime, no durable state."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.bench.arena import Arena
from local.bench.contestants.base import Contestant, Entry
from local.bench.program import Program

_PROGRAM = Path(__file__).resolve().parents[1] / "peers" / "bare.py"


@contextmanager
def _enter(mode: str, arena: Arena, run: str) -> Iterator[Entry]:
    orders, results = f"orders-{run}", f"results-{run}"
    arena.make_topics([orders, results])
    environment = {
        **os.environ,
        "KAFKA": arena.cluster.kafka,
        "GROUP": run,
        "ORDERS_TOPIC": orders,
        "RESULTS_TOPIC": results,
    }
    command = [sys.executable, str(_PROGRAM), mode]
    with Program(command, environment, arena.directory / run / "app.log") as program:
        yield Entry(orders, results, program.process, None, lambda: None, program.check_alive)
    arena.delete_topics([orders, results])


PLAIN = Contestant(
    name="bare",
    title="bare confluent-kafka loop",
    guarantee="at least once, state not durable",
    share=3.0,
    enter=functools.partial(_enter, "plain"),
)
TRANSACTIONS = Contestant(
    name="bare-transactions",
    title="bare loop in Kafka transactions",
    guarantee="exactly once, state not durable",
    share=3.0,
    enter=functools.partial(_enter, "transactions"),
)
