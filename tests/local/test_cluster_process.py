"""Real tiny processes: what is started is known again, and nothing else is ever signalled."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.cluster import process
from local.cluster.errors import ToolMissing
from local.cluster.identity import ProcessId, identify
from tests.waiting import wait_until

Start = Callable[[str], ProcessId]

IGNORES_TERM = "trap '' TERM; echo deaf; while :; do sleep 0.1; done"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "child.log"


@pytest.fixture
def start(log: Path) -> Iterator[Start]:
    """Start a shell script in the background; whatever is left of it is killed."""
    started: list[ProcessId] = []

    def run(script: str) -> ProcessId:
        started.append(process.spawn(["sh", "-c", script], os.environ, log))
        return started[-1]

    yield run
    for each in started:
        process.kill([*each.descendants(), each])


def test_a_started_process_runs_in_a_session_of_its_own(start: Start):
    child = start("exec sleep 60")

    assert child.state() == "running"
    assert os.getsid(child.pid) == child.pid


def test_all_that_it_prints_is_appended_to_its_log(start: Start, log: Path):
    log.parent.mkdir()
    log.write_text("before\n")

    child = start("echo out; echo err >&2")

    wait_until(lambda: child.state() == "gone")
    assert log.read_text() == "before\nout\nerr\n"


def test_a_program_that_is_not_there_is_named(log: Path):
    with pytest.raises(ToolMissing, match="'no-such-program'"):
        process.spawn(["no-such-program"], os.environ, log)


def test_stops_with_the_signal_that_it_is_given(start: Start, log: Path):
    child = start("trap 'echo bye; exit' INT; echo ready; while :; do sleep 0.05; done")
    wait_until(lambda: "ready" in log.read_text())

    stopped_itself = process.stop(child, signal.SIGINT, timeout_seconds=10)

    assert stopped_itself
    assert log.read_text().endswith("bye\n")


def test_kills_what_does_not_stop(start: Start, log: Path):
    child = start(IGNORES_TERM)
    wait_until(lambda: "deaf" in log.read_text())

    stopped_itself = process.stop(child, signal.SIGTERM, timeout_seconds=0.1)

    assert not stopped_itself
    assert child.state() == "gone"


def test_stops_a_paused_process(start: Start):
    child = start("exec sleep 60")
    process.send(child, signal.SIGSTOP)
    wait_until(lambda: child.state() == "paused")

    stopped_itself = process.stop(child, signal.SIGTERM, timeout_seconds=10)

    assert stopped_itself


def test_kills_the_children_that_outlive_it(start: Start, log: Path):
    child = start(f'sh -c "{IGNORES_TERM}" & echo $!; wait')
    wait_until(lambda: "deaf" in log.read_text())
    grandchild = identify(int(log.read_text().split()[0]))
    assert grandchild is not None

    process.stop(child, signal.SIGTERM, timeout_seconds=0.1)

    assert grandchild.state() == "gone"


def test_a_recycled_pid_is_a_stranger(start: Start):
    child = start("exec sleep 60")
    remembered = ProcessId(child.pid, began="some boot/another moment")

    was_sent = process.send(remembered, signal.SIGKILL)

    assert not was_sent
    assert remembered.state() == "gone"
    assert child.state() == "running"


def test_an_ended_child_is_gone_and_not_a_zombie(start: Start):
    child = start("exit 3")

    wait_until(lambda: child.state() == "gone")

    assert identify(child.pid) is None


def test_this_process_is_known_by_its_pid():
    me = identify(os.getpid())

    assert me is not None
    assert me.state() == "running"


@pytest.mark.skipif(sys.platform != "linux", reason="compares /proc with ps")
def test_ps_tells_the_same_where_there_is_no_proc(start: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("local.cluster.identity._PROC", Path("/no-such-folder"))

    child = start("sleep 60 & wait")

    assert child.state() == "running"
    wait_until(lambda: len(child.descendants()) == 1)
