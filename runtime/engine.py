"""Runs all services in one process, on the embedded log: a thread for every topic function."""

from __future__ import annotations

import sys
import threading
import time

from runtime.arguments import Resources
from runtime.catching_up import CatchingUp
from runtime.clock import Clock
from runtime.log import logger
from runtime.registry import Registry, Service
from runtime.runner import Runner
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.embedded import EmbeddedSidecar, Store
from runtime.store_topics import StoreTopics
from runtime.ticker import Ticker

log = logger("engine")

#: How often schedules are asked whether they are due.
TICK_SECONDS = 1.0
#: How often old records and expired rows are let go of.
SWEEP_SECONDS = 60.0
#: Threads hand the interpreter over after this long instead of after 5 ms. SQLite lets go of it at
#: every step, and a thread that wants it back beside busy ones waits that long each time: beside
#: five busy functions an append took 16 to 28 ms with 5 ms, 9 to 13 ms with 1 ms, for the same CPU.
SWITCH_SECONDS = 0.001
#: `wait_idle` is told when a function rests, and looks by itself this often, for what nobody tells:
#: retention that takes away what a function had not read. Each look takes time from busy functions.
_LOOK_SECONDS = 0.5


class EmbeddedEngine:
    """The functions of a registry, at work on a store. Start it once, stop it once.

    `services` is what `runtime.host.make_app` serves. The store stays open: close it after `stop`.
    """

    def __init__(
        self,
        registry: Registry,
        store: Store,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        resources: Resources | None = None,
    ) -> None:
        self._store = store
        self._settings = settings or Settings()
        self._clock = clock or Clock()
        self._resources = resources or Resources()
        self._rested = threading.Condition()
        self.services = [self._running(service) for service in registry.services.values()]
        self._runners: list[Runner] = []
        self._tickers: list[Ticker] = []

    def start(self) -> None:
        """Begin to deliver; returns when every thread runs.

        Functions of a service that has lookup tables begin when those hold what their topics held
        at this moment. Raises StoreRefused or PlatformDown when the store cannot be used.
        """
        sys.setswitchinterval(SWITCH_SECONDS)
        for running in self.services:
            running.start()
        self._runners = [runner for running in self.services for runner in self._make(running)]
        # One for each service: a schedule that is slow must not hold up those of others.
        self._tickers = [
            Ticker(running.name, TICK_SECONDS, running.tick) for running in self.services
        ]
        self._tickers.append(Ticker("sweep", SWEEP_SECONDS, self._store.sweep))
        for thread in self._threads():
            thread.start()

    def stop(self, timeout_seconds: float = 10.0) -> bool:
        """Finish what is under way and end; False when something was not finished in time.

        What was not finished is taken back by the store and delivered again at the next start.
        """
        deadline = time.monotonic() + timeout_seconds
        threads = self._threads()
        for thread in threads:
            thread.stop()
        ended = [thread.join(max(0.0, deadline - time.monotonic())) for thread in threads]
        for running in self.services:
            running.settle()
            running.sidecar.close()
        self._resources.close()
        if not all(ended):
            log.warning("engine.stopped_late", unfinished=ended.count(False))
        return all(ended)

    def tick(self) -> None:
        """Run the schedules that are due now; a thread does so every second."""
        for running in self.services:
            running.tick()

    def waiting(self) -> dict[str, str]:
        """Return the functions that cannot work now, and what each of them waits for."""
        return {runner.id: runner.waits_for for runner in self._runners if runner.waits_for}

    def idle(self) -> bool:
        """Whether everything on the log has been delivered to every function."""
        ends = self._ends()
        # A function that was looked at early may have got work from one that was looked at late.
        return all(runner.caught_up(ends) for runner in self._runners) and self._ends() == ends

    def wait_idle(self, timeout_seconds: float = 60.0) -> bool:
        """Wait until it is idle; False when it is not within the time."""
        deadline = time.monotonic() + timeout_seconds
        with self._rested:
            while not self.idle():
                if (left := deadline - time.monotonic()) <= 0:
                    return False
                self._rested.wait(min(left, _LOOK_SECONDS))
        return True

    def _running(self, service: Service) -> Running:
        return Running(
            service,
            EmbeddedSidecar(self._store, service.name),
            self._settings,
            clock=self._clock,
            resources=self._resources,
            topics=StoreTopics(self._store),
        )

    def _make(self, running: Running) -> list[Runner]:
        fillers = [consumer for consumer in running.consumers if consumer.spec.fills_table]
        ends = self._store.log.watermarks
        tables = CatchingUp(fillers, ends, self._settings.tables_wait_seconds)
        return [
            Runner(
                self._store,
                consumer,
                tables_filled=_nothing if consumer in fillers else tables.check,
                rested=self._notify,
            )
            for consumer in running.consumers
        ]

    def _ends(self) -> dict[str, int]:
        topics = frozenset[str]().union(*(runner.topics for runner in self._runners))
        return {topic: seq for topic, seq in self._store.log.ends().items() if topic in topics}

    def _threads(self) -> list[Runner | Ticker]:
        return [*self._runners, *self._tickers]

    def _notify(self) -> None:
        with self._rested:
            self._rested.notify_all()


def _nothing() -> None:
    """A function that fills a table waits for none."""
