"""A loop over confluent-kafka with its stock in a dict: no runtime, no durable state."""

from __future__ import annotations

import functools
import sys
from contextlib import AbstractContextManager

from local.bench.arena import Arena
from local.bench.contestants.base import Contestant, Entry
from local.bench.contestants.script import run_script


def _enter(mode: str, arena: Arena, run: str) -> AbstractContextManager[Entry]:
    return run_script([sys.executable, "bare.py", mode], arena, run)


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
