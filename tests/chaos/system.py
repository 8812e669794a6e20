"""The depot at work, on either engine: processes that may be killed at any time."""

from __future__ import annotations

import http.client
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from local.brokers.base import Broker
from local.lag import Positions, lags
from local.states import Store
from local.topics import Topic, topics_of
from runtime.registry import load
from tests.chaos.faults import Folder
from tests.chaos.functions.repairs import Repairs
from tests.waiting import wait_until

FUNCTIONS = "tests.chaos.functions"
REGISTRY = load(FUNCTIONS)
TOPICS: Mapping[str, Topic] = topics_of(REGISTRY, {})
#: The log's event when records are gone, or were left out (`runtime/continuity.py`).
LOSS = "continuity.records_"
#: On a machine that builds besides; nearly always a fraction of it.
QUIET_SECONDS = 120


class System(ABC):
    """One running system. It ends with the block that it is used in."""

    engine: str

    def __init__(self, home: Path, broker: Broker, store: Store, positions: Positions) -> None:
        self.home = home
        self.broker = broker
        self.store = store
        self.faults = Folder(home / "faults")
        self.mails = home / "mails"
        self.repairs = Repairs.open({"CHAOS_REPAIRS": str(home / "repairs")})
        #: How often a process was found ended, and started again.
        self.revived = 0
        self._positions = positions

    @property
    def environment(self) -> Mapping[str, str]:
        """What the processes are told of the tests."""
        return {
            "CHAOS_FAULTS": str(self.faults.path),
            "CHAOS_MAILS": str(self.mails),
            "CHAOS_REPAIRS": str(self.home / "repairs"),
        }

    @property
    @abstractmethod
    def processes(self) -> Sequence[str]:
        """The names of what can be killed."""

    @abstractmethod
    def kill(self, name: str) -> None:
        """End one as a power cut would."""

    @abstractmethod
    def stop(self, name: str) -> None:
        """End one properly, with SIGTERM."""

    @abstractmethod
    def pause(self, name: str) -> Callable[[], None]:
        """Let one stand still, as on a machine that hangs; returns what lets it go on."""

    @abstractmethod
    def revive(self) -> None:
        """Start again what has ended, without waiting for it."""

    @abstractmethod
    def wait_until_ready(self) -> None:
        """Wait until everything that runs is at work."""

    @abstractmethod
    def depot(self) -> str:
        """The base URL of a process that serves the depot's routes."""

    @abstractmethod
    def close(self) -> None:
        """End everything."""

    def __enter__(self) -> System:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send one request to the depot; returns the status, 0 when there was no answer."""
        connection = http.client.HTTPConnection(urlsplit(self.depot()).netloc, timeout=30)
        try:
            connection.request("POST", path, body, dict(headers))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def wait_until_quiet(self, timeout_seconds: float = QUIET_SECONDS) -> None:
        """Wait until nothing is left to be done, reviving what ends meanwhile."""
        left = "nothing was looked at"

        def quiet() -> bool:
            nonlocal left
            self.revive()
            left = self.unfinished()
            return not left

        try:
            wait_until(quiet, timeout_seconds)
        except AssertionError:
            raise AssertionError(f"After {timeout_seconds:g} s {left}; see {self.home}.") from None

    def unfinished(self) -> str:
        """Say what is still to be done; empty when everything is quiet."""
        ends = self.ends()
        for each in lags(REGISTRY, self.broker, self._positions):
            if each.lag:
                place = f"partition {each.partition} of {each.topic}"
                return f"{each.function} is {each.lag} records behind on {place}"
        if rows := [*self._unfinished_rows()]:
            return f"there are {len(rows)} rows that wait, such as {rows[0]}"
        return "" if self.ends() == ends else "events keep coming"

    def losses(self) -> list[str]:
        """What the services have told of records that nobody handles any more, in all their lives:
        there are none, however often they were killed."""
        logs = [path.read_text(errors="replace") for path in self.home.rglob("*.log")]
        return [line for log in logs for line in log.splitlines() if LOSS in line]

    def _unfinished_rows(self) -> Iterator[str]:
        for service in REGISTRY.services:
            for key, row in self.store.scan(f"{service}||"):
                match key.removeprefix(f"{service}||").split("/")[0]:
                    case "later" | "held":  # tried again later, or waits behind such a one
                        yield key
                    case "outbox" if msgspec.msgpack.decode(row)[0]:  # may not be published
                        yield key
                    case "open" if msgspec.json.decode(row)["ids"]:  # is not closed
                        yield key

    def ends(self) -> dict[str, Any]:
        """Where every topic of the depot ends."""
        known = self.broker.topics()
        return {topic: self.broker.watermarks(topic) for topic in TOPICS if topic in known}


def paused(pids: Sequence[int]) -> Callable[[], None]:
    """Pause processes; returns what lets those go on that are still there."""

    def send(number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    send(signal.SIGSTOP)
    return lambda: send(signal.SIGCONT)
