"""Whatever can happen to a running system, chosen at random."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

from runtime.record import Message
from tests.chaos.on_dapr import DaprSystem
from tests.chaos.points import POINTS, Fault
from tests.chaos.system import System

#: Replicas of the depot at the most, and at the least.
REPLICAS = range(1, 4)
#: How long a process or a server stands still, in seconds.
PAUSES = (0.5, 3.0)

Act = Callable[[], str]


class Trouble:
    """Does one thing after the other to a system; each says in words what it was.

    With `servers` Kafka and PostgreSQL stop and stand still, too.
    """

    def __init__(self, system: System, seed: str, *, servers: bool) -> None:
        self._system = system
        self._servers = servers
        self._random = random.Random(seed)
        self._armed: list[Fault] = []
        self._later: list[threading.Timer] = []
        #: Events that were sent a second time.
        self.again: list[Message] = []
        self._sent: Sequence[Message] = ()

    def strike(self, sent: Sequence[Message]) -> str:
        """Do something; `sent` are the events that were published so far."""
        self._sent = sent
        return self._random.choice(self._acts())()

    def end(self) -> None:
        """Let everything go on that stands still, and strike no more."""
        for timer in self._later:
            timer.join()
        self._system.faults.arm([])

    def _acts(self) -> list[Act]:
        acts = [self._kill, self._kill_at_a_point, self._kill_at_a_point, self._pause]
        acts += [self._stop, self._send_again]
        if isinstance(self._system, DaprSystem):
            acts += [self._kill_half, self._add_or_remove, self._drop_or_add]
            acts += [self._stop_a_server] if self._servers else []
        return acts

    def _kill(self) -> str:
        name = self._process()
        self._system.kill(name)
        return f"kill -9 {name}"

    def _kill_at_a_point(self) -> str:
        point = self._random.choice(POINTS[self._system.engine])
        function = self._random.choice(point.functions)
        number = len(self._armed)
        fault = Fault(f"{number}", [function], point.name, self._random.randint(1, 3))
        self._armed.append(fault)
        self._system.faults.arm(self._armed)
        return f"kill -9 {point.name} of {function}, when it comes there"

    def _stop(self) -> str:
        name = self._process()
        self._system.stop(name)
        return f"stop {name} with SIGTERM"

    def _pause(self) -> str:
        name = self._process()
        seconds = self._random.uniform(*PAUSES)
        self._after(seconds, self._system.pause(name))
        return f"pause {name} for {seconds:.1f} s"

    def _send_again(self) -> str:
        # Under the same keys: a copy on another partition may overtake the event itself.
        start = self._random.randrange(max(1, len(self._sent) - 50))
        events = self._sent[start : start + 50]
        self._system.broker.publish(events)
        self.again += events
        return f"send {len(events)} events again"

    def _kill_half(self) -> str:
        system = self._on_dapr()
        name, part = self._process(), self._random.choice(["app", "daprd"])
        system.kill_part(name, part)
        return f"kill -9 the {part} of {name}"

    def _add_or_remove(self) -> str:
        return self._add_or(self._on_dapr().remove, "stop the replica {} with SIGTERM for good")

    def _drop_or_add(self) -> str:
        return self._add_or(self._on_dapr().drop, "kill -9 the replica {} for good")

    def _add_or(self, end: Callable[[str], None], words: str) -> str:
        system = self._on_dapr()
        depots = [name for name in system.processes if name.startswith("depot")]
        grows = len(depots) + 1 in REPLICAS and self._random.random() < 0.5
        if grows or len(depots) - 1 not in REPLICAS:
            return f"add the replica {system.add('depot')}"
        name = self._random.choice(depots)
        end(name)
        return words.format(name)

    def _stop_a_server(self) -> str:
        name = self._random.choice(["kafka", "postgres"])
        seconds = self._random.uniform(*PAUSES)
        if self._random.random() < 0.5:
            self._after(seconds, self._on_dapr().pause_server(name))
            return f"pause {name} for {seconds:.1f} s"
        self._after(seconds, self._on_dapr().stop_server(name))
        return f"stop {name} for {seconds:.1f} s"

    def _process(self) -> str:
        return self._random.choice(self._system.processes)

    def _on_dapr(self) -> DaprSystem:
        assert isinstance(self._system, DaprSystem)
        return self._system

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, act)
        self._later.append(timer)
        timer.start()
