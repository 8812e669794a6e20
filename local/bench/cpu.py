"""How much processor time did these processes take so far?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from local.cluster.identity import ProcessId


def seconds(processes: Iterable[ProcessId | None]) -> float:
    """User and system time of the processes and their descendants; 0 where there is no /proc."""
    known = [process for process in processes if process is not None]
    family = {process.pid for process in known}
    family |= {child.pid for process in known for child in process.descendants()}
    return sum(_ticks(pid) for pid in family) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return 0  # ended meanwhile, or this is no Linux
    # The second field is the program's name in brackets; utime and stime are the 14th and 15th.
    fields = text[text.rindex(")") + 1 :].split()
    return int(fields[11]) + int(fields[12])
