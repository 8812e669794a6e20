"""Reading the dead-letter topics: the newest record of each dead letter counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from local.dead_letters.digest import HEADERS, Digest, read_digest
from local.dead_letters.filters import Filter
from local.dead_letters.topics import dead_letter_topics

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from local.dead_letters.audit import Trail
    from runtime.record import Record


def survey(broker: Broker, trail: Trail, wanted: Filter) -> list[Digest]:
    """Return the dead letters that are wanted, oldest first.

    Raises Misuse for a function without dead letters, NoSuchLetter for an id that is none's.
    """
    return wanted.choose(everything(broker, trail, wanted))


def everything(broker: Broker, trail: Trail, wanted: Filter) -> list[Digest]:
    """Return all dead letters of the filter's function with their states, in no order."""
    newest: dict[str, Digest] = {}
    for topic in dead_letter_topics(broker, wanted.function):
        for record in broker.read(topic, headers=HEADERS):
            digest = read_digest(record)
            if digest is None:
                continue
            known = newest.get(digest.id)
            if known is None or digest.rank >= known.rank:
                digest.mentions = wanted.mentioned(record, digest.message)
                newest[digest.id] = digest
    for digest in newest.values():
        digest.state = trail.state(digest)
    return list(newest.values())


def records_at(
    broker: Broker, digests: list[Digest], stop: Callable[[], bool] | None = None
) -> Iterator[Record]:
    """Yield the whole records of these dead letters, as far as their topics still have them.

    They come topic by topic, each in the order of its partitions.
    """
    places: dict[str, set[tuple[int, int]]] = {}
    for digest in digests:
        places.setdefault(digest.topic, set()).add((digest.partition, digest.offset))
    for topic, wanted in places.items():
        yield from _records_at(broker, topic, wanted, stop)


def _records_at(
    broker: Broker, topic: str, wanted: set[tuple[int, int]], stop: Callable[[], bool] | None
) -> Iterator[Record]:
    # A partition of which nothing is wanted is read from its end.
    starts = {at: high for at, (_, high) in broker.watermarks(topic).items()}
    for partition, offset in wanted:
        starts[partition] = min(offset, starts.get(partition, offset))
    for record in broker.read(topic, from_offsets=starts, stop=stop):
        place = (record.partition, record.offset)
        if place in wanted:
            wanted.discard(place)
            yield record
            if not wanted:
                return
