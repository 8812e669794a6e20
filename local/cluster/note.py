"""Which process was started for a member, and on which port? Written down for other processes."""

import json
from pathlib import Path

from local.cluster.identity import ProcessId


class Note:
    """A small file; it may tell of a process that is long gone, or be missing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, process: ProcessId, port: int) -> None:
        """Replace what was noted before."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        note = {"pid": process.pid, "began": process.began, "port": port}
        self._path.write_text(json.dumps(note))

    def read(self) -> tuple[ProcessId, int] | None:
        """The process and its port, if that very process still runs."""
        try:
            note = json.loads(self._path.read_text())
            process = ProcessId(int(note["pid"]), str(note["began"]))
            port = int(note["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return None  # never started, or we were killed while writing
        return None if process.state() == "gone" else (process, port)

    def forget(self) -> None:
        """Remove the file; nothing happens when there is none."""
        self._path.unlink(missing_ok=True)
