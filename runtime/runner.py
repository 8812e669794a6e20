"""The thread of one topic function on the embedded engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from runtime.errors import PlatformDown
from runtime.log import logger
from runtime.pauses import Pauses
from runtime.sidecars.embedded import Store
from runtime.stream import Delivers, Stream

log = logger("engine")

#: The longest pause between two looks at the tables that a function waits for.
_TABLES_SECONDS = 0.2
#: A function that has found fewer events than this rests so many times as long as they took, at
#: most so long. What comes meanwhile is one batch: a few events cost nearly as much as many, and
#: that is taken from those who publish them. Beside requests that publish one each, remembering
#: them one by one made the requests a third slower; at 100 events a second nobody waits for it.
FEW = 32
REST = 3.0
MOST_REST_SECONDS = 0.01


class Runner:
    """Delivers to one function from its topic and from its retry topic, taking turns.

    `tables_filled` raises PlatformDown as long as the function must wait for its tables;
    `rested` is called whenever everything has been delivered.
    """

    def __init__(
        self,
        store: Store,
        consumer: Delivers,
        *,
        tables_filled: Callable[[], None],
        rested: Callable[[], None],
    ) -> None:
        topics = (str(consumer.spec.trigger), consumer.spec.retry_topic)
        self.id = consumer.spec.id
        #: Why it cannot work now, or None.
        self.waits_for: str | None = None
        self._is_said = False
        self._streams = [Stream(store, consumer, topic) for topic in topics]
        self._watch = store.arrivals.watch(topics)
        self._tables_filled = tables_filled
        self._rested = rested
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.id, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; the batch under way is finished. See `join`."""
        self._stopping.set()
        self._watch.wake()

    def join(self, timeout_seconds: float) -> bool:
        """Wait until it has ended; False when it has not within the time."""
        self._thread.join(timeout_seconds)
        self._watch.close()
        return not self._thread.is_alive()

    @property
    def topics(self) -> frozenset[str]:
        """What it reads: the function's topic and its retry topic."""
        return self._watch.topics

    def caught_up(self, ends: Mapping[str, int]) -> bool:
        """Whether everything up to these ends (`Log.ends`) has been delivered."""
        return all(stream.caught_up(ends) for stream in self._streams)

    def _run(self) -> None:
        self._repeat(self._wait_for_tables, Pauses(_TABLES_SECONDS))
        self._repeat(self._deliver, Pauses())

    def _repeat(self, step: Callable[[], bool], pauses: Pauses) -> None:
        """Take steps until one returns False; one that fails is taken again after a pause."""
        going_on = True
        while going_on and not self._stopping.is_set():
            try:
                going_on = step()
            except PlatformDown as error:
                self._say(str(error), is_said=error.awaited is not None)
                self._stopping.wait(pauses.next())
            except Exception as error:
                # Delivery handles what a function raises, so this is a defect of the runtime or
                # a damaged file. Ending the thread would be a function that stands still unseen.
                if self.waits_for != repr(error):
                    log.exception("engine.delivery_failed", function=self.id)
                self._say(repr(error))
                self._stopping.wait(pauses.next())
            else:
                self._say(None)
                pauses.reset()

    def _wait_for_tables(self) -> bool:
        self._tables_filled()
        return False

    def _deliver(self) -> bool:
        self._watch.clear()
        began = time.perf_counter()
        done = sum(stream.step() for stream in self._streams if not self._stopping.is_set())
        # Asked after the watch was cleared: a wish to stop cannot have been cleared away with it.
        if 0 < done < FEW:
            took = time.perf_counter() - began
            self._stopping.wait(min(REST * took, MOST_REST_SECONDS))
        elif not done and not self._stopping.is_set():
            self._rested()
            self._watch.wait()
        return True

    def _say(self, reason: str | None, *, is_said: bool = False) -> None:
        """Log when waiting begins and when it ends, not each time that it goes on.

        What `runtime.outages` has said already is not said again by every function.
        """
        if reason is not None and not is_said and not self._is_said:
            log.warning("engine.waiting", function=self.id, reason=reason)
            self._is_said = True
        elif reason is None and self._is_said:
            log.info("engine.resumed", function=self.id)
            self._is_said = False
        self.waits_for = reason
