"""When is a function called, and how long does a failing event wait for the next attempt?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice, takewhile

from runtime import dead_letters
from runtime.breaker import Breaker
from runtime.clock import Clock
from runtime.dead_letters import DeadLetter
from runtime.errors import Reject, Retry, SluiceError
from runtime.intake import Item
from runtime.log import logger
from runtime.metrics import BREAKER
from runtime.record import Record
from runtime.spec import FunctionSpec

log = logger("policy")

#: An event that an open breaker holds back is tried all the same, and given up in the end, once it
#: has waited this many times as long as it would have without a breaker.
STRETCH = 5


class Policy:
    """How one function fails. `delays` are the pauses in seconds before the delayed attempts."""

    def __init__(self, spec: FunctionSpec, clock: Clock, delays: Sequence[float]) -> None:
        self._spec = spec
        self._clock = clock
        self._delays = delays
        self._breaker = Breaker(clock)

    def passed_over(self, records: Sequence[Record], start: int) -> int:
        """Return how many of the next records the function is not called for, whatever they say."""
        if not (self._delays and self._breaker.holds):
            return 0
        passing = takewhile(
            lambda record: not self._is_final_record(record), islice(records, start, None)
        )
        return sum(1 for _ in passing)

    @property
    def holds_back(self) -> bool:
        """Whether an open breaker lets through single events only, if any."""
        return self._breaker.open

    def calls(self, item: Item) -> bool:
        """Whether to call the function; when not, the event has the breaker's error."""
        is_closed = not self._breaker.open  # asked first: it is so nearly always, for every event
        if is_closed or not self._delays or self._is_final(item.letter) or self._breaker.allows():
            return True
        self.pass_over(item)
        return False

    def pass_over(self, item: Item) -> None:
        """Do not call the function for it."""
        item.error, item.passed_over = self._breaker.error, True

    def called(self, item: Item) -> None:
        """Note how a call ended."""
        error, breaker = item.error, self._breaker
        if error is None or isinstance(error, Reject | Retry):
            if breaker.open:
                self._say_open(False)
            breaker.succeeded()
        elif self._delays:
            # A probe is paid for by the breaker: always the same event would be the probe.
            item.passed_over = breaker.open and not self._is_final(item.letter)
            if breaker.failed(error):
                self._say_open(True, repr(error))

    def tries_at_once(self, item: Item) -> bool:
        """Whether a failed call is repeated in this unit of work."""
        told = isinstance(item.error, Reject) or (
            isinstance(item.error, Retry) and self.delay(item) is not None
        )
        return not (told or item.passed_over or self._breaker.open)

    def delay(self, item: Item) -> float | None:
        """Seconds until the next attempt of a failed event; None when there is none."""
        letter, delays = item.letter, self._delays
        if item.error is None or isinstance(item.error, Reject) or item.is_replay:
            return None
        if item.passed_over and self._breaker.probe_at is not None:
            return max(0.0, (self._breaker.probe_at - self._clock.now()).total_seconds())
        retries = letter.retries if letter else 0
        if item.passed_over:  # the breaker has closed meanwhile
            return delays[0]
        return delays[retries] if retries < len(delays) else None

    def _is_final(self, letter: DeadLetter | None) -> bool:
        """Whether an open breaker does not concern an event: it is replayed, or waits too long."""
        if letter is None:
            return False
        waited = self._clock.now() - datetime.fromisoformat(letter.first_failed)
        return letter.due == "" or waited.total_seconds() > STRETCH * sum(self._delays)

    def _is_final_record(self, record: Record) -> bool:
        if record.topic != self._spec.retry_topic:
            return False
        try:
            return self._is_final(dead_letters.restore(record)[1])
        except SluiceError:
            return True  # what is wrong with it is found where it is read

    def _say_open(self, open: bool, reason: str = "") -> None:
        BREAKER.labels(self._spec.id).set(open)
        if open:
            log.warning("breaker.opened", function=self._spec.id, reason=reason[:500])
        else:
            log.info("breaker.closed", function=self._spec.id)
