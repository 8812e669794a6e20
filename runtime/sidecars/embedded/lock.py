"""Which process owns a data directory? Two that deliver from one log would do everything twice."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from runtime.errors import StoreRefused


class DirectoryLock:
    """Held from the moment it is made; the operating system lets go when the process ends.

    Raises StoreRefused when another process holds it, naming that process.
    """

    def __init__(self, directory: Path) -> None:
        self._file = (directory / "lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._holder()
            self._file.close()
            raise StoreRefused(
                f"The data directory {str(directory)!r} is in use by process {holder}; expected"
                " one `sluice up` at a time. Stop that one, or name another directory with --data."
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes lock two files."""
        self._file.close()

    def _holder(self) -> str:
        self._file.seek(0)
        return self._file.read().strip() or "(unknown)"
