"""Quix Streams with its stock in RocksDB, in both of its guarantees.

Its store cannot be looked into from outside, so nobody counts what it loses.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager

from local.bench.arena import Arena
from local.bench.contestants.base import Contestant, Entry
from local.bench.contestants.script import peers_python, run_script


def _enter(guarantee: str, arena: Arena, run: str) -> AbstractContextManager[Entry]:
    return run_script([peers_python(), "quix.py", guarantee], arena, run)


#: So many that most of a round is work: a commit, which nothing passes before, comes every 5 s.
_SHARE = 4.0

AT_LEAST_ONCE = Contestant(
    name="quix",
    title="Quix Streams, repartitioned",
    guarantee="at least once",
    share=_SHARE,
    libraries=True,
    enter=functools.partial(_enter, "at-least-once"),
)
EXACTLY_ONCE = Contestant(
    name="quix-exactly-once",
    title="Quix Streams exactly-once, repartitioned",
    guarantee="exactly once, seen every 5 s",
    share=_SHARE,
    libraries=True,
    enter=functools.partial(_enter, "exactly-once"),
)
