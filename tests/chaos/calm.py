"""What a run leaves when nothing happens: that is the same on both engines."""

from __future__ import annotations

from pathlib import Path

from tests.chaos import ledger
from tests.chaos.embedded import EmbeddedSystem
from tests.chaos.ledger import Ledger
from tests.chaos.run import Run

#: Units of work as a service has them, not the small ones that are good for killing.
LARGE_BATCHES = {"CHAOS_BATCH": "500"}
QUIET_SECONDS = 600


def undisturbed(home: Path, *, parcels: int, requests: int) -> Ledger:
    """Run it on the embedded engine, in a folder of its own, and return what it leaves."""
    run = Run("calm-0", parcels, requests)
    home.mkdir()
    with EmbeddedSystem(home, LARGE_BATCHES) as system:
        system.wait_until_ready()
        run.start(system)
        system.wait_until_quiet(QUIET_SECONDS)
        assert run.answered
        return ledger.read(system, run.name)[run.name]
