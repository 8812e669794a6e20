"""One child process that outlives us: start it, signal it, end it.

A child gets a session of its own, so that Ctrl-C in the terminal does not reach it, and a log file
instead of the terminal.
"""

import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.cluster.errors import MemberFailed, ToolMissing
from local.cluster.identity import ProcessId, identify

#: How often to look whether something has happened, in seconds.
LOOK_SECONDS = 0.03

#: How long a process may take to go after SIGKILL; the kernel needs it to give memory back.
_KILL_SECONDS = 10.0


def spawn(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> ProcessId:
    """Start a program in the background; everything it prints is appended to the log.

    Returns at once: the program may still fail. Nothing ends it when this process ends.
    """
    program = shutil.which(argv[0])
    if program is None:
        raise ToolMissing(f"Program {argv[0]!r} is not there; expected an executable file.")
    log.parent.mkdir(parents=True, exist_ok=True)
    # posix_spawn rather than subprocess: there is no object to keep, and none to warn that its
    # process still runs when it is collected.
    pid = os.posix_spawn(
        program,
        list(argv),
        dict(environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        # Python ignores SIGPIPE, and a shell's background job ignores SIGINT: neither is for them.
        setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM],
    )
    process = identify(pid)
    if process is None:
        raise MemberFailed(f"Program {program!r} ended at once; read {log}.")
    return process


def send(process: ProcessId, number: signal.Signals) -> bool:
    """Send one signal; False when the process is gone, also when its pid is somebody else's now."""
    if process.state() == "gone":
        return False
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def stop(process: ProcessId, number: signal.Signals, timeout_seconds: float) -> bool:
    """Ask the process to end, insist after the timeout; False when it had to be killed.

    Returns when it and its children are gone, so that its files and ports are free.
    """
    family = [process, *process.descendants()]
    send(process, number)
    for each in family:  # a paused process hears nothing but SIGCONT and SIGKILL
        if each.state() == "paused":
            send(each, signal.SIGCONT)
    if wait_until_gone(family, timeout_seconds):
        return True
    kill(family)
    return False


def kill(family: Sequence[ProcessId]) -> None:
    """End these processes without a chance to tidy up, and wait until they are gone."""
    for process in family:
        send(process, signal.SIGKILL)
    if not wait_until_gone(family, _KILL_SECONDS):
        left = ", ".join(str(each.pid) for each in family if each.state() != "gone")
        raise MemberFailed(f"Process {left} is still there after SIGKILL; look at it with ps.")


def wait_until_gone(family: Sequence[ProcessId], timeout_seconds: float) -> bool:
    """Wait for all of them; False when one is left at the end of the time."""
    deadline = time.monotonic() + timeout_seconds
    while any(process.state() != "gone" for process in family):
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
