"""The memory and the threads of a process."""

import os
import sys
import threading
from pathlib import Path

import pytest

from local.bench import resident
from local.bench.program import Program
from local.cluster.identity import ProcessId, identify
from local.errors import Failure
from tests.waiting import wait_until


@pytest.fixture
def myself() -> ProcessId:
    process = identify(os.getpid())
    assert process is not None
    return process


def test_memory_that_is_taken_is_seen(myself: ProcessId):
    before = resident.look(myself)
    taken = bytearray(os.urandom(1)) * 50_000_000
    after = resident.look(myself)

    assert len(taken) == 50_000_000
    assert after.mb > before.mb + 40
    assert after.peak_mb >= after.mb


def test_a_thread_more_is_seen(myself: ProcessId):
    before, leave = resident.look(myself).threads, threading.Event()
    thread = threading.Thread(target=leave.wait)
    thread.start()
    more = resident.look(myself).threads
    leave.set()
    thread.join()

    assert more == before + 1


def test_a_process_that_has_ended_holds_nothing(tmp_path: Path):
    with Program([sys.executable, "-c", ""], {}, tmp_path / "log") as program:
        wait_until(lambda: program.process.state() == "gone")

        with pytest.raises(Failure, match=r"cannot be read|has ended"):
            resident.look(program.process)
