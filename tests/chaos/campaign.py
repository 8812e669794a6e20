"""Kill at every point, one run for each of them, on a system that is shared by all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos import ledger
from tests.chaos.ledger import Ledger
from tests.chaos.points import POINTS, Fault, faults_at
from tests.chaos.run import Run
from tests.chaos.system import System
from tests.waiting import wait_until

#: For all kills of one point.
STRIKE_SECONDS = 120
CALM = "calm"


@dataclass(frozen=True)
class Result:
    """What the calm run and those with kills have left, by the name of their point."""

    ledgers: Mapping[str, Ledger]
    kills: int
    revived: int
    losses: Sequence[str]


def kill_at_every_point(system: System) -> Result:
    """Run once undisturbed, and once for every point; each run meets a kill in every function."""
    runs = {CALM: Run("run-00")}
    runs[CALM].start(system)
    system.wait_until_quiet()
    kills = 0
    for number, point in enumerate(POINTS[system.engine], 1):
        runs[point.name] = run = Run(f"run-{number:02}")
        faults = faults_at(point, run.name)
        system.faults.arm(faults)
        run.start(system)
        _wait_until_all_struck(system, run, faults)
        kills += len(faults)
    system.wait_until_quiet()
    found = ledger.read(system, *(run.name for run in runs.values()))
    ledgers = {name: found[run.name] for name, run in runs.items()}
    return Result(ledgers, kills, system.revived, system.losses())


def _wait_until_all_struck(system: System, run: Run, faults: list[Fault]) -> None:
    ids = {fault.id for fault in faults}

    def struck() -> bool:
        system.revive()
        return run.answered and ids <= system.faults.fired()

    try:
        wait_until(struck, STRIKE_SECONDS)
    except AssertionError:
        left = sorted(ids - system.faults.fired())
        raise AssertionError(f"Never came to {left}; answers {run.answers}.") from None
