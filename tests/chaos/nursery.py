"""Starts the programs quickly: forks of one process that has imported everything and done nothing.

A process that is killed a hundred times would else spend a hundred seconds importing. A fork has
its own files, locks and memory from the moment it begins, like any other process.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from local.cluster.identity import ProcessId, identify


class Nursery:
    """The process that forks; it ends when this one does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us
        )

    def spawn(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> ProcessId:
        """Start `tests.chaos.program` with these words; all it prints is appended to the log."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        log.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps([list(words), dict(environment), str(log)])
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        found = identify(int(self._process.stdout.readline()))
        assert found is not None, f"{words} has ended at once; see {log}"
        return found

    def close(self) -> None:
        """End it; what it has started goes on."""
        with self._process:
            self._process.terminate()


@functools.cache
def nursery() -> Nursery:
    """The one of this process."""
    found = Nursery()
    atexit.register(found.close)
    return found


def main() -> None:
    """Fork for every line of standard input, and say the child's pid."""
    from tests.chaos import program

    program.preload()
    for line in sys.stdin:
        words, environment, log = json.loads(line)
        if pid := os.fork():
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
        else:
            _become(words, environment, log)


def _become(words: Sequence[str], environment: Mapping[str, str], log: str) -> NoReturn:
    """Go on as a program that was started with these words."""
    from tests.chaos import program

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT | os.O_APPEND)):
        opened = os.open(log if number else os.devnull, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["program", *words]
    code: object = 1
    try:
        code = program.main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    # Nobody waits for the children: the kernel takes them away.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    main()
