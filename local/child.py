"""A `sluice up` of one's own: started, found when it is ready, and ended with the block."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.errors import Failure
from local.finding import Running, find_running

READY_SECONDS = 30.0
STOP_SECONDS = 20.0
_LOOK_SECONDS = 0.02


@contextmanager
def serving(data: Path, packages: Sequence[str]) -> Iterator[Running]:
    """Serve a data directory on a free port while the block runs.

    A process of its own: what reads and writes here does not take its turns at the interpreter.
    Its log is `<data>/up.log`. Raises Failure when it does not become ready.
    """
    functions = [word for package in packages for word in ("--functions", package)]
    command = [sys.executable, "-m", "local", "up", "--data", str(data), "--port", "0", *functions]
    log = data / "up.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"SLUICE_NO_DEMO_DATA": ""},
            start_new_session=True,  # Ctrl-C is for us: we then end it properly
        )
    try:
        yield _ready(child, data, log)
    finally:
        _end(child)


def _ready(child: subprocess.Popen[bytes], data: Path, log: Path) -> Running:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        running = find_running(data)
        if running is not None and running.pid == child.pid:
            return running
        time.sleep(_LOOK_SECONDS)
    words = log.read_text(errors="replace").strip().splitlines()
    raise Failure(
        f"The engine over {str(data)!r} did not become ready: {words[-1] if words else 'no word'}. "
        f"Its log is {log}."
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
