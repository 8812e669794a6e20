"""How fast does a starting service load a large table, and what does one of its rows cost then?"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec

from local.bench import table_service
from local.bench.arena import Arena
from local.bench.goals import Goal
from local.bench.measures.base import Extent, Measure, Measured
from local.bench.served import run_program
from local.bench.table_program import Loaded
from local.cluster.progress import Progress

_PROGRAM = "local.bench.table_program"
_SMALL_ROWS = 1_000
#: Rows a second.
_GOAL_RATE = 20_000
#: "The same", with room for the noise of a machine.
_GOAL_TIMES = 1.2


def on_embedded(extent: Extent, tell: Progress) -> Measured:
    """Load a large and a small table, each by a process of its own, and read from both."""
    rows, few = extent.rows, min(extent.rows, _SMALL_ROWS)
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        large, small = Path(folder) / "large", Path(folder) / "small"
        run_program(_PROGRAM, "fill", large, rows)
        run_program(_PROGRAM, "fill", small, few)
        tell("table", f"loading {rows:,} rows")
        loaded, loaded_small = _load(large), _load(small)
        tell("table", f"{rows / loaded.seconds:,.0f} rows/s")
        printed = run_program(_PROGRAM, "read", small, few, large, rows)
        read_small, read_large = msgspec.json.decode(printed, type=list[float])
    return _measured(rows, loaded, loaded_small, read_large, read_small, "of the processor")


def on_cluster(arena: Arena, extent: Extent, tell: Progress) -> Measured:
    """Load both by a service beside its daprd; the clock runs from the start of the two."""
    rows, few = extent.rows, min(extent.rows, _SMALL_ROWS)
    tell("table", f"loading {few:,} rows")
    loaded_small, read_small = table_service.measure(arena, f"small-{arena.token}", few)
    tell("table", f"loading {rows:,} rows")
    loaded, read_large = table_service.measure(arena, f"large-{arena.token}", rows)
    tell("table", f"{rows / loaded.seconds:,.0f} rows/s")
    found = _measured(rows, loaded, loaded_small, read_large, read_small, "by the clock")
    starting = {f"s, starting with {few:,} rows to load": loaded_small.seconds}
    return replace(found, figures={**found.figures, **starting})


def _measured(
    rows: int, large: Loaded, small: Loaded, read_large: float, read_small: float, clock: str
) -> Measured:
    """Compare them; the reads are microseconds by some clock."""
    return Measured(
        "table",
        [
            Goal(
                f"rows/s, a table of {rows:,} loaded by a starting service",
                rows / large.seconds,
                _GOAL_RATE,
            ),
            Goal(
                f"times the cost of a row of a table of {_SMALL_ROWS:,}, reading one of it",
                read_large / read_small,
                _GOAL_TIMES,
                at_least=False,
            ),
        ],
        {
            f"microseconds {clock}, reading a row of the large table": read_large,
            f"microseconds {clock}, reading a row of the small table": read_small,
            "MB more in memory at most, loading the large table": large.peak_mb - small.peak_mb,
        },
    )


def _load(data: Path) -> Loaded:
    return msgspec.json.decode(run_program(_PROGRAM, "load", data), type=Loaded)


TABLE = Measure("table", on_embedded, on_cluster)
