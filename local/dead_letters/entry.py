"""One dead letter whole: its reasons, its bytes, what it was before it was edited, its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.dead_letters.audit import Audit, Trail, read_trail
from local.dead_letters.digest import Digest, read_digest
from local.dead_letters.filters import full_id
from local.dead_letters.topics import dead_letter_topics
from runtime.dead_letters import DeadLetter, restore
from runtime.errors import SluiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.brokers.base import Broker
    from runtime.record import Record

_Version = tuple[Digest, "Record"]


@dataclass(frozen=True)
class Entry:
    """One dead letter. `record` is its newest one, as it lies on the dead-letter topic.

    `versions` are all that its topic still has, oldest first: it has failed several times, or
    was edited.
    """

    digest: Digest
    letter: DeadLetter
    record: Record
    versions: tuple[Record, ...]
    actions: tuple[Audit, ...]

    @property
    def state(self) -> str:
        """Open, replayed or discarded."""
        return self.digest.state

    @property
    def event(self) -> Record:
        """The record as a replay brings it to the function: at its origin, without reasons."""
        return restore(self.record)[0]

    @property
    def original(self) -> Record | None:
        """The record as it was before the first edit; None when it was not edited."""
        first = restore(self.versions[0])[0]
        event = self.event
        return first if (first.value, first.headers) != (event.value, event.headers) else None


def find(broker: Broker, given: str) -> Entry:
    """Return the dead letter of an id, or of the clear beginning of one. Raises NoSuchLetter."""
    trail = read_trail(broker)
    found = _versions(broker, None, lambda id: id.startswith(given) and given != "")
    return _entry(found[full_id(given, sorted(found))], trail)


def entries(
    broker: Broker, *, function: str | None = None, cause: str | None = None
) -> list[Entry]:
    """Return every dead letter whole, in whatever state, oldest first: for tests, and for few.

    `function` is an id such as `inventory.validate_inventory` or the bare name; `cause` is any
    part of a cause. Raises Misuse when no such function has dead letters.
    """
    trail = read_trail(broker)
    found = _versions(broker, function, lambda id: True)
    made = [_entry(versions, trail) for versions in found.values()]
    chosen = [entry for entry in made if cause is None or cause in entry.letter.cause]
    return sorted(chosen, key=lambda entry: (entry.letter.first_failed, entry.letter.id))


def _versions(
    broker: Broker, function: str | None, wanted: Callable[[str], bool]
) -> dict[str, list[_Version]]:
    found: dict[str, list[_Version]] = {}
    for topic in dead_letter_topics(broker, function):
        for record in broker.read(topic):
            digest = read_digest(record)
            if digest is not None and wanted(digest.id) and _is_whole(record):
                found.setdefault(digest.id, []).append((digest, record))
    return found


def _is_whole(record: Record) -> bool:
    try:
        DeadLetter.read(record.headers)
    except SluiceError:
        return False  # not written by the runtime
    return True


def _entry(versions: list[_Version], trail: Trail) -> Entry:
    versions.sort(key=lambda version: version[0].rank)
    digest, record = versions[-1]
    digest.state = trail.state(digest)
    letter = DeadLetter.read(record.headers)
    actions = tuple(trail.of(digest.id))
    return Entry(digest, letter, record, tuple(record for _, record in versions), actions)
