"""The memory and the threads of a process."""

import sys
from pathlib import Path

import pytest

from local.bench import resident
from local.bench.program import Program
from local.errors import Failure
from tests.waiting import wait_until


def test_memory_that_is_taken_is_seen(tmp_path: Path):
    # In a process of its own: this one may give back as much at any moment.
    taking = "import signal; taken = bytearray(b'1') * 100_000_000; signal.pause()"
    with Program([sys.executable, "-c", taking], {}, tmp_path / "log") as program:
        wait_until(lambda: resident.look(program.process).mb > 100)
        found = resident.look(program.process)

    assert 100 < found.mb <= found.peak_mb < 150


def test_every_thread_is_counted(tmp_path: Path):
    waiting = "import threading as t; [t.Thread(target=t.Event().wait).start() for _ in range(3)]"
    with Program([sys.executable, "-c", waiting], {}, tmp_path / "log") as program:
        wait_until(lambda: resident.look(program.process).threads == 1 + 3)


def test_a_process_that_has_ended_holds_nothing(tmp_path: Path):
    with Program([sys.executable, "-c", ""], {}, tmp_path / "log") as program:
        wait_until(lambda: program.process.state() == "gone")

        with pytest.raises(Failure, match=r"cannot be read|has ended"):
            resident.look(program.process)
