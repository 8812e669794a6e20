"""Which event is in a record, as the function tells one from another?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from runtime import event as events
from runtime.dead_letters import restore
from runtime.errors import DecodeError
from runtime.handled import hash_of

if TYPE_CHECKING:
    from runtime.record import Record


def named(record: Record) -> tuple[str, str]:
    """Return source and id of the event in a dead letter's record. Raises DecodeError.

    An event without a CloudEvents identity is known by the place where it was first.
    """
    event = events.read(restore(record)[0], sys.maxsize)
    return event.source, event.id


def event_hash(record: Record) -> str:
    """Return what the function notes when the event of a dead letter's record is settled."""
    try:
        source, id = named(record)
    except DecodeError:
        source, id = events.identity_of(restore(record)[0])
    return hash_of(f"{source}\n{id}").hex()
