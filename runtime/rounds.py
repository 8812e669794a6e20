"""Calling the function: event by event, and the failing ones again, before anything is written.

A function that takes a list is called with all of them at once, and event by event where it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.errors import Conflict, PlatformDown, Retry, SluiceError
from runtime.failures import Failures
from runtime.intake import Item
from runtime.outputs import messages_of
from runtime.rows import Rows
from runtime.spec import FunctionSpec
from runtime.wire import decode


class _TryAgain(Exception):
    """Some events failed in this round, and may succeed in the next."""


class Rounds:
    """One batch of events and one function.

    All failing events of a batch are tried again together, after one pause: a mail server that is
    down costs the batch the pauses of one event, not of all of them.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        rows: Rows,
        failures: Failures,
        arguments: Callable[[Mapping[str, Any]], dict[str, Any]],
        avro: AvroTopics = NO_AVRO,
    ) -> None:
        self._spec = spec
        self._avro = avro
        self._rows = rows
        self._failures = failures
        #: The keys of events that will be tried again later: those after them wait.
        self._held: set[str] = set()
        self._arguments = arguments
        self._data = next(p.name for p in spec.parameters if p.source in ("data", "batch"))
        self._event = next((p.name for p in spec.parameters if p.source == "event"), None)

    def run(self, items: Sequence[Item]) -> list[Item]:
        """Call the function for every item; return those that failed every time.

        With `ordered=True` the later events of a failing key wait until it is settled.
        """
        failed: list[Item] = []
        todo = list(items)
        if self._spec.takes_many:
            todo = self._together(todo, failed)
        while todo:
            todo = self._settle(todo, failed)
        return failed

    def _together(self, items: list[Item], failed: list[Item]) -> list[Item]:
        """Call the function once for all; return those that it has to be called for alone.

        Where it fails each half is tried, down to single events: one bad event among 2,000 costs
        some twenty calls, not 2,000. `Retry` is meant for every event of the call.
        """
        if len(items) == 1 or not self._failures.calls_all:
            return items
        error = self._call(items)
        for item in items:
            item.error = error
        self._failures.policy.called(items[0])
        if error is None:
            return []
        if isinstance(error, Retry):
            return [item for item in items if not self._put_off(item, failed)]
        middle = len(items) // 2
        return self._together(items[:middle], failed) + self._together(items[middle:], failed)

    def _put_off(self, item: Item, failed: list[Item]) -> bool:
        """Leave an event for later; False when it is to be called for once more now."""
        if self._failures.policy.tries_at_once(item):
            return False
        item.attempts += 1
        self._leave(item, failed)
        return True

    def _settle(self, todo: list[Item], failed: list[Item]) -> list[Item]:
        """Run the immediate attempts; return what was held back behind an event that failed."""
        todo = self._round(todo, failed)
        if not todo:
            return []  # nearly always: tenacity would cost each batch 80 microseconds
        try:
            for attempt in self._spec.retries.rounds(_TryAgain):
                with attempt:
                    if attempt.retry_state.attempt_number > 1:
                        todo = self._round(todo, failed)
                    if todo:
                        raise _TryAgain
        except _TryAgain:
            for item in todo:
                if item.error:
                    self._leave(item, failed)
        return [item for item in todo if not item.error]

    def _round(self, items: list[Item], failed: list[Item]) -> list[Item]:
        """Call the function once for each item; return those to come again, in their order."""
        again: list[Item] = []
        blocked: set[str] = set()
        for item in items:
            if self._spec.ordered and item.original.key in self._held:
                self._failures.hold(item)
            elif self._spec.ordered and item.original.key in blocked:
                again.append(item)
            else:
                self._try(item)
                if item.error and self._failures.policy.tries_at_once(item):
                    again.append(item)
                    if item.original.key is not None:
                        blocked.add(item.original.key)
                elif item.error:
                    self._leave(item, failed)
        return again

    def _leave(self, item: Item, failed: list[Item]) -> None:
        """Give up calling for it now."""
        failed.append(item)
        if item.original.key is not None and self._failures.waits(item):
            self._held.add(item.original.key)

    def _try(self, item: Item) -> None:
        if self._failures.calls(item):
            item.attempts += 1
            item.error = self._call([item])
            self._failures.policy.called(item)

    def _call(self, items: Sequence[Item]) -> Exception | None:
        """Call the function once; return what it raised, after what it did was undone."""
        self._rows.begin()
        try:
            returned = self._spec.call(**self._arguments(self._varying(items)))
            first = items[0].event
            assert first is not None
            items[0].outputs = messages_of(
                self._spec,
                returned,
                identity=first.identity,
                time=first.time,
                key=first.key,
                avro=self._avro,
            )
            self._rows.end()
        except (PlatformDown, Conflict):
            raise  # not these events' fault: the whole unit of work waits, or runs again
        except SystemExit as error:  # other functions share this process
            self._undo(items)
            return SluiceError(f"The function tried to end the process: {error!r}.")
        except Exception as error:
            self._undo(items)
            return error
        return None

    def _varying(self, items: Sequence[Item]) -> dict[str, Any]:
        event = items[0].event
        assert event is not None
        if self._spec.takes_many:
            return {self._data: [item.event.data for item in items if item.event]}
        if self._event:
            return {self._data: event.data, self._event: event}
        return {self._data: event.data}

    def _undo(self, items: Sequence[Item]) -> None:
        self._rows.rollback()
        for item in items:
            assert item.event is not None
            item.outputs = []
            # The function may have changed its data before it failed.
            item.event.data = decode(item.event.raw, self._spec.data_type)
