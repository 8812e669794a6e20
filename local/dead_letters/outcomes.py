"""What became of an action? Only what can be shown to be so is said.

| outcome | it is known because |
|---|---|
| waiting | the function has not come to the replayed event, or put it behind another of its key |
| failed again | the dead letter has a record with more attempts |
| handled | the function's own mark says that the event is settled, written with its effects |
| taken | the function has come past it, and there is no proof of any of these |
| discarded, edited | the records are there |
| not done | an edit was written down, and its record is missing |

A mark is kept for `SLUICE_RETENTION_SECONDS`, a function that declares `unique=` has marks of its
own, and an event that `when=` refuses leaves none: there "taken" is all that can be said, as on a
cluster whose state store is not named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from local.dead_letters.topics import retry_topic
from local.retries import waiting_ids
from runtime.handled import next_offset

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from local.dead_letters.audit import Audit
    from local.dead_letters.digest import Digest
    from local.states import Store

#: function -> the next offset that it handles on its retry topic, by partition.
Positions = Callable[[str], Mapping[int, int]]


class Outcomes:
    """Tells outcomes; what it asks the platform for, it asks once.

    How far the functions are is read when it is made, for these functions. Read the dead letters
    after that: one that a function has passed is then either settled, or among them.
    """

    def __init__(self, positions: Positions, store: Store | None, functions: set[str]) -> None:
        self._reached = {function: positions(function) for function in functions}
        self._store = store
        # Before the marks: an event that waits no more is then settled, or a dead letter.
        self._waiting = {function: self._ids_waiting(function) for function in functions}
        self._settled: dict[str, frozenset[str]] = {}

    def of(self, action: Audit, newest: Digest | None) -> str:
        """Return the outcome; `newest` is the dead letter as it is now, None when it is gone."""
        if action.action == "discard":
            return "discarded"
        if action.action == "edit":
            is_there = newest is None or newest.rank >= (action.attempts, action.edition)
            return "edited" if is_there else "not done"
        if newest is not None and newest.attempts > action.attempts:
            return "failed again"
        if action.event and action.event in self._marks(action.function):
            return "handled"
        reached = self._reached.get(action.function, {}).get(action.sent_partition, 0)
        is_past = 0 <= action.sent_offset < reached
        is_held = action.id in self._waiting.get(action.function, ())
        return "taken" if is_past and not is_held else "waiting"

    def _ids_waiting(self, function: str) -> frozenset[str]:
        if self._store is None:
            return frozenset()
        service, _, name = function.rpartition(".")
        return frozenset(waiting_ids(self._store, service, name))

    def _marks(self, function: str) -> frozenset[str]:
        if self._store is None:
            return frozenset()
        if function not in self._settled:
            service, _, name = function.rpartition(".")
            prefix = f"{service}||settled/{name}/"
            keys = (key for key, _ in self._store.scan(prefix))
            self._settled[function] = frozenset(key.removeprefix(prefix) for key in keys)
        return self._settled[function]


def positions_of(broker: Broker, store: Store | None) -> Positions:
    """Read positions from the consumer groups of a cluster, or the engine's progress rows."""
    committed = getattr(broker, "committed", None)
    if committed is not None:
        return lambda function: committed(f"{_service(function)}-retries", retry_topic(function))
    assert store is not None  # the embedded engine always has one

    def positions(function: str) -> Mapping[int, int]:
        service, _, name = function.rpartition(".")
        prefix = f"{service}||progress/{name}/{retry_topic(function)}/"
        rows = store.scan(prefix)
        return {int(key.removeprefix(prefix)): next_offset(value) for key, value in rows}

    return positions


def _service(function: str) -> str:
    return function.rpartition(".")[0]
