"""Processes of the embedded engine: one that serves while a block runs, or that runs to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.bench.program import Program
from local.cluster import process
from local.cluster.identity import ProcessId
from local.cluster.ports import answers, free_port
from local.errors import Failure
from local.launch import python_path

_SERVER = "local.bench.embedded_program"
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Served:
    """Where it is: its data directory, its port and its process."""

    data: Path
    port: int
    program: Program

    @property
    def process(self) -> ProcessId:
        """The process itself."""
        return self.program.process

    def check_alive(self) -> None:
        """Raise Failure when it has ended."""
        self.program.check_alive()


@contextmanager
def serving(data: Path, service: str) -> Iterator[Served]:
    """Serve a service on a data directory, made when it is missing. Its log lies beside that.

    Raises Failure when it does not answer.
    """
    port = free_port()
    command = [sys.executable, "-m", _SERVER, "serve", str(data), str(port), service]
    with Program(command, _environment(), data.with_suffix(".log")) as program:
        _wait_until_it_answers(program, port)
        yield Served(data, port, program)


def run_program(module: str, *words: object) -> bytes:
    """Run a program to its end; return what it printed. Raises Failure with its last words."""
    command = [sys.executable, "-m", module, *map(str, words)]
    done = subprocess.run(command, capture_output=True, env=_environment(), check=False)
    if done.returncode:
        raise Failure(f"The measured process failed: {done.stderr.decode()[-2000:]}")
    return done.stdout


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": python_path()}


def _wait_until_it_answers(program: Program, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not answers(port):
        program.check_alive()
        if time.monotonic() > deadline:
            raise Failure(f"The server does not answer after {_START_SECONDS:g} s.")
        time.sleep(process.LOOK_SECONDS)
