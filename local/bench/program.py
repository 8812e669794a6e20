"""One process of the bench, started for a block and stopped at its end."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.cluster import process
from local.errors import Failure

_STOP_SECONDS = 20.0


class Program:
    """A context manager: the program runs inside the block. Its output goes to the log."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self.process = process.spawn(command, environment, log)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        process.stop(self.process, signal.SIGTERM, _STOP_SECONDS)

    def check_alive(self) -> None:
        """Raise Failure when it has ended."""
        if self.process.state() == "gone":
            raise Failure(f"The program that logs to {self._log} has ended; expected it to run.")
