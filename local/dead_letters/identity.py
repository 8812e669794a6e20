"""Which event is in a dead letter's record, as the function tells one from another?"""

from __future__ import annotations

import sys
from urllib.parse import unquote

from runtime import event as events
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.dead_letters import PREFIX
from runtime.errors import DecodeError
from runtime.handled import hash_of
from runtime.record import Record


def named(record: Record, avro: AvroTopics = NO_AVRO) -> tuple[str, str]:
    """Return source and id of the event. Raises DecodeError; PlatformDown for an Avro one.

    An event without a CloudEvents identity is known by the place where it was first.
    """
    event = events.read(_at_origin(record), sys.maxsize, avro)
    return event.source, event.id


def event_hash(record: Record) -> str:
    """Return what the function notes when the event is settled."""
    try:
        source, id = named(record)
    except DecodeError:
        source, id = events.identity_of(_at_origin(record))
    return hash_of(f"{source}\n{id}").hex()


def _at_origin(record: Record) -> Record:
    """As `runtime.dead_letters.restore`, without reading stack and all: a replay has many."""
    headers = record.headers
    return Record(
        unquote(headers[f"{PREFIX}origin-topic"]),
        int(headers[f"{PREFIX}origin-partition"]),
        int(headers[f"{PREFIX}origin-offset"]),
        record.key,
        record.value,
        {name: value for name, value in headers.items() if not name.startswith(PREFIX)},
        int(headers[f"{PREFIX}origin-timestamp"]),
    )
