"""What does it cost to remember an event? Bytes in the state store, on both engines.

python -m tests.chaos.cost
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from local.cluster import down, up
from local.output import say
from tests.chaos.embedded import EmbeddedSystem
from tests.chaos.on_dapr import DaprSystem
from tests.chaos.run import EVENTS, Run
from tests.chaos.system import System

BATCH = {"CHAOS_BATCH": "500"}
PARCELS = 4000
#: What remembers events, and by which rows.
KINDS = {
    "every event of a function, by its id": ("depot||ids/weigh_parcel/", "depot||progress/weigh_"),
    "an event of a function with unique=": ("desk||unique/",),
}


def main() -> int:
    """Send events through both engines and look at what is kept of them."""
    home = Path(tempfile.mkdtemp(prefix="sluice-cost-"))
    with EmbeddedSystem(_folder(home / "embedded"), BATCH) as embedded:
        _send(embedded)
        say("embedded engine, key and value")
        _tell(lambda prefix: sum(len(k) + len(v) for k, v in embedded.store.scan(prefix)))
    try:
        cluster = up(home / "cluster", ports="free")
        with DaprSystem(_folder(home / "dapr"), cluster, BATCH) as on_dapr:
            _send(on_dapr)
            say("PostgreSQL, the whole row, and its entry in the index")
            _tell(lambda prefix: _row_bytes(cluster.postgres, prefix))
    finally:
        down(home / "cluster", keep_data=False)
    return 0


def _send(system: System) -> None:
    system.wait_until_ready()
    run = Run("cost-0", PARCELS, requests=0)
    run.start(system)
    system.wait_until_quiet(600)


def _tell(measure: Callable[[str], int]) -> None:
    for what, prefixes in KINDS.items():
        size = sum(measure(prefix) for prefix in prefixes)
        say(f"  {size / (PARCELS * EVENTS):7.1f} bytes  {what}")


def _row_bytes(postgres: str, prefix: str) -> int:
    # An entry of the index holds the key once more.
    question = (
        "SELECT coalesce(sum(pg_column_size(state.*) + pg_column_size(key) + 8), 0)"
        " FROM state WHERE starts_with(key, %s)"
    )
    with closing(psycopg.connect(postgres)) as connection:
        found = connection.execute(question, [prefix]).fetchone()
    assert found is not None
    return int(found[0])


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


if __name__ == "__main__":
    sys.exit(main())
