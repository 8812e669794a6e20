"""Who else is to hear of every event that fails? Sentry, Rollbar, or a function of your own.

SLUICE_ERROR_HOOK names it as `package.module:function`; it is called with the error, as it was
raised, and a `Failure`:

    def report(error: Exception, failure: Failure) -> None:
        sentry_sdk.capture_exception(error, extras=vars(failure))

It is told after the unit of work is committed, by a thread of its own: a hook that fails is logged,
one that is slow holds up nobody. It should be quick all the same: what it has not got round to when
1,000 failures wait, or two seconds after the process was told to end, it never hears of. The dead
letters are what counts; the hook is news of them.

An outage of the platform is told once for each function, with the first event that waits for its
end: nothing is lost by it, and nothing becomes a dead letter.
"""

from __future__ import annotations

import importlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.errors import PlatformDown, SluiceError
from runtime.event import identity_of
from runtime.log import logger
from runtime.settings import Settings

if TYPE_CHECKING:
    from runtime.intake import Item
    from runtime.record import Record

log = logger("hooks")

#: Failures that may wait for a slow hook.
MOST_WAITING = 1000
#: How long a process that ends waits for its hook.
CLOSE_SECONDS = 2.0

RETRIED_LATER = "retried later"
DEAD_LETTER = "dead letter"
WAITS = "waits for the platform"


@dataclass(frozen=True)
class Failure:
    """Which event failed, where, and what became of it.

    `attempts` counts every call for the event so far, `topic`, `partition` and `offset` are those
    of its origin, and `outcome` is "retried later", "dead letter" or "waits for the platform".
    """

    function: str
    event_id: str
    topic: str
    partition: int
    offset: int
    attempts: int
    outcome: str


Hook = Callable[[Exception, Failure], object]


class ErrorHook:
    """The hook of one process. Telling it never waits, and never raises."""

    def __init__(self, call: Hook | None = None, most_waiting: int = MOST_WAITING) -> None:
        self._call = call
        self._waiting: queue.Queue[tuple[Exception, Failure] | None] = queue.Queue(most_waiting)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        #: Functions whose work waits for the platform.
        self._out: set[str] = set()

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> ErrorHook:
        """Find the hook that SLUICE_ERROR_HOOK names; raises SluiceError when there is none."""
        name = Settings.read(environ).error_hook
        return cls(_found(name) if name else None)

    def tell(self, function: str, items: Iterable[Item], outcome: str) -> None:
        """Tell of the events that failed; not of those that the function was not called for."""
        if self._call is None:
            return
        for item in items:
            if item.error is not None and item.attempts:
                self._put(item.error, _failure(function, item, outcome))

    @contextmanager
    def watching(self, function: str, record: Record) -> Iterator[None]:
        """Tell of an outage that stops what is done in this block, unless that is known."""
        try:
            yield
        except PlatformDown as error:
            if self._call is not None and function not in self._out:
                self._out.add(function)
                self._put(error, _waiting(function, record))
            raise
        self._out.discard(function)

    def close(self) -> None:
        """Let the hook hear of what waits, for two seconds at most."""
        if self._thread is not None:
            try:
                self._waiting.put(None, timeout=CLOSE_SECONDS)
            except queue.Full:
                return
            self._thread.join(CLOSE_SECONDS)

    def _put(self, error: Exception, failure: Failure) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="error hook", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait((error, failure))
        except queue.Full:
            log.warning("hook.too_slow", function=failure.function, event_id=failure.event_id)

    def _work(self) -> None:
        assert self._call is not None
        while (told := self._waiting.get()) is not None:
            try:
                self._call(*told)
            except (Exception, SystemExit):  # whatever it is, it is the hook's own
                log.exception("hook.failed", function=told[1].function, event_id=told[1].event_id)


def _failure(function: str, item: Item, outcome: str) -> Failure:
    record, (_, event_id) = item.original, item.names
    earlier = item.letter.attempts if item.letter else 0
    return Failure(
        function,
        event_id,
        record.topic,
        record.partition,
        record.offset,
        item.attempts + earlier,
        outcome,
    )


def _waiting(function: str, record: Record) -> Failure:
    place = (record.topic, record.partition, record.offset)
    return Failure(function, identity_of(record)[1], *place, 0, WAITS)


def _found(name: str) -> Hook:
    module, _, function = name.partition(":")
    try:
        found: Hook = getattr(importlib.import_module(module), function)
        if callable(found):
            return found
        reason = "it is no function"
    except (ImportError, AttributeError, ValueError) as error:
        reason = str(error)
    raise SluiceError(
        f"The setting SLUICE_ERROR_HOOK is {name!r}; expected package.module:function, "
        f"and that cannot be had: {reason}."
    )
