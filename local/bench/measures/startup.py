"""How long does a person wait for `sluice --help`, and for `sluice up` until it serves?"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from local.bench.contestants.sluice import PACKAGE
from local.bench.goals import Goal
from local.bench.measures.base import Extent, Measure, Measured
from local.child import serving
from local.cluster.progress import Progress

_HELP = [sys.executable, "-m", "local", "--help"]


def on_embedded(extent: Extent, tell: Progress) -> Measured:
    """Start each so many times; `up` serves all functions, with a fresh data directory each."""
    help_seconds = _median("sluice --help", _help, extent.starts, tell)
    up_seconds = _median("sluice up", _up, extent.starts, tell)
    return Measured(
        "startup",
        [
            Goal("s, sluice --help", help_seconds, 0.3, at_least=False),
            Goal("s, sluice up until it serves", up_seconds, 3.0, at_least=False),
        ],
    )


def _median(what: str, run: Callable[[], float], count: int, tell: Progress) -> float:
    tell("startup", f"{what}, {count} times")
    return median(run() for _ in range(count))


def _help() -> float:
    began = time.perf_counter()
    subprocess.run(_HELP, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _up() -> float:
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as data:
        began = time.perf_counter()
        with serving(Path(data), [PACKAGE]):
            return time.perf_counter() - began


STARTUP = Measure("startup", on_embedded)
