"""Calling the function: event by event, and the failing ones again, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runtime.errors import Conflict, PlatformDown, SluiceError
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
    ) -> None:
        self._spec = spec
        self._rows = rows
        self._failures = failures
        #: The keys of events that will be tried again later: those after them wait.
        self._held: set[str] = set()
        self._arguments = arguments
        self._data = next(p.name for p in spec.parameters if p.source == "data")
        self._event = next((p.name for p in spec.parameters if p.source == "event"), None)

    def run(self, items: Sequence[Item]) -> list[Item]:
        """Call the function for every item; return those that failed every time.

        With `ordered=True` the later events of a failing key wait until it is settled.
        """
        failed: list[Item] = []
        todo = list(items)
        while todo:
            todo = self._settle(todo, failed)
        return failed

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
        blocked: set[str | None] = set()
        for item in items:
            if self._spec.ordered and item.original.key in self._held:
                self._failures.hold(item)
            elif self._spec.ordered and item.original.key in blocked:
                again.append(item)
            else:
                self._try(item)
                if item.error and self._failures.policy.tries_at_once(item):
                    again.append(item)
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
            self._call(item)
            self._failures.policy.called(item)

    def _call(self, item: Item) -> None:
        event = item.event
        assert event is not None
        item.attempts += 1
        item.error = None
        self._rows.begin()
        varying: dict[str, Any] = {self._data: event.data}
        if self._event:
            varying[self._event] = event
        try:
            returned = self._spec.call(**self._arguments(varying))
            item.outputs = messages_of(
                self._spec, returned, identity=event.identity, time=event.time, key=event.key
            )
            self._rows.end()
        except (PlatformDown, Conflict):
            raise  # not this event's fault: the whole unit of work waits, or runs again
        except SystemExit as error:  # other functions share this process
            self._fail(item, SluiceError(f"The function tried to end the process: {error!r}."))
        except Exception as error:
            self._fail(item, error)

    def _fail(self, item: Item, error: Exception) -> None:
        assert item.event is not None
        self._rows.rollback()
        item.error, item.outputs = error, []
        # The function may have changed its data before it failed.
        item.event.data = decode(item.event.raw, self._spec.data_type)
