"""Which events are waiting for another attempt? Read from the store, where they wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from local.errors import Misuse, nearest
from local.states import Store
from runtime import wire
from runtime.put_off import PutOff
from runtime.registry import Registry
from runtime.spec import FunctionSpec, Topic

#: Queues behind a failing key, and the agenda of delayed attempts.
_PLACES = ("held.packs", "later.packs")


@dataclass(frozen=True)
class Waiting:
    """One event. `due` is empty for one that waits behind an earlier one of its key."""

    id: str
    function: str
    key: str | None
    attempts: int
    retries: int
    due: str
    error: str
    topic: str
    partition: int
    offset: int


def waiting(registry: Registry, store: Store, function: str | None = None) -> list[Waiting]:
    """Return what waits, the next one due first; of one function if it is named.

    `function` is an id such as `inventory.validate_inventory` or the bare name. Raises Misuse when
    no function on a topic is called that.
    """
    specs = _functions(registry, function)
    found = {(w.function, w.id): w for spec in specs for w in _waiting(spec, store)}
    return sorted(found.values(), key=lambda w: (w.due == "", w.due, w.function, w.offset))


def waiting_ids(store: Store, service: str, name: str) -> Iterator[str]:
    """Yield the ids of the events of one function that wait; an id may come twice."""
    for place in _PLACES:
        for _, value in store.scan(f"{service}||{place}/{name}/"):
            for event in wire.decode(value, list[PutOff]):
                yield event.letter.id


def _functions(registry: Registry, wanted: str | None) -> list[FunctionSpec]:
    specs = [spec for spec in registry.functions() if isinstance(spec.trigger, Topic)]
    found = [spec for spec in specs if wanted in (None, spec.id, spec.name)]
    if not found and wanted is not None:
        names = [spec.id for spec in specs]
        raise Misuse(f"There is no function {wanted!r} on a topic. {nearest(wanted, names)}")
    return found


def _waiting(spec: FunctionSpec, store: Store) -> Iterator[Waiting]:
    """Those of the queues first: the head of a queue is on the agenda too, with its due time."""
    for place in _PLACES:
        for _, value in store.scan(f"{spec.service}||{place}/{spec.name}/"):
            for event in wire.decode(value, list[PutOff]):
                yield _one(event, due=event.letter.due if place.startswith("later") else "")


def _one(event: PutOff, due: str) -> Waiting:
    letter = event.letter
    return Waiting(
        letter.id,
        letter.function,
        event.record.key,
        letter.attempts,
        letter.retries,
        due,
        f"{letter.error}: {letter.message}",
        letter.origin_topic,
        letter.origin_partition,
        letter.origin_offset,
    )
