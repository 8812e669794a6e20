"""One member of the cluster: what it runs, whether it answers, and how it ends."""

import http.client
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from local.cluster import process
from local.cluster.errors import MemberFailed
from local.cluster.identity import ProcessId
from local.cluster.note import Note
from local.cluster.ports import HOST, answers

#: ready: answers. silent: runs, but does not accept connections (yet). paused: by `pause`.
MemberState = Literal["ready", "silent", "paused", "stopped"]


@dataclass(frozen=True)
class MemberStatus:
    """How a member was when it was looked at."""

    name: str
    state: MemberState
    address: str
    pid: int | None
    log: Path


class Member(ABC):
    """A program that listens on one port and keeps its data in the cluster's folder.

    All is found again from files, so any process can stop what another one has started.
    """

    name: ClassVar[str]
    #: How long it may take until it answers, in seconds; generous, for machines that build besides.
    ready_seconds: ClassVar[float] = 60.0
    #: What asks it to end properly, and how long that may take, in seconds.
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    stop_seconds: ClassVar[float] = 20.0
    #: Whether a cluster does without it unless it is asked for.
    optional: ClassVar[bool] = False

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self._note = Note(directory / "run" / f"{self.name}.json")

    @abstractmethod
    def prepare(self) -> None:
        """Write what the program needs before it starts; called before each start."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments."""

    @abstractmethod
    def works(self) -> bool:
        """True when it does a small piece of its real work."""

    def environment(self) -> Mapping[str, str]:
        """The environment variables of the program."""
        return os.environ

    @property
    def address(self) -> str:
        """Where it listens, as host:port; a dash when it was never started."""
        return f"{HOST}:{self.port}" if self.port else "-"

    @property
    def log(self) -> Path:
        """All that it prints."""
        return self.directory / "logs" / f"{self.name}.log"

    def start(self) -> bool:
        """Start it, or let it go on when it is paused, and wait until it works.

        False when it already ran.
        """
        running = self.process()
        if running and running.state() == "paused":
            self.resume()
        if running is None:
            self.prepare()
            running = process.spawn(self.command(), self.environment(), self.log)
            self._note.write(running, self.port)
            self._wait_until_it_works(running)
            return True
        self._wait_until_it_works(running)
        return False

    def stop(self) -> None:
        """End it properly and wait until it is gone; nothing happens when it is not running."""
        running = self.process()
        if running:
            process.stop(running, self.stop_signal, self.stop_seconds)
        self._note.forget()

    def kill(self) -> None:
        """End it as a crash would: without a chance to write anything."""
        running = self.process()
        if running:
            # Children first found, then killed with it: none may hold files that a restart needs.
            process.kill([running, *running.descendants()])
        self._note.forget()

    def pause(self) -> None:
        """Freeze it: connections stay open and nobody answers, as on a machine that hangs."""
        self._send_to_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._send_to_all(signal.SIGCONT)

    def process(self) -> ProcessId | None:
        """The process that was started for it, if that very one still runs."""
        noted = self._note.read()
        return noted[0] if noted else None

    def running_port(self) -> int | None:
        """The port that it was started on, if it runs."""
        noted = self._note.read()
        return noted[1] if noted else None

    def status(self) -> MemberStatus:
        """Look at it now."""
        running = self.process()
        state: MemberState = "stopped"
        if running:
            paused = running.state() == "paused"
            state = "paused" if paused else "ready" if answers(self.port) else "silent"
        pid = running.pid if running else None
        return MemberStatus(self.name, state, self.address, pid, self.log)

    def answers_well(
        self, path: str, *, method: str = "GET", body: bytes | None = None, seconds: float = 2.0
    ) -> bool:
        """True when a request to its HTTP port is answered with 200; a body is JSON."""
        session = http.client.HTTPConnection(HOST, self.port, timeout=seconds)
        try:
            headers = {"content-type": "application/json"} if body else {}
            session.request(method, path, body, headers)
            return session.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            session.close()

    def refuse_unless_asked_for(self, is_there: bool) -> None:
        """Raise MemberFailed for an optional member without a port or without its program."""
        if not (self.port and is_there):
            raise MemberFailed(
                f"Member {self.name!r} is not part of this cluster; expected it to be brought up "
                f"before: `sluice cluster up --with {self.name}`."
            )

    def _send_to_all(self, number: signal.Signals) -> None:
        running = self.process()
        if running is None:
            raise MemberFailed(
                f"Member {self.name!r} is stopped; expected it to run. Start it first."
            )
        for each in (running, *running.descendants()):
            process.send(each, number)

    def _wait_until_it_works(self, running: ProcessId) -> None:
        deadline = time.monotonic() + self.ready_seconds
        while not (answers(self.port) and self.works()):
            if running.state() == "gone":
                self._note.forget()
                raise MemberFailed(
                    f"Member {self.name!r} ended before it answered at {self.address}. "
                    f"Its last words: {self._last_line()} Read {self.log}."
                )
            if time.monotonic() > deadline:
                raise MemberFailed(
                    f"Member {self.name!r} does not answer at {self.address} after "
                    f"{self.ready_seconds:g} s; expected less. Read {self.log}."
                )
            time.sleep(process.LOOK_SECONDS)

    def _last_line(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return repr(lines[-1]) if lines else "none."
