"""Faust with its stock in a table of its own, which cannot be looked into from outside."""

from __future__ import annotations

from contextlib import AbstractContextManager

from local.bench.arena import Arena
from local.bench.contestants.base import Contestant, Entry
from local.bench.contestants.script import peers_python, run_script


def _enter(arena: Arena, run: str) -> AbstractContextManager[Entry]:
    return run_script([peers_python(), "faust_agent.py", "worker"], arena, run)


AGENT = Contestant(
    name="faust",
    title="Faust, repartitioned",
    guarantee="at least once",
    share=1 / 5,
    libraries=True,
    enter=_enter,
)
