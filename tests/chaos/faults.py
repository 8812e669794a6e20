"""Ends this process with -9 when it comes to a point that a fault is armed for.

A folder says what is armed: `armed.json`, read anew whenever it changes, and `fired`, one line for
every fault that has struck. A fault strikes once, however often the process is started again.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from tests.chaos.points import Fault


class Folder:
    """Where faults are armed, seen from outside of the processes that they strike."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path

    def arm(self, faults: Iterable[Fault]) -> None:
        """Arm these and no others."""
        draft = self.path / "armed.draft"
        draft.write_text(json.dumps([vars(fault) for fault in faults]))
        draft.replace(self.path / "armed.json")

    def armed(self) -> list[Fault]:
        """What has not struck yet, and may strike now."""
        fired = self.fired()
        left = [fault for fault in self._listed() if fault.id not in fired]
        return [fault for fault in left if not fault.after or fault.after in fired]

    def fired(self) -> set[str]:
        """The ids of those that have struck."""
        try:
            return set((self.path / "fired").read_text().splitlines())
        except FileNotFoundError:
            return set()

    def claim(self, fault: Fault) -> bool:
        """Whether this process is the first one that came to it: two may at the same moment."""
        with suppress(FileExistsError):
            (self.path / f"claim {fault.id}").touch(exist_ok=False)
            return True
        return False

    def strike(self, fault: Fault) -> NoReturn:
        """Write it down and end this process."""
        with (self.path / "fired").open("a") as file:
            file.write(f"{fault.id}\n")
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("the process outlived SIGKILL")

    def version(self) -> int:
        """Another number whenever other faults are armed."""
        try:
            return (self.path / "armed.json").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _listed(self) -> list[Fault]:
        try:
            return [Fault(**each) for each in json.loads((self.path / "armed.json").read_text())]
        except FileNotFoundError:
            return []


class Faults:
    """The points of this process. Every thread is at work on one function at a time."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._version = 0
        self._armed: list[Fault] = []
        self._came: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._lock = threading.Lock()
        self._here = threading.local()

    def begin(self, function: str) -> None:
        """This thread begins a unit of work."""
        self._here.function, self._here.idle = function, False
        if self._folder.version() != self._version:
            with self._lock:
                self._load()
        if function in self._answered:
            self._answered.discard(function)
            self.reach("after the answer")

    def idle(self) -> None:
        """The function found nothing to do: what follows is no unit of work worth a kill."""
        self._here.idle = True

    def work(self) -> None:
        """There is something to do after all."""
        self._here.idle = False

    def answered(self) -> None:
        """The unit of work is done, and who waits for it is about to be told."""
        self.reach("before the answer")
        if not self._is_idle:
            self._answered.add(self.function)
        self._here.function = ""

    @property
    def function(self) -> str:
        """What this thread is at work on; empty outside of every function."""
        return getattr(self._here, "function", "")

    def reach(self, point: str) -> None:
        """End the process if a fault is armed here."""
        if fault := self.due(point):
            self.strike(fault)

    def due(self, point: str) -> Fault | None:
        """Count that this point was reached; return the fault that is to strike now.

        Nobody else is struck any more: a process dies of one fault.
        """
        if not self._armed or self._is_idle:
            return None
        with self._lock:
            for fault in self._armed:
                if fault.point == point and self.function in fault.functions:
                    self._came[fault.id] += 1
                    if self._came[fault.id] >= fault.turn and self._folder.claim(fault):
                        self._armed = []
                        return fault
        return None

    def strike(self, fault: Fault) -> NoReturn:
        """End the process, here and now."""
        self._folder.strike(fault)

    def _load(self) -> None:
        if (version := self._folder.version()) != self._version:  # no other thread was quicker
            self._version, self._armed = version, self._folder.armed()
            self._came.clear()

    @property
    def _is_idle(self) -> bool:
        return getattr(self._here, "idle", False)
