"""A storm: events flow while one trouble follows the other; then comes the reckoning."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.errors import Failure
from runtime.errors import PlatformDown
from runtime.record import Message
from tests.chaos import ledger
from tests.chaos.calm import undisturbed
from tests.chaos.ledger import MAILS, Differences, Ledger
from tests.chaos.run import BLOCK, EVENTS, Run
from tests.chaos.system import System
from tests.chaos.trouble import Trouble

#: Events that a producer may send again lie on their topic as often as they were sent.
INPUT = "topic parcels"
#: Seconds between two blocks of events, and between two troubles.
BLOCK_SECONDS = 1.0
TROUBLE_SECONDS = (0.5, 5.0)
#: After the last trouble everything goes on; a server that was stopped takes longest.
QUIET_SECONDS = 300


@dataclass(frozen=True)
class Reckoning:
    """What there was to do, and what was found in the end."""

    engine: str
    seconds: float
    troubles: int
    events: int
    again: int
    expected: Ledger
    found: Ledger
    standstill_seconds: float
    losses: Sequence[str]

    @property
    def differences(self) -> Differences:
        """What is lost or doubled; mails apart, of which a kill may double one."""
        places = (MAILS, INPUT)
        found, expected = self.found.without(*places), self.expected.without(*places)
        differences = found.differences(expected)
        mails = self.found.differences(self.expected).lost
        lost = Counter({line: n for line, n in mails.items() if line[0] in places})
        return Differences(differences.lost + lost, differences.doubled)

    @property
    def mails_doubled(self) -> int:
        """How many mails were sent once more than there were."""
        return self.found.count(MAILS) - self.expected.count(MAILS)


class Storm:
    """One storm over one system. `say` is told of every trouble."""

    def __init__(
        self, system: System, seed: int, say: Callable[[str], None], *, servers: bool
    ) -> None:
        self._system = system
        self._say = say
        self._random = random.Random(f"{seed} {system.engine}")
        self._trouble = Trouble(system, f"{seed} {system.engine} trouble", servers=servers)
        self._standstill = Standstill(system)

    def rage(self, seconds: float) -> Reckoning:
        """Raises AssertionError when quiet never comes after it."""
        blocks = max(2, round(seconds / BLOCK_SECONDS))
        size = {"parcels": BLOCK * blocks, "requests": blocks}
        expected = undisturbed(self._system.home / "calm", **size)
        run = Run("storm1", **size, pause_seconds=BLOCK_SECONDS)
        run.request(self._system)
        began = time.monotonic()
        troubles = self._run(run.messages(), began)
        self._trouble.end()
        self._wait_until_quiet(run)
        return Reckoning(
            self._system.engine,
            time.monotonic() - began,
            troubles,
            len(run.messages()) + run.requests,
            len(self._trouble.again),
            expected,
            ledger.read(self._system, run.name)[run.name],
            self._standstill.longest_seconds,
            self._system.losses(),
        )

    def _run(self, messages: Sequence[Message], began: float) -> int:
        per_block = BLOCK * EVENTS
        sent, troubles, next_trouble = 0, 0, 0.0
        while sent < len(messages):
            now = time.monotonic() - began
            self._system.revive()
            self._standstill.look()
            if now >= sent / per_block * BLOCK_SECONDS:
                sent += self._send(messages[sent : sent + per_block])
            if now >= next_trouble:
                self._say(f"{now:7.1f} s  {self._strike(messages[:sent])}")
                troubles += 1
                next_trouble = now + self._random.uniform(*TROUBLE_SECONDS)
            time.sleep(0.05)
        return troubles

    def _strike(self, sent: Sequence[Message]) -> str:
        try:
            return self._trouble.strike(sent)
        except PlatformDown as error:
            return f"not done, there is trouble already: {error}"

    def _send(self, block: Sequence[Message]) -> int:
        try:
            self._system.broker.publish(block)
        except PlatformDown:
            return 0  # sent again as a whole: readers know what they have
        return len(block)

    def _wait_until_quiet(self, run: Run) -> None:
        deadline = time.monotonic() + QUIET_SECONDS
        while not run.answered and time.monotonic() < deadline:
            self._system.revive()
            self._standstill.look()
            time.sleep(0.05)
        self._system.wait_until_quiet(QUIET_SECONDS)


class Standstill:
    """The longest time in which nothing was weighed although there was something to weigh."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._seen: Counter[str] = Counter()
        self._moved = time.monotonic()
        self.longest_seconds = 0.0

    def look(self) -> None:
        """Look once; what cannot be seen now does not move."""
        now = time.monotonic()
        try:
            ends = self._system.ends()
        except (PlatformDown, Failure):
            ends = {}
        seen = Counter({t: sum(high for _, high in marks.values()) for t, marks in ends.items()})
        behind = seen["parcels"] > seen["weights"] or not ends
        if not behind or (ends and seen["weights"] > self._seen["weights"]):
            self._moved = now
        self._seen = seen or self._seen
        self.longest_seconds = max(self.longest_seconds, now - self._moved)
