"""Is this process still the one that we started?

A process id alone does not tell: the system hands it out again. An id together with the moment
its process began is never handed out twice, so that is what we remember and compare.
"""

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["running", "paused", "gone"]

_PROC = Path("/proc")


@dataclass(frozen=True)
class ProcessId:
    """One process, for ever: a recycled pid is a different ProcessId."""

    pid: int
    began: str

    def state(self) -> State:
        """Look now. A zombie is gone: it holds no port, no file and no memory."""
        seen = _look(self.pid)
        if seen is None or seen.began != self.began or seen.code in "ZX":
            _reap(self.pid, seen)
            return "gone"
        return "paused" if seen.code == "T" else "running"

    def descendants(self) -> list["ProcessId"]:
        """The children and their children, which a signal to this process does not reach."""
        if self.state() == "gone":
            return []
        looks = _look_at_all()
        found: list[ProcessId] = []
        parents = {self.pid}
        while parents:
            children = [look for look in looks if look.parent in parents]
            found += [ProcessId(look.pid, look.began) for look in children]
            parents = {look.pid for look in children}
        return found


@dataclass(frozen=True)
class _Look:
    pid: int
    parent: int
    code: str
    began: str


def identify(pid: int) -> ProcessId | None:
    """Name the process that has this pid now; None when there is none."""
    seen = _look(pid)
    return ProcessId(pid, seen.began) if seen else None


def _look(pid: int) -> _Look | None:
    if not _PROC.joinpath("self", "stat").exists():
        return next((look for look in _look_with_ps() if look.pid == pid), None)
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text(errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets and may hold blanks and brackets itself.
    fields = text[text.rindex(")") + 1 :].split()
    code, parent, threads, began = fields[0], int(fields[1]), int(fields[17]), fields[19]
    if code == "Z" and threads > 1:
        code = "R"  # its first thread has ended, the others still hold the files and the ports
    return _Look(pid, parent, code, f"{_boot()}/{began}")


def _look_at_all() -> list[_Look]:
    if not _PROC.joinpath("self", "stat").exists():
        return _look_with_ps()
    looks = (_look(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [look for look in looks if look]


def _look_with_ps() -> list[_Look]:
    """The same where there is no /proc, as on macOS; starts are told to the second only."""
    command = ["ps", "-axo", "pid=,ppid=,state=,lstart="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 3) for line in listing.splitlines()]
    return [_Look(int(row[0]), int(row[1]), row[2][0], row[3].strip()) for row in rows]


def _boot() -> str:
    # Starts are counted from the boot: without its id a restart of the machine could repeat one.
    try:
        return _PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _reap(pid: int, seen: _Look | None) -> None:
    # Only a child of this very process can be reaped, and only then does it stay a zombie for us.
    if seen and seen.code == "Z" and seen.parent == os.getpid():
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
