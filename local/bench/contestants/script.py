"""A peer that is one Python program beside Kafka, without a sidecar."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.bench.arena import Arena
from local.bench.contestants.base import Entry
from local.bench.environment import environment
from local.bench.program import Program

_PROGRAMS = Path(__file__).resolve().parents[1] / "peers"


def peers_python() -> str:
    """The interpreter that has the libraries that are peers."""
    return str(environment().python)


@contextmanager
def run_script(
    command: Sequence[str],
    arena: Arena,
    run: str,
    settings: Mapping[str, str] | None = None,
    reserved: Callable[[], int | None] = lambda: None,
) -> Iterator[Entry]:
    """Run an interpreter with one of the programs in `peers/`, between two topics of its own.

    Whatever other topics it makes for itself, it names after its group, which is the run: they are
    deleted with the two.
    """
    orders, results = f"orders-{run}", f"results-{run}"
    arena.make_topics([orders, results])
    python, program, *arguments = command
    home = arena.directory / run
    environment = {
        **os.environ,
        "KAFKA": arena.cluster.kafka,
        "GROUP": run,
        "ORDERS_TOPIC": orders,
        "RESULTS_TOPIC": results,
        "STATE_DIR": str(home / "state"),
        **(settings or {}),
    }
    started = [python, str(_PROGRAMS / program), *arguments]
    with Program(started, environment, home / "app.log") as process:
        yield Entry(orders, results, process.process, None, reserved, process.check_alive)
    arena.delete_topics([name for name in arena.broker.topics() if run in name])
