"""Troubles at random, and what they cost: `make chaos`, or

    python -m tests.chaos --seconds 120 --seed 7 --engine dapr

Prints what it does, and after each engine what there was to do, what was found, lost and doubled.
Ends with 1 when there is any difference from an undisturbed run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.cluster import down, up
from local.output import say
from tests.chaos.embedded import EmbeddedSystem
from tests.chaos.ledger import MAILS
from tests.chaos.on_dapr import DaprSystem
from tests.chaos.storm import INPUT, Reckoning, Storm
from tests.chaos.system import System

ENGINES = ("embedded", "dapr")
LETTERS = "topic desk.look_at_parcel.dead-letters"
#: Few enough for a kill to come amid them, enough to get on.
BATCH = {"CHAOS_BATCH": "20"}


def main() -> int:
    """Storm over the engines that were asked for."""
    options = _options()
    home = Path(tempfile.mkdtemp(prefix="sluice-chaos-"))
    say(f"seed {options.seed}; logs are in {home}")
    reckonings = []
    for engine in options.engine or ENGINES:
        say(f"\n{engine}: {options.seconds:g} s of trouble")
        with _system(engine, home / engine) as system:
            storm = Storm(system, options.seed, say, servers=True)
            reckonings.append(storm.rage(options.seconds))
        say(_told(reckonings[-1]))
    return int(any(each.differences for each in reckonings))


@contextmanager
def _system(engine: str, home: Path) -> Iterator[System]:
    home.mkdir()
    if engine == "embedded":
        with EmbeddedSystem(home, BATCH) as system:
            system.wait_until_ready()
            yield system
        return
    try:
        with DaprSystem(home, up(home / "cluster", ports="free"), BATCH) as on_dapr:
            on_dapr.wait_until_ready()
            yield on_dapr
    finally:
        down(home / "cluster", keep_data=False)


def _told(reckoning: Reckoning) -> str:
    effects = reckoning.expected.without(MAILS, INPUT)
    found = reckoning.found.without(MAILS, INPUT)
    differences = reckoning.differences
    lines = [
        f"\n{reckoning.engine}",
        f"  events in           {reckoning.events:7}   and {reckoning.again} of them sent again",
        f"  troubles            {reckoning.troubles:7}   in {reckoning.seconds:.0f} s",
        f"  effects expected    {effects.lines.total():7}   rows, records and dead letters",
        f"  found               {found.lines.total():7}",
        f"  lost                {differences.lost.total():7}",
        f"  doubled             {differences.doubled.total():7}",
        f"  dead letters        {found.count(LETTERS):7}   of {effects.count(LETTERS)}",
        f"  mails               {reckoning.found.count(MAILS):7}   "
        f"of {reckoning.expected.count(MAILS)}: {reckoning.mails_doubled} were sent twice",
        f"  longest standstill  {reckoning.standstill_seconds:7.1f} s",
    ]
    return "\n".join([*lines, str(differences)] if differences else lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--engine", action="append", choices=ENGINES, help="one of them only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
