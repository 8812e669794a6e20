"""How many events a second, and what processor time do they take?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.bench import cpu
from local.bench.arena import Arena
from local.bench.results import Results
from local.bench.sample import Cpu
from local.cluster.identity import ProcessId
from runtime.record import Message


@dataclass(frozen=True)
class Meter:
    """Whose processor time is counted."""

    arena: Arena
    app: ProcessId | None
    sidecar: ProcessId | None

    def read(self) -> Cpu:
        """What they have taken so far."""
        return Cpu(cpu.seconds([self.app]), cpu.seconds([self.sidecar]), self.arena.cpu_seconds())


def measure(
    arena: Arena,
    meter: Meter,
    results: Results,
    orders: Sequence[Message],
    expected: int,
    alive: Callable[[], None],
) -> tuple[float, Cpu]:
    """Send all orders at once and wait for all results; return when it began, and the CPU.

    `expected` counts the results of earlier orders too. The end is the time of the last result.
    """
    before = meter.read()
    began = time.time()
    arena.publish(orders)
    results.wait_for(expected, alive)
    after = meter.read()
    taken = Cpu(
        after.app - before.app,
        after.sidecar - before.sidecar,
        after.platform - before.platform,
    )
    return began, taken
