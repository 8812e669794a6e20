"""python -m tests.provider [--seconds 600] [--dapr]: measure, and print what was found."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from local.cluster import down, up
from tests.provider.engines import embedded, on_dapr


def main() -> None:
    """Run one trial."""
    parser = argparse.ArgumentParser(prog="python -m tests.provider", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long the provider is away")
    parser.add_argument("--dapr", action="store_true", help="on daprd, Kafka and PostgreSQL")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.dapr:
            try:
                with on_dapr(up(folder / "cluster", ports="free"), folder) as trial:
                    found = trial.run(options.seconds)
            finally:
                down(folder / "cluster", keep_data=False)
        else:
            with embedded(folder) as trial:
                found = trial.run(options.seconds)
    sys.stdout.write(f"{found}\n")
    sys.exit(0 if found.taken == found.letters and not (found.twice or found.dead) else 1)


main()
