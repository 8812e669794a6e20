"""How much memory does a process hold, and how many threads does it run?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from local.cluster.identity import ProcessId, identify
from local.errors import Failure

_BYTES_IN_KIB = 1024


@dataclass(frozen=True)
class Resident:
    """What is in memory, in millions of bytes: now, and at most since the process began."""

    mb: float
    peak_mb: float
    threads: int


def look(process: ProcessId) -> Resident:
    """Look now. Raises Failure when the process has ended, and where there is no /proc."""
    try:
        text = Path(f"/proc/{process.pid}/status").read_text()
    except OSError as error:
        raise Failure(
            f"The memory of process {process.pid} cannot be read from /proc: {error.strerror}."
        ) from error
    fields = dict(line.split(":", 1) for line in text.splitlines())
    if "VmRSS" not in fields:
        raise Failure(f"Process {process.pid} has ended; expected it to run.")
    return Resident(_mb(fields["VmRSS"]), _mb(fields["VmHWM"]), int(fields["Threads"]))


def look_here() -> Resident:
    """Look at this very process. Raises Failure where there is no /proc."""
    process = identify(os.getpid())
    if process is None:
        raise Failure("This process is not in /proc; expected a Linux with one.")
    return look(process)


def _mb(field: str) -> float:
    return int(field.split()[0]) * _BYTES_IN_KIB / 1e6
